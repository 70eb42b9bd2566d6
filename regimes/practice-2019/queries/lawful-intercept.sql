SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT device, iif(manufacturer IS NULL, 'inconclusive', 'breached'),
       CASE WHEN name IS NULL THEN 'It takes part in interception (' || what || ', ' || placed_at || '), but it is not in the inventory.'
            WHEN manufacturer IS NULL THEN 'It takes part in interception (' || what || ', ' || placed_at || '), and nothing says who made it (' || at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it takes part in interception (' || what || ', ' || placed_at || ').' END
FROM members
WHERE class = 'lawful-intercept'
UNION ALL
SELECT manufacturer, 'met', told FROM unlisted WHERE class = 'lawful-intercept'
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
