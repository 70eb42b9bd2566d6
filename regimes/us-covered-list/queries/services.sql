-- No contract in force with an entity on the covered list, and no link that one operates.
WITH current AS (
    SELECT name, party, source_file || ':' || source_line AS at FROM contracts
    WHERE (since IS NULL OR since <= :as_of) AND (until IS NULL OR until >= :as_of)
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT 'contract ' || c.name, 'breached', 'It is with ' || c.party || ', who is on the list (' || l.at || '), and in force (' || c.at || ').'
FROM current c JOIN listed l ON l.maker = lower(trim(c.party))
UNION ALL
SELECT 'contract ' || name, 'inconclusive', 'Nothing says with whom it is (' || at || ').'
FROM current WHERE coalesce(trim(party), '') = '' AND EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT 'link ' || k.name, 'breached', 'It is operated by ' || k.operator || ', who is on the list (' || l.at || ') (' || k.source_file || ':' || k.source_line || ').'
FROM links k JOIN listed l ON l.maker = lower(trim(k.operator)) WHERE k.operator IS NOT NULL AND EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT 'network', 'met', 'Of ' || count(*) || iif(count(*) = 1, ' contract', ' contracts') || ' in force ' || sum(others)
       || iif(sum(others) = 1, ' is', ' are') || ' with somebody who is not on the list (the first is "' || min(name) FILTER (WHERE others) || '").'
FROM (SELECT name, coalesce(trim(party), '') <> '' AND lower(trim(party)) NOT IN (SELECT maker FROM listed) AS others FROM current)
WHERE EXISTS (SELECT 1 FROM listed) HAVING sum(others) > 0
UNION ALL
SELECT 'network', 'met', 'No contract is in force, and no link is operated by somebody on the list.'
WHERE EXISTS (SELECT 1 FROM listed) AND NOT EXISTS (SELECT 1 FROM current)
  AND NOT EXISTS (SELECT 1 FROM links k JOIN listed l ON l.maker = lower(trim(k.operator)))
