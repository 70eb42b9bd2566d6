-- The loss of one management segment does not affect the whole network: by what segments.csv states of each.
WITH managed AS (SELECT segment, min(name) AS name, sum(devices) AS devices, min(first) AS first FROM in_segments GROUP BY segment),
known AS (SELECT lower(trim(name)) AS key, min(name) AS name, min(contained) AS contained, count(*) - count(contained) AS blank, min(source_file || ':' || source_line) AS at FROM segments GROUP BY lower(trim(name))),
total AS (SELECT coalesce(sum(devices), 0) AS devices, (SELECT coalesce(sum(devices), 0) FROM managed) AS placed, (SELECT count(*) FROM managed) AS segments FROM tallies WHERE in_service),
said AS (SELECT lower(subject) AS subject, verdict, reason FROM attested WHERE measure = lower(:measure))
SELECT 'segment ' || name AS subject,
       CASE WHEN contained = 0 THEN 'breached' WHEN blank > 0 THEN coalesce((SELECT min(verdict) FROM said WHERE subject IN (key, 'segment ' || key)), 'inconclusive') ELSE 'met' END AS verdict,
       CASE WHEN contained = 0 THEN 'The inventory states that a failure of it is not contained (' || at || ').'
            WHEN blank > 0 THEN coalesce((SELECT group_concat(reason, ' ' ORDER BY reason) FROM said WHERE subject IN (key, 'segment ' || key)), 'Nothing says whether a failure of it is contained (' || at || ').')
            ELSE 'The inventory states that a failure of it is contained (' || at || ').' END AS reason
FROM known
UNION ALL
SELECT 'segment ' || name, 'inconclusive', 'It manages ' || devices || iif(devices = 1, ' device', ' devices') || ' (the first is ' || first || '), and is not in the table of segments.'
FROM managed WHERE segment NOT IN (SELECT key FROM known)
UNION ALL
SELECT 'network', 'breached', 'One segment, ' || (SELECT min(name) FROM managed) || ', manages all ' || devices || ' devices: its loss affects the whole network.'
FROM total WHERE segments = 1 AND placed = devices AND devices > 1
UNION ALL
SELECT 'network', 'inconclusive', 'Nothing says in which segment ' || (devices - placed) || ' of ' || devices || ' devices are managed.' FROM total WHERE devices > placed
UNION ALL
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND subject = 'network' AND verdict <> 'met'
