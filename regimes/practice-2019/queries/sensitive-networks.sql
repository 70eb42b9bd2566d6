SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
-- Devices of a restricted vendor, or of a maker that is not known, that are sensitive or may be.
SELECT name,
       CASE WHEN manufacturer IS NOT NULL AND why IS NOT NULL THEN 'breached' ELSE 'inconclusive' END,
       CASE WHEN manufacturer IS NULL AND why IS NOT NULL THEN 'It ' || why || ', and nothing says who made it (' || at || ').'
            WHEN manufacturer IS NULL THEN 'Nothing says who made it; ' || doubt || ' (' || at || ').'
            WHEN why IS NOT NULL THEN 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it ' || why || ' (' || at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); ' || doubt || ' (' || at || ').' END
FROM weighed
WHERE EXISTS (SELECT 1 FROM listed) AND (listed_as IS NOT NULL OR maker IS NULL) AND (why IS NOT NULL OR doubt IS NOT NULL)
UNION ALL
-- The others by maker: who is not on the list with sensitive devices, who is on it with devices that are not.
SELECT manufacturer, 'met',
       iif(listed, 'It is on the list, and ' || devices || ' of its devices stand at sites that are not sensitive and have no function of the core (the first is ',
           'It made ' || devices || ' of the sensitive devices, and is not on the list (the first is ') || first || ').'
FROM (
    SELECT min(trim(t.manufacturer)) AS manufacturer, t.maker IN (SELECT maker FROM listed) AS listed, sum(t.devices) AS devices, min(t.first) AS first
    FROM tallies t LEFT JOIN classes c ON c.duties = t.duties AND c.class = 'core' LEFT JOIN unclear u ON u.duties = t.duties
    WHERE t.in_service AND t.maker IS NOT NULL
      AND iif(t.maker IN (SELECT maker FROM listed), t.site_sensitive = 0 AND c.duties IS NULL AND u.duties IS NULL,
              t.site_sensitive = 1 OR c.duties IS NOT NULL)
    GROUP BY t.maker
)
WHERE EXISTS (SELECT 1 FROM listed)
