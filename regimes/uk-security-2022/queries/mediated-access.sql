-- Third-party administrators come through the provider's own mediation points. What a contract allows counts as routine.
WITH exact AS MATERIALIZED (
    SELECT lower(trim(name)) AS name, min(at) AS at FROM devices WHERE in_service AND name IN (SELECT through FROM current) GROUP BY lower(trim(name))
),
-- Names are compared without case; all devices are looked at only where one is not called just so.
points AS MATERIALIZED (
    SELECT name, at FROM exact
    UNION ALL
    SELECT lower(trim(name)), min(at) FROM devices
    WHERE EXISTS (SELECT 1 FROM current WHERE lower(through) NOT IN (SELECT name FROM exact)) AND in_service
      AND lower(trim(name)) IN (SELECT lower(through) FROM current WHERE lower(through) NOT IN (SELECT name FROM exact)) GROUP BY lower(trim(name))
),
judged AS (
    SELECT c.*, p.at AS point_at, a.verdict AS said, a.reason AS said_by
    FROM current c
    LEFT JOIN points p ON p.name = lower(c.through)
    LEFT JOIN attested a ON a.measure = lower(:measure) AND lower(a.subject) IN (lower(c.name), 'contract ' || lower(c.name))
    WHERE coalesce(c.access, '') <> 'none' AND coalesce(c.administrator, 1) = 1
)
SELECT 'contract ' || name AS subject,
       CASE WHEN access = 'direct' AND administrator = 1 THEN 'breached' WHEN said IS NOT NULL THEN said
            WHEN access = 'mediated' AND point_at IS NOT NULL THEN 'met' ELSE 'inconclusive' END AS verdict,
       CASE WHEN access = 'direct' AND administrator = 1 THEN party || ' administers equipment by it with direct access (' || at || ').'
            WHEN said IS NOT NULL THEN said_by
            WHEN access = 'mediated' AND point_at IS NOT NULL THEN party || ' comes through ' || through || ', which is in the provider''s inventory (' || point_at || ') (' || at || ').'
            WHEN access = 'mediated' AND through IS NOT NULL THEN party || ' comes through ' || through || ', which the inventory does not have: nothing says that the provider owns it (' || at || ').'
            WHEN access = 'mediated' THEN party || ' comes through a mediation point that is not named (' || at || ').'
            WHEN access = 'direct' THEN party || ' has direct access, and nothing says whether it administers equipment (' || at || ').'
            ELSE 'Nothing says how ' || party || ' reaches the network (' || at || ').' END AS reason
FROM judged
UNION ALL
SELECT 'contract ' || name, 'met', party || ' has no access by it (' || at || ').' FROM current WHERE access = 'none'
UNION ALL
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND subject = 'network' AND verdict <> 'met'
