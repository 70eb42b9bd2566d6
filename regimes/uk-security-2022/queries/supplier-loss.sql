-- What hangs on each supplier, should it no longer support its equipment: how many devices, which functions it alone supplies,
-- and how many subscribers ask for those. That somebody has assessed it (:rest) is met by attestation only.
WITH made AS (
    SELECT maker, min(trim(manufacturer)) AS manufacturer, sum(devices) AS devices, min(first) AS first FROM tallies WHERE in_service GROUP BY maker
),
supplied AS (
    SELECT DISTINCT u.name AS function, t.maker FROM combination_duties u JOIN tallies t ON t.duties = u.duties WHERE u.kind = 'function' AND t.in_service
),
-- A device of which nothing says who made it may be of a second supplier, or not.
suppliers AS (SELECT function, count(maker) AS suppliers, count(*) > count(maker) AS blank FROM supplied GROUP BY function),
asked AS (SELECT upper(trim(function)) AS function, sum(subscribers) AS subscribers FROM demands GROUP BY upper(trim(function))),
sums AS (
    SELECT p.maker, group_concat(p.function, ', ' ORDER BY p.function) FILTER (WHERE s.suppliers = 1 AND NOT s.blank) AS alone,
           max(a.subscribers) FILTER (WHERE s.suppliers = 1 AND NOT s.blank) AS subscribers,
           group_concat(p.function, ', ' ORDER BY p.function) FILTER (WHERE s.suppliers = 1 AND s.blank) AS doubtful,
           group_concat(p.function, ', ' ORDER BY p.function) FILTER (WHERE s.suppliers > 1) AS shared
    FROM supplied p JOIN suppliers s ON s.function = p.function LEFT JOIN asked a ON a.function = p.function WHERE p.maker IS NOT NULL GROUP BY p.maker
),
judged AS (
    SELECT m.*, s.alone, s.subscribers, s.doubtful, s.shared, a.verdict AS said, a.reason AS said_by
    FROM made m LEFT JOIN sums s ON s.maker = m.maker
    LEFT JOIN attested a ON a.measure = lower(:measure)
        AND lower(a.subject) = iif(EXISTS (SELECT 1 FROM attested o WHERE o.measure = lower(:measure) AND lower(o.subject) = m.maker), m.maker, 'network')
    WHERE m.maker IS NOT NULL
)
SELECT manufacturer AS subject, coalesce(said, 'inconclusive') AS verdict,
       'It made ' || devices || iif(devices = 1, ' device', ' devices') || ' in use (the first is ' || first || ')'
       || coalesce('; ' || nullif(concat_ws('; ',
              'it alone supplies ' || alone || ', ' || coalesce('for which up to ' || subscribers || ' subscribers ask', 'and nothing says how many subscribers ask for that'),
              'nothing says whether another supplies ' || doubtful, 'a second supplier has ' || shared), ''), ', without a function on record')
       || '. ' || coalesce(said_by, 'Nobody attests as of ' || :as_of || ' ' || :rest || '.') AS reason
FROM judged
UNION ALL
SELECT 'network', 'inconclusive', 'Nothing says who made ' || devices || iif(devices = 1, ' device', ' devices') || ' in use (the first is ' || first || '): on whom they depend is not known.'
FROM made WHERE maker IS NULL
UNION ALL
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND verdict = 'breached' AND lower(subject) NOT IN (SELECT maker FROM judged)
