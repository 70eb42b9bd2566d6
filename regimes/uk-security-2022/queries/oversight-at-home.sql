-- Equipment of network oversight functions stands in the home country; who operates it has to be attested.
WITH theirs AS (
    SELECT d.name, d.site, nullif(trim(d.country), '') AS country, d.at, k.what, k.verdict, k.note, a.verdict AS said, a.reason AS said_by,
           instr('|' || lower(:home_country) || '|', '|' || lower(trim(d.country)) || '|') > 0 AS home
    FROM classes k CROSS JOIN devices d ON d.duties = k.duties LEFT JOIN attested a ON a.measure = lower(:measure) AND lower(a.subject) = lower(d.name)
    WHERE k.class = 'oversight' AND d.in_service
)
SELECT name AS subject,
       CASE WHEN said IS NOT NULL THEN said WHEN country IS NOT NULL AND verdict = 'breached' THEN 'breached' ELSE 'inconclusive' END AS verdict,
       'It has the ' || what || ', and ' || iif(country IS NULL, 'nothing says in which country ' || coalesce('its site ' || site, 'it') || ' stands', 'stands in ' || country || coalesce(' at ' || site, ''))
       || ' (' || at || ')' || iif(verdict = 'inconclusive', ': ' || note, '') || coalesce('. ' || said_by, '.') AS reason
FROM theirs WHERE country IS NULL OR NOT home
UNION ALL
SELECT 'network', 'met', count(*) || iif(count(*) = 1, ' device', ' devices') || ' of oversight functions stand in the home country (the first is ' || min(name) || ').'
FROM theirs WHERE home HAVING count(*) > 0
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = 'oversight' OR class IS NULL
UNION ALL
-- What is attested; what the model does not show is open until somebody attests it of the network.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests as of ' || :as_of || ' ' || :rest || ', which the model does not show.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
