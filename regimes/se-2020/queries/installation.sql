-- Nothing new of a excluded vendor is installed in the class :class. :unsaid is what the model does not hold.
WITH coming AS (
    SELECT d.name, d.manufacturer, lower(trim(d.status)) AS status, l.vendor AS listed_as, l.at AS listed_at, d.source_file || ':' || d.source_line AS at,
           group_concat(DISTINCT s.kind || ' ' || iif(s.kind = 'role', lower(s.name), s.name)) AS what
    FROM devices d
    LEFT JOIN functions f ON f.device = d.name
    JOIN sensitivity s ON s.class = :class
         AND ((s.kind = 'function' AND s.name = upper(trim(f.function))) OR (s.kind = 'role' AND s.name = lower(trim(d.role))))
    JOIN listed l ON l.maker = lower(trim(d.manufacturer))
    WHERE NOT d.in_service AND lower(trim(d.status)) IN ('planned', 'staged')
    GROUP BY d.name
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT c.device,
       CASE WHEN d.listed_as IS NOT NULL OR d.manufacturer IS NULL THEN 'inconclusive' ELSE 'met' END,
       CASE WHEN d.name IS NULL THEN 'It has the ' || c.what || ' (' || c.at || '), but it is not in the inventory.'
            WHEN d.manufacturer IS NULL THEN 'Nothing says who made it (' || d.at || '); it has the ' || c.what || '.'
            WHEN d.listed_as IS NOT NULL THEN 'Made by ' || d.manufacturer || ', who is on the list (' || d.listed_at || '), with the ' || c.what
                 || '; ' || :unsaid || ' (' || d.at || ').'
            ELSE 'Made by ' || d.manufacturer || ', who is not on the list (' || d.at || ').' END
FROM in_class c LEFT JOIN standing d ON d.name = c.device
WHERE c.class = :class AND EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive',
       'Made by ' || manufacturer || ', who is on the list (' || listed_at || '), with the ' || replace(what, ',', ', ') || '; it is ' || status
       || ' (' || at || '): the conditions forbid putting it in for these bands.'
FROM coming
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
