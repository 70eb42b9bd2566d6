-- No one platform runs so much of a critical function that one flaw in it takes the function down.
WITH uses AS (
    SELECT DISTINCT u.kind || ' ' || u.name AS use, u.duties FROM combination_duties u
    JOIN sensitivity s ON s.kind = u.kind AND s.name = u.name AND s.class = 'critical'
),
counted AS (
    SELECT u.use, lower(trim(d.platform)) AS platform, min(trim(d.platform)) AS told, count(*) AS devices, min(d.name) AS first
    FROM uses u JOIN devices d ON d.duties = u.duties WHERE d.in_service GROUP BY u.use, nullif(lower(trim(d.platform)), '')
),
sums AS (
    SELECT use, sum(devices) AS total, coalesce(sum(devices) FILTER (WHERE platform IS NULL OR platform = ''), 0) AS unknown, min(first) AS first,
           coalesce(max(devices) FILTER (WHERE platform <> ''), 0) AS most
    FROM counted GROUP BY use
)
SELECT use AS subject,
       CASE WHEN total < 2 THEN 'not applicable' WHEN most >= :max_platform_share * total THEN 'breached'
            WHEN most + unknown >= :max_platform_share * total THEN 'inconclusive' ELSE 'met' END AS verdict,
       CASE WHEN total < 2 THEN 'Only one device has it, ' || first || '.'
            WHEN most + unknown >= :max_platform_share * total AND most < :max_platform_share * total
                 THEN 'Nothing says what platform ' || unknown || ' of ' || total || ' devices run (the first of all is ' || first || ').'
            ELSE (SELECT min(told) FROM counted c WHERE c.use = sums.use AND c.devices = most AND c.platform <> '') || ' runs ' || most || ' of ' || total
                 || ' devices (the first of all is ' || first || ').' END AS reason
FROM sums
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = 'critical' OR class IS NULL
