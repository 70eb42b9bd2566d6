-- Of each supplier with equipment in use somebody attests :rest, or that it claims no certificate (not applicable); no model shows it.
WITH made AS (
    SELECT maker, min(trim(manufacturer)) AS manufacturer, sum(devices) AS devices, min(first) AS first FROM tallies WHERE in_service GROUP BY maker
),
judged AS (
    SELECT m.*, a.verdict AS said, a.reason AS said_by
    FROM made m LEFT JOIN attested a ON a.measure = lower(:measure)
        AND lower(a.subject) = iif(EXISTS (SELECT 1 FROM attested o WHERE o.measure = lower(:measure) AND lower(o.subject) = m.maker), m.maker, 'network')
    WHERE m.maker IS NOT NULL
)
SELECT manufacturer AS subject, coalesce(said, 'inconclusive') AS verdict,
       'It made ' || devices || iif(devices = 1, ' device', ' devices') || ' in use (the first is ' || first || '). '
       || coalesce(said_by, 'Nobody attests as of ' || :as_of || ' ' || :rest || ', or that it claims no certificate.') AS reason
FROM judged
UNION ALL
SELECT 'network', 'inconclusive', 'Nothing says who made ' || devices || iif(devices = 1, ' device', ' devices') || ' in use (the first is ' || first || ').'
FROM made WHERE maker IS NULL
UNION ALL
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND verdict = 'breached' AND lower(subject) NOT IN (SELECT maker FROM judged)
