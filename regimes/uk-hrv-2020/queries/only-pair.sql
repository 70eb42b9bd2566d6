-- In no access network are two or more vendors all high-risk.
WITH makers AS (
    SELECT DISTINCT k.class, t.maker, trim(t.manufacturer) AS manufacturer, l.vendor AS listed_as
    FROM tallies t JOIN classes k ON k.duties = t.duties LEFT JOIN listed l ON l.maker = t.maker
    WHERE t.in_service AND k.class IN ('access-mobile', 'access-fixed')
),
sums AS (
    SELECT class, count(DISTINCT maker) AS vendors, count(DISTINCT listed_as) AS listed, max(maker IS NULL) AS unknown,
           group_concat(DISTINCT listed_as) AS names,
           (SELECT min(s.note) FROM sensitivity s WHERE s.class = makers.class) AS network
    FROM (SELECT * FROM makers ORDER BY class, maker) AS makers GROUP BY class
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT network,
       CASE WHEN vendors > listed THEN 'met' WHEN unknown THEN 'inconclusive' WHEN listed >= 2 THEN 'breached' ELSE 'not applicable' END,
       CASE WHEN vendors > listed THEN (vendors - listed) || ' of ' || vendors || iif(vendors = 1, ' vendor ', ' vendors ') || iif(vendors - listed = 1, 'is', 'are') || ' not on the list.'
            WHEN unknown THEN 'Nothing says who made some of its devices; the vendors that are known (' || coalesce(replace(names, ',', ', '), 'none') || ') are all on the list.'
            WHEN listed >= 2 THEN 'Its only vendors, ' || replace(names, ',', ' and ') || ', are all on the list.'
            ELSE 'It has a single vendor, ' || names || ': no pair. The cap on shares applies.' END
FROM sums WHERE EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
WHERE NOT EXISTS (SELECT 1 FROM sums) OR EXISTS (SELECT 1 FROM sums WHERE vendors = listed)
