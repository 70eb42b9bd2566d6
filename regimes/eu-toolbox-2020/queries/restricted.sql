-- No equipment of a supplier at high risk in the class :class; what a state decides on is told by maker, not by device.
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT device, iif(manufacturer IS NULL, 'inconclusive', 'breached'),
       CASE WHEN name IS NULL THEN 'It has the ' || what || ' (' || placed_at || '), but it is not in the inventory.'
            WHEN manufacturer IS NULL THEN 'Nothing says who made it (' || at || '); it has the ' || what || ' (' || placed_at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it has the ' || what
                 || ' (' || placed_at || ')' || coalesce(' at ' || site, '') || '.' END
FROM members
WHERE class = :class AND verdict = 'breached'
UNION ALL
SELECT device, 'inconclusive', 'It has the ' || what || ' (' || at || '), but it is not in the inventory.'
FROM strange WHERE class = :class AND verdict = 'inconclusive' AND EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT 'network', 'inconclusive', 'Nothing says who made ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device', ' devices') || ' (the first is ' || min(t.first)
       || ') with the ' || min(k.what) || iif(count(DISTINCT k.what) > 1, ' or the like', '') || ': ' || k.note || '.'
FROM tallies t JOIN classes k ON k.duties = t.duties
WHERE t.maker IS NULL AND k.class = :class AND k.verdict = 'inconclusive' AND t.in_service AND EXISTS (SELECT 1 FROM listed) GROUP BY k.note
UNION ALL
SELECT min(trim(t.manufacturer)), 'inconclusive', 'It is on the list (' || l.at || '), and made ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device', ' devices')
       || ' (the first is ' || min(t.first) || ') with the ' || min(k.what) || iif(count(DISTINCT k.what) > 1, ' or the like', '') || ': ' || k.note || '.'
FROM listed l JOIN tallies t ON t.maker = l.maker JOIN classes k ON k.duties = t.duties
WHERE k.class = :class AND k.verdict = 'inconclusive' AND t.in_service GROUP BY t.maker, k.note
UNION ALL
SELECT manufacturer, 'met', told FROM unlisted WHERE class = :class
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
