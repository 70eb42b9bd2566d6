SELECT 'network' AS subject, 'met' AS verdict, reason FROM nobody
UNION ALL
-- Every sensitive device, and every device of a restricted vendor.
SELECT name,
       CASE WHEN manufacturer IS NULL THEN 'inconclusive'
            WHEN listed_as IS NULL THEN 'met'
            WHEN why IS NOT NULL THEN 'breached'
            WHEN site_sensitive IS NULL THEN 'inconclusive'
            ELSE 'met' END,
       CASE WHEN manufacturer IS NULL THEN 'It ' || why || ', and nothing says who made it (' || at || ').'
            WHEN listed_as IS NULL THEN 'Made by ' || manufacturer || ', who is not on the list (' || at || ').'
            WHEN why IS NOT NULL THEN 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it ' || why || ' (' || at || ').'
            WHEN site_sensitive IS NULL THEN 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); nothing says whether its site '
                 || coalesce(site || ' ', '') || 'is sensitive (' || at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list, but ' || site || ' is not sensitive and it has no function of the core (' || at || ').' END
FROM weighed
WHERE EXISTS (SELECT 1 FROM listed) AND (why IS NOT NULL OR listed_as IS NOT NULL)
