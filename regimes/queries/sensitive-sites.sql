-- Every device at a sensitive site, or at one of which nothing says whether it is, of a vendor on the list or of a maker that is not known;
-- then the others by maker.
WITH there AS (
    SELECT d.* FROM tallies t CROSS JOIN questioned q ON q.maker IS t.maker
    CROSS JOIN standing d ON d.duties = t.duties AND d.maker IS t.maker AND d.site_sensitive IS t.site_sensitive
    WHERE t.in_service AND coalesce(t.site_sensitive, 1) = 1
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT name,
       CASE WHEN manufacturer IS NULL OR site_sensitive IS NULL THEN 'inconclusive' ELSE 'breached' END,
       CASE WHEN manufacturer IS NULL AND site_sensitive IS NULL THEN 'Nothing says who made it, nor whether its site '
                 || coalesce(site || ' ', '') || 'is sensitive (' || at || ').'
            WHEN manufacturer IS NULL THEN 'It stands at the sensitive site ' || site || ', and nothing says who made it (' || at || ').'
            WHEN site_sensitive = 1 THEN 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it stands at the sensitive site ' || site || ' (' || at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); nothing says whether its site '
                 || coalesce(site || ' ', '') || 'is sensitive (' || at || ').' END
FROM there
UNION ALL
SELECT manufacturer, 'met',
       iif(listed, 'It is on the list, and ' || devices || ' of its devices stand at sites that are not sensitive (the first is ',
           'It made ' || devices || ' of the devices at sensitive sites, and is not on the list (the first is ') || first || ').'
FROM (SELECT min(trim(manufacturer)) AS manufacturer, maker IN (SELECT maker FROM listed) AS listed, sum(devices) AS devices, min(first) AS first
      FROM tallies WHERE in_service AND maker IS NOT NULL AND site_sensitive = iif(maker IN (SELECT maker FROM listed), 0, 1)
      GROUP BY maker)
WHERE EXISTS (SELECT 1 FROM listed)
