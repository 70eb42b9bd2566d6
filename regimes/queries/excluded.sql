-- No equipment of a vendor on the list in the class :class.
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT device,
       CASE WHEN manufacturer IS NULL THEN 'inconclusive' ELSE verdict END,
       CASE WHEN name IS NULL THEN 'It has the ' || what || ' (' || placed_at || '), but it is not in the inventory.'
            WHEN manufacturer IS NULL THEN 'Nothing says who made it (' || at || '); it has the ' || what || ' (' || placed_at || ').'
            WHEN verdict = 'breached' THEN 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it has the ' || what
                 || ' (' || placed_at || ')' || coalesce(' at ' || site, '') || '.'
            ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it has the ' || what || ' (' || placed_at || '): ' || note || '.' END
FROM members
WHERE class = :class
UNION ALL
SELECT manufacturer, 'met', told FROM unlisted WHERE class = :class
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
