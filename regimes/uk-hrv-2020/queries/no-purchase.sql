SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT d.name,
       CASE WHEN d.listed_as IS NOT NULL OR d.manufacturer IS NULL THEN 'inconclusive' ELSE 'met' END,
       CASE WHEN d.manufacturer IS NULL THEN 'Nothing says who made it (' || d.at || '); it has the ' || c.what || '.'
            WHEN d.listed_as IS NOT NULL THEN 'Made by ' || d.manufacturer || ', who is on the list (' || d.listed_at || '), with the ' || c.what
                 || '; the inventory has no date of purchase or installation (' || d.at || ').'
            ELSE 'Made by ' || d.manufacturer || ', who is not on the list (' || d.at || ').' END
FROM in_class c JOIN standing d ON d.name = c.device
WHERE c.class = '5g' AND EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
