-- In no access network are two or more vendors all high-risk.
WITH makers AS (
    SELECT DISTINCT k.class, t.maker, trim(t.manufacturer) AS manufacturer, l.vendor AS listed_as
    FROM tallies t JOIN classes k ON k.duties = t.duties LEFT JOIN listed l ON l.maker = t.maker
    WHERE t.in_service AND k.class IN ('access-mobile', 'access-fixed')
    UNION
    SELECT class, NULL, NULL, NULL FROM strange WHERE class IN ('access-mobile', 'access-fixed')
),
sums AS (
    SELECT class, count(DISTINCT maker) AS vendors, count(DISTINCT listed_as) AS listed, max(maker IS NULL) AS unknown,
           group_concat(DISTINCT listed_as) AS names,
           (SELECT min(s.note) FROM sensitivity s WHERE s.class = makers.class) AS network
    FROM (SELECT * FROM makers ORDER BY class, maker) AS makers GROUP BY class
),
-- Devices that may belong to the network and are of somebody who is not on the list, or may be: of a vendor beside the pair.
others AS (
    SELECT s.class, sum(t.devices) AS devices, min(t.first) AS first
    FROM sums s CROSS JOIN unclear u JOIN tallies t ON t.duties = u.duties
    WHERE t.in_service AND (t.maker IS NULL OR t.maker NOT IN (SELECT maker FROM listed)) AND u.duties NOT IN (SELECT k.duties FROM classes k WHERE k.class = s.class)
    GROUP BY s.class
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT network,
       CASE WHEN vendors > listed THEN 'met' WHEN unknown THEN 'inconclusive' WHEN listed >= 2 AND o.devices > 0 THEN 'inconclusive' WHEN listed >= 2 THEN 'breached' ELSE 'not applicable' END,
       CASE WHEN vendors > listed THEN (vendors - listed) || ' of ' || vendors || iif(vendors = 1, ' vendor ', ' vendors ') || iif(vendors - listed = 1, 'is', 'are') || ' not on the list.'
            WHEN unknown THEN 'Nothing says who made some of its devices; the vendors that are known (' || coalesce(replace(names, ',', ', '), 'none') || ') are all on the list.'
            WHEN listed >= 2 AND o.devices > 0 THEN 'Its known vendors, ' || replace(names, ',', ' and ') || ', are all on the list; whether ' || o.devices || iif(o.devices = 1, ' device', ' devices')
                 || ' of others, or of makers that are not stated, belong' || iif(o.devices = 1, 's', '') || ' to it is not known (the first is ' || o.first || ').'
            WHEN listed >= 2 THEN 'Its only vendors, ' || replace(names, ',', ' and ') || ', are all on the list.'
            ELSE 'It has a single vendor, ' || names || ': no pair. The cap on shares applies.' END
FROM sums s LEFT JOIN others o ON o.class = s.class WHERE EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
WHERE NOT EXISTS (SELECT 1 FROM sums) OR EXISTS (SELECT 1 FROM sums WHERE vendors = listed)
