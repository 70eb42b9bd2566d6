-- No equipment of an excluded vendor in the class :class.
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT c.device,
       CASE WHEN d.manufacturer IS NULL THEN 'inconclusive' WHEN d.listed_as IS NULL THEN 'met' ELSE c.verdict END,
       CASE WHEN d.name IS NULL THEN 'It has the ' || c.what || ' (' || c.at || '), but it is not in the inventory.'
            WHEN d.manufacturer IS NULL THEN 'Nothing says who made it (' || d.at || '); it has the ' || c.what || ' (' || c.at || ').'
            WHEN d.listed_as IS NULL THEN 'Made by ' || d.manufacturer || ', who is not on the list (' || d.at || ').'
            WHEN c.verdict = 'breached' THEN 'Made by ' || d.manufacturer || ', who is on the list (' || d.listed_at || '); it has the ' || c.what
                 || ' (' || c.at || ')' || coalesce(' at ' || d.site, '') || '.'
            ELSE 'Made by ' || d.manufacturer || ', who is on the list (' || d.listed_at || '); it has the ' || c.what || ' (' || c.at || '): ' || c.note || '.' END
FROM in_class c LEFT JOIN standing d ON d.name = c.device
WHERE c.class = :class AND EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
