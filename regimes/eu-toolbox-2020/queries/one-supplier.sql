-- No function depends on one supplier only.
WITH uses AS (
    SELECT u.name AS use, t.maker, min(trim(t.manufacturer)) AS manufacturer, sum(t.devices) AS devices, min(t.first) AS first
    FROM combination_duties u JOIN tallies t ON t.duties = u.duties WHERE u.kind = 'function' AND t.in_service GROUP BY u.name, t.maker
),
sums AS (
    SELECT use, sum(devices) AS total, coalesce(sum(devices) FILTER (WHERE maker IS NULL), 0) AS unknown, min(first) AS first,
           coalesce(max(devices) FILTER (WHERE maker IS NOT NULL), 0) AS most
    FROM uses GROUP BY use
)
SELECT 'function ' || use AS subject,
       CASE WHEN total < 2 THEN 'not applicable' WHEN most >= :max_share * total THEN 'breached' WHEN most + unknown >= :max_share * total THEN 'inconclusive' ELSE 'met' END AS verdict,
       CASE WHEN total < 2 THEN 'One device only has it, ' || first || '.'
            WHEN most < :max_share * total AND most + unknown >= :max_share * total THEN 'Nothing says who made ' || unknown || ' of ' || total || ' devices (the first of all is ' || first || ').'
            ELSE (SELECT min(manufacturer) FROM uses c WHERE c.use = sums.use AND c.devices = most AND c.maker IS NOT NULL) || ' made ' || most || ' of ' || total
                 || ' devices (the first of all is ' || first || ').' END AS reason
FROM sums
UNION ALL
SELECT device, 'inconclusive', 'It has the ' || kind || ' ' || name || ' (' || at || '), but it is not in the inventory.' FROM strangers WHERE kind = 'function'
UNION ALL
-- Of a device whose use is not known nothing says that it has none of these functions, or no other.
SELECT 'network', 'inconclusive', 'Of ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device ', ' devices ') || u.unknown_of_many || ' (the first is ' || min(t.first) || ').'
FROM unclear u JOIN tallies t ON t.duties = u.duties
WHERE t.in_service AND u.duties NOT IN (SELECT duties FROM combination_duties WHERE kind = 'function') GROUP BY u.unknown_of_many
