-- Nobody outside reaches the network by a contract but through the operator's own way in; a supplier at high risk not at all directly.
WITH current AS (
    SELECT c.name, c.party, lower(trim(c.access)) AS access, c.logged, c.source_file || ':' || c.source_line AS at, l.vendor AS listed_as, l.at AS listed_at
    FROM contracts c LEFT JOIN listed l ON l.maker = lower(trim(c.party))
    WHERE (c.since IS NULL OR c.since <= :as_of) AND (c.until IS NULL OR c.until >= :as_of)
)
SELECT 'network' AS subject, verdict, reason FROM nobody WHERE verdict = 'inconclusive'
UNION ALL
SELECT 'contract ' || name,
       CASE WHEN access = 'none' OR (access = 'mediated' AND logged = 1) THEN 'met'
            WHEN access = 'direct' AND listed_as IS NOT NULL THEN 'breached' ELSE 'inconclusive' END,
       party || iif(listed_as IS NOT NULL, ', who is on the list (' || listed_at || '),', '')
       || CASE WHEN access = 'none' THEN ' has no access by it'
               WHEN access = 'mediated' AND logged = 1 THEN ' has access through the operator''s mediation point, and it is logged'
               WHEN access = 'mediated' THEN ' has access through the operator''s mediation point, ' || iif(logged IS NULL, 'and nothing says whether it is logged', 'and it is not logged: which controls a state asks for is not in the model')
               WHEN access = 'direct' THEN ' has direct access' || iif(listed_as IS NULL, ': which controls a state asks for is not in the model', '')
               ELSE ' has access of a kind that is not stated' END || ' (' || at || ').'
FROM current
