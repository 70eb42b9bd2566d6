-- No management segment holds the equipment of two suppliers, or that of access and core alike. Oversight equipment, which manages
-- the others, and privileged-access workstations do not count.
WITH counted AS (
    SELECT h.*, coalesce(a.verdict = 'breached', 0) AS access, coalesce(c.verdict = 'breached', 0) AS core,
           a.duties IS NOT NULL AS maybe_access, c.duties IS NOT NULL AS maybe_core
    FROM in_segments h LEFT JOIN classes a ON a.duties = h.duties AND a.class = 'exposed-edge'
    LEFT JOIN classes c ON c.duties = h.duties AND c.class = 'security-critical'
    WHERE h.duties NOT IN (SELECT duties FROM classes WHERE class IN ('oversight', 'privileged-access'))
),
sums AS (
    SELECT segment, min(name) AS name, count(DISTINCT maker) AS makers, coalesce(sum(devices) FILTER (WHERE maker IS NULL), 0) AS blank, sum(devices) AS devices, min(first) AS first,
           max(access) AS access, max(core) AS core, min(first) FILTER (WHERE access) AS first_access, min(first) FILTER (WHERE core) AS first_core,
           max(maybe_access) AND max(maybe_core) AND sum(devices * (maybe_access OR maybe_core)) > 1 AS maybe_both,
           coalesce(min(first) FILTER (WHERE access), min(first) FILTER (WHERE maybe_access)) AS maybe_first_access,
           coalesce(min(first) FILTER (WHERE core), min(first) FILTER (WHERE maybe_core AND NOT maybe_access), min(first) FILTER (WHERE maybe_core)) AS maybe_first_core,
           (SELECT group_concat(manufacturer || ' (' || first || ')', ', ' ORDER BY manufacturer) FROM (
                SELECT min(o.manufacturer) AS manufacturer, min(o.first) AS first FROM counted o WHERE o.segment = c.segment AND o.maker IS NOT NULL
                GROUP BY o.maker ORDER BY 1 LIMIT 6)) AS names
    FROM counted c GROUP BY segment
),
judged AS (SELECT s.*, a.verdict AS said, a.reason AS said_by FROM sums s LEFT JOIN attested a ON a.measure = lower(:measure) AND lower(a.subject) IN (s.segment, 'segment ' || s.segment)),
total AS (SELECT coalesce(sum(devices), 0) AS devices, (SELECT coalesce(sum(devices), 0) FROM in_segments) AS placed FROM tallies WHERE in_service)
SELECT 'segment ' || name AS subject,
       CASE WHEN makers > 1 OR (access AND core) THEN 'breached' WHEN maybe_both OR (blank > 0 AND devices > 1) THEN coalesce(said, 'inconclusive') ELSE 'met' END AS verdict,
       CASE WHEN makers > 1 THEN 'It holds equipment of ' || makers || ' suppliers: ' || names || iif(makers > 6, ' and others', '') || '.'
            WHEN access AND core THEN 'It holds equipment of access (' || first_access || ') and of the core (' || first_core || ').'
            WHEN maybe_both AND said IS NULL THEN 'It may hold equipment of access (' || maybe_first_access || ') and of the core (' || maybe_first_core || ') alike: by their names alone they are so in some cases.'
            WHEN maybe_both OR (blank > 0 AND devices > 1) THEN coalesce(said_by, 'Nothing says who made ' || blank || ' of its ' || devices || ' devices (the first of all is ' || first || ').')
            ELSE 'It holds ' || devices || iif(devices = 1, ' device', ' devices') || ' of one supplier, and not of access and core alike (the first is ' || first || ').' END AS reason
FROM judged
UNION ALL
SELECT 'network', 'inconclusive', 'Nothing says in which segment ' || (devices - placed) || ' of ' || devices || ' devices are managed.' FROM total WHERE devices > placed
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class IS NULL
UNION ALL
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND subject = 'network' AND verdict <> 'met'
