SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
-- Every sensitive device, every device of a restricted vendor, and those that may be both.
SELECT name,
       CASE WHEN manufacturer IS NULL THEN 'inconclusive'
            WHEN listed_as IS NULL THEN 'met'
            WHEN why IS NOT NULL THEN 'breached'
            WHEN doubt IS NOT NULL THEN 'inconclusive'
            ELSE 'met' END,
       CASE WHEN manufacturer IS NULL AND why IS NOT NULL THEN 'It ' || why || ', and nothing says who made it (' || at || ').'
            WHEN manufacturer IS NULL THEN 'Nothing says who made it; ' || doubt || ' (' || at || ').'
            WHEN listed_as IS NULL THEN 'Made by ' || manufacturer || ', who is not on the list (' || at || ').'
            WHEN why IS NOT NULL THEN 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it ' || why || ' (' || at || ').'
            WHEN doubt IS NOT NULL THEN 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); ' || doubt || ' (' || at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list, but ' || site || ' is not sensitive and it has no function of the core (' || at || ').' END
FROM weighed
WHERE EXISTS (SELECT 1 FROM listed)
  AND (why IS NOT NULL OR listed_as IS NOT NULL OR (manufacturer IS NULL AND doubt IS NOT NULL))
