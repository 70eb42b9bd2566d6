SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
-- Every device at a sensitive site, and every device of a designated vendor.
SELECT name,
       CASE WHEN manufacturer IS NULL THEN 'inconclusive' WHEN listed_as IS NULL THEN 'met' WHEN site_sensitive = 1 THEN 'breached'
            WHEN site_sensitive IS NULL THEN 'inconclusive' ELSE 'met' END,
       CASE WHEN manufacturer IS NULL AND site_sensitive IS NULL THEN 'Nothing says who made it, nor whether its site '
                 || coalesce(site || ' ', '') || 'is sensitive (' || at || ').'
            WHEN manufacturer IS NULL THEN 'It stands at the sensitive site ' || site || ', and nothing says who made it (' || at || ').'
            WHEN listed_as IS NULL THEN 'Made by ' || manufacturer || ', who is not on the list (' || at || ').'
            WHEN site_sensitive = 1 THEN 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it stands at the sensitive site ' || site || ' (' || at || ').'
            WHEN site_sensitive IS NULL THEN 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); nothing says whether its site '
                 || coalesce(site || ' ', '') || 'is sensitive (' || at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list, but ' || site || ' is not sensitive (' || at || ').' END
FROM standing
WHERE EXISTS (SELECT 1 FROM listed) AND (site_sensitive = 1 OR listed_as IS NOT NULL OR (manufacturer IS NULL AND site_sensitive IS NULL))
