-- No part of the network has one supplier only.
WITH counted AS (
    SELECT k.class, t.maker, min(trim(t.manufacturer)) AS manufacturer, sum(t.devices) AS devices, min(t.first) AS first
    FROM classes k JOIN tallies t ON t.duties = k.duties WHERE t.in_service AND k.class IN ('core', 'radio-access', 'transport') GROUP BY k.class, t.maker
),
sums AS (
    SELECT class, sum(devices) AS total, coalesce(sum(devices) FILTER (WHERE maker IS NULL), 0) AS unknown, min(first) AS first,
           coalesce(max(devices) FILTER (WHERE maker IS NOT NULL), 0) AS most
    FROM counted GROUP BY class
)
SELECT (SELECT min(note) FROM sensitivity s WHERE s.class = sums.class) AS subject,
       CASE WHEN total < 2 THEN 'not applicable' WHEN most >= :max_share * total THEN 'breached' WHEN most + unknown >= :max_share * total THEN 'inconclusive' ELSE 'met' END AS verdict,
       CASE WHEN total < 2 THEN 'It has one device only, ' || first || '.'
            WHEN most < :max_share * total AND most + unknown >= :max_share * total THEN 'Nothing says who made ' || unknown || ' of ' || total || ' devices (the first of all is ' || first || ').'
            ELSE (SELECT min(manufacturer) FROM counted c WHERE c.class = sums.class AND c.devices = most AND c.maker IS NOT NULL) || ' made ' || most || ' of ' || total
                 || ' devices (the first of all is ' || first || ').' END AS reason
FROM sums
UNION ALL
SELECT 'network', 'inconclusive', 'Of ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device: ', ' devices: ') || u.unknown || ' (the first is ' || min(t.first) || ').'
FROM unclear u JOIN tallies t ON t.duties = u.duties WHERE t.in_service GROUP BY u.duties, u.unknown
