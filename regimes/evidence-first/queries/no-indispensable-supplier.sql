-- No maker made so much of a critical function that the network cannot do without it.
WITH uses AS (
    SELECT DISTINCT u.kind || ' ' || u.name AS use, u.duties FROM combination_duties u
    JOIN sensitivity s ON s.kind = u.kind AND s.name = u.name AND s.class = 'critical'
),
counted AS (SELECT u.use, t.maker, min(trim(t.manufacturer)) AS manufacturer, sum(t.devices) AS devices, min(t.first) AS first
            FROM uses u JOIN tallies t ON t.duties = u.duties WHERE t.in_service GROUP BY u.use, t.maker),
sums AS (
    SELECT use, sum(devices) AS total, coalesce(sum(devices) FILTER (WHERE maker IS NULL), 0) AS unknown, min(first) AS first,
           coalesce(max(devices) FILTER (WHERE maker IS NOT NULL), 0) AS most
    FROM counted GROUP BY use
)
SELECT use AS subject,
       CASE WHEN total < 2 THEN 'breached' WHEN most >= :max_share * total THEN 'breached' WHEN most + unknown >= :max_share * total THEN 'inconclusive' ELSE 'met' END AS verdict,
       CASE WHEN total < 2 AND unknown = 0 THEN 'Only one device has it, ' || first || ', and one maker made it.'
            WHEN total < 2 THEN 'Only one device has it, ' || first || '.'
            WHEN most + unknown >= :max_share * total AND most < :max_share * total THEN 'Nothing says who made ' || unknown || ' of ' || total || ' devices (the first of all is ' || first || ').'
            ELSE (SELECT min(manufacturer) FROM counted c WHERE c.use = sums.use AND c.devices = most AND c.maker IS NOT NULL) || ' made ' || most || ' of ' || total
                 || ' devices (the first of all is ' || first || '); from ' || printf('%g', 100 * :max_share) || ' % on a maker is indispensable.' END AS reason
FROM sums
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = 'critical' OR class IS NULL
