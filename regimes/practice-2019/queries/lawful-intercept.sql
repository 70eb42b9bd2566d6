SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT t.device,
       CASE WHEN d.manufacturer IS NULL THEN 'inconclusive' WHEN d.listed_as IS NULL THEN 'met' ELSE 'breached' END,
       CASE WHEN d.name IS NULL THEN 'It takes part in interception (' || t.what || ', ' || t.at || '), but it is not in the inventory.'
            WHEN d.manufacturer IS NULL THEN 'It takes part in interception (' || t.what || ', ' || t.at || '), and nothing says who made it (' || d.at || ').'
            WHEN d.listed_as IS NULL THEN 'Made by ' || d.manufacturer || ', who is not on the list (' || t.what || ', ' || t.at || ').'
            ELSE 'Made by ' || d.manufacturer || ', who is on the list (' || d.listed_at || '); it takes part in interception (' || t.what || ', ' || t.at || ').' END
FROM in_class t LEFT JOIN standing d ON d.name = t.device
WHERE t.class = 'lawful-intercept' AND EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
