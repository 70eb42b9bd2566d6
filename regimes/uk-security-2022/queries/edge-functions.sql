-- No device at the exposed edge carries a security critical or oversight function; with :routing_only, none that routes in the core.
WITH edge AS (SELECT * FROM classes WHERE class = 'exposed-edge'),
inner_functions AS (
    SELECT duties, min(verdict) AS verdict, group_concat(what, ', ' ORDER BY what) AS what, group_concat(DISTINCT note) FILTER (WHERE verdict = 'inconclusive') AS note
    FROM placing
    WHERE class IN ('security-critical', 'oversight')
      AND (NOT :routing_only OR what IN ('function P', 'function PE', 'function RR', 'function IP-CORE', 'role ip-core', 'role core-router', 'role p-router',
                                         'role route-reflector', 'role provider-edge', 'role pe', 'role pe-router'))
      AND what NOT IN (SELECT what FROM placing WHERE class = 'exposed-edge')
    GROUP BY duties
)
SELECT d.name AS subject,
       CASE WHEN a.verdict IN ('met', 'not applicable') THEN 'met' WHEN e.verdict = 'breached' AND (i.verdict = 'breached' OR :routing_only) THEN 'breached' ELSE 'inconclusive' END AS verdict,
       'It stands at the exposed edge (' || e.what || ') and has the ' || i.what || ' (' || d.at || ')'
       || coalesce(': ' || nullif(concat_ws('; ', iif(e.verdict = 'inconclusive', e.note, NULL), iif(i.verdict = 'inconclusive' AND NOT :routing_only, i.note, NULL)), ''), '')
       || coalesce('. ' || a.reason, '.') AS reason
FROM edge e JOIN inner_functions i ON i.duties = e.duties JOIN devices d ON d.duties = e.duties
LEFT JOIN attested a ON a.measure = lower(:measure) AND lower(a.subject) = lower(d.name)
WHERE d.in_service
UNION ALL
SELECT 'network', 'met', 'Of ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device', ' devices') || ' at the exposed edge none has such a function on record (the first is ' || min(t.first) || ').'
FROM edge e JOIN tallies t ON t.duties = e.duties WHERE t.in_service AND e.duties NOT IN (SELECT duties FROM inner_functions) HAVING count(*) > 0
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = 'exposed-edge' OR class IS NULL
UNION ALL
-- What is attested; what the model does not show is open until somebody attests it of the network.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests as of ' || :as_of || ' ' || :rest || ', which the model does not show.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
