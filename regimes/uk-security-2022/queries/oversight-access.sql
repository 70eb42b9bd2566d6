-- From what the management of oversight functions can be reached: by the model, what else is managed in the same segment. The
-- rules of access (:rest) have to be attested.
WITH others AS (
    SELECT segment, sum(devices) AS devices, min(first) AS first FROM in_segments
    WHERE duties NOT IN (SELECT duties FROM classes WHERE class IN ('oversight', 'privileged-access')) GROUP BY segment
),
theirs AS (
    SELECT d.name, nullif(trim(d.segment), '') AS segment, d.at, k.what, k.verdict, k.note, o.devices AS others, o.first, a.verdict AS said, a.reason AS said_by
    FROM classes k CROSS JOIN devices d ON d.duties = k.duties LEFT JOIN others o ON o.segment = lower(trim(d.segment))
    LEFT JOIN attested a ON a.measure = lower(:measure) AND lower(a.subject) = lower(d.name)
    WHERE k.class = 'oversight' AND d.in_service
)
SELECT name AS subject,
       CASE WHEN said IS NOT NULL THEN said WHEN segment IS NULL OR others > 0 THEN 'inconclusive' ELSE 'met' END AS verdict,
       'It has the ' || what || iif(verdict = 'inconclusive', ' (' || note || ')', '')
       || CASE WHEN segment IS NULL THEN ', and nothing says in which segment it is managed'
               WHEN others > 0 THEN ', and ' || others || iif(others = 1, ' other device is', ' other devices are') || ' managed in its segment ' || segment || ' (the first is ' || first || '): nothing shows that none of them reaches its management'
               ELSE ', and in its segment ' || segment || ' only oversight equipment and workstations are managed' END
       || ' (' || at || ')' || coalesce('. ' || said_by, '.') AS reason
FROM theirs
UNION ALL
SELECT 'network', 'inconclusive', 'No privileged access workstation is in the inventory: nothing shows from what oversight functions are managed.'
WHERE EXISTS (SELECT 1 FROM theirs) AND NOT EXISTS (SELECT 1 FROM classes k JOIN tallies t ON t.duties = k.duties WHERE k.class = 'privileged-access' AND t.in_service)
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = 'oversight' OR class IS NULL
UNION ALL
-- What is attested; what the model does not show is open until somebody attests it of the network.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND lower(subject) NOT IN (SELECT lower(name) FROM theirs)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests as of ' || :as_of || ' ' || :rest || ', which the model does not show.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
