-- The inventory has no dates of purchase: a breach cannot be shown. Installed before the day, it was bought before it.
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT device, iif(installed < :from, 'met', 'inconclusive'),
       CASE WHEN name IS NULL THEN 'It has the ' || what || ' (' || placed_at || '), but it is not in the inventory.'
            WHEN installed < :from THEN 'Installed on ' || installed || ', so it was bought before ' || :from || ' (' || at || ').'
            WHEN manufacturer IS NULL THEN 'Nothing says who made it (' || at || '); it has the ' || what || '.'
            ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '), with the ' || what
                 || coalesce('; installed on ' || installed || ', and nothing says when it was bought',
                             '; the inventory has no date of purchase or installation') || ' (' || at || ').' END
FROM members WHERE class = '5g'
UNION ALL
SELECT manufacturer, 'met', told FROM unlisted WHERE class = '5g'
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
