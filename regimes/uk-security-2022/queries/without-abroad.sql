-- Which security critical functions are lost with the international connections: those that only devices abroad have. Of a device
-- that has no such function on record its role counts: which functions are lost with it is not known. The
-- exercise itself (:rest) has to be attested.
WITH asked AS MATERIALIZED (
    SELECT duties, what, verdict, note FROM placing p
    WHERE class = 'security-critical'
      AND (what LIKE 'function %' OR (what LIKE 'role %' AND NOT EXISTS (
               SELECT 1 FROM placing o WHERE o.duties = p.duties AND o.class = 'security-critical' AND o.what LIKE 'function %')))
),
placed AS (
    SELECT p.what AS function, p.verdict = 'breached' AND p.what LIKE 'function %' AS surely, min(p.note) FILTER (WHERE p.verdict <> 'breached') AS note, count(*) FILTER (WHERE home) AS home, count(*) FILTER (WHERE home IS NULL) AS unknown, min(name) FILTER (WHERE home) AS first_home,
           min(name) AS first, min(iif(home IS NULL, name, NULL)) AS first_unknown, min(country) AS country, min(at) AS at
    FROM asked p
    JOIN (SELECT d.duties, d.name, d.at, nullif(trim(d.country), '') AS country, instr('|' || lower(:home_country) || '|', '|' || lower(nullif(trim(d.country), '')) || '|') > 0 AS home
          FROM (SELECT DISTINCT duties FROM asked) k
          CROSS JOIN devices d ON d.duties = k.duties WHERE d.in_service) d ON d.duties = p.duties
    GROUP BY p.what
),
judged AS (
    SELECT p.*, a.verdict AS said, a.reason AS said_by FROM placed p
    LEFT JOIN attested a ON a.measure = lower(:measure) AND lower(a.subject) = lower(p.function) WHERE p.home = 0
)
SELECT function AS subject, coalesce(said, iif(unknown > 0 OR NOT surely, 'inconclusive', 'breached')) AS verdict,
       CASE WHEN unknown > 0 THEN 'No device at home has it, and of ' || unknown || ' that ' || iif(unknown = 1, 'has', 'have') || ' it nothing says in which country ' || iif(unknown = 1, 'it stands', 'they stand') || ' (the first is ' || first_unknown || ')'
            WHEN NOT surely THEN 'Only devices abroad have it (the first is ' || first || ' in ' || country || ', ' || at || '): '
                 || coalesce(note, 'nothing says which functions they have, nor whether they are lost with the international connections')
            ELSE 'Only devices abroad have it (the first is ' || first || ' in ' || country || ', ' || at || '): it is lost with the international connections' END
       || coalesce('. ' || said_by, '.') AS reason
FROM judged
UNION ALL
SELECT 'network', 'met', 'Devices at home have ' || count(*) || iif(count(*) = 1, ' security critical function', ' security critical functions') || ' (the first is ' || min(first_home) || ').'
FROM placed WHERE home > 0 AND surely HAVING count(*) > 0
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = 'security-critical' OR class IS NULL
UNION ALL
-- What is attested; what the model does not show is open until somebody attests it of the network.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND lower(subject) NOT IN (SELECT lower(function) FROM judged)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests as of ' || :as_of || ' ' || :rest || ', which the model does not show.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
