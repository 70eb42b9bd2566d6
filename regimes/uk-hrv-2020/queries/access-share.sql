-- The share of high-risk vendors together in each access network, by count of devices or of sites.
WITH units AS (
    SELECT k.class, t.devices AS units, l.vendor IS NOT NULL AS listed, t.maker IS NULL AS unknown
    FROM classes k JOIN tallies t ON t.duties = k.duties LEFT JOIN listed l ON l.maker = t.maker
    WHERE :count_by <> 'sites' AND t.in_service AND k.class IN ('access-mobile', 'access-fixed')
    UNION ALL
    SELECT class, 1, max(listed_as IS NOT NULL), max(maker IS NULL)
    FROM members
    WHERE :count_by = 'sites' AND name IS NOT NULL AND class IN ('access-mobile', 'access-fixed') GROUP BY class, coalesce(site, name)
),
sums AS (
    SELECT class, sum(units) AS total, sum(units * listed) AS listed, sum(units * (unknown AND NOT listed)) AS unknown,
           sum(units * listed) * 1.0 / sum(units) AS least, sum(units * (listed OR unknown)) * 1.0 / sum(units) AS most,
           (SELECT group_concat(vendor || ' ' || devices, ', ' ORDER BY vendor) FROM (
                SELECT l.vendor, sum(t.devices) AS devices FROM classes k JOIN tallies t ON t.duties = k.duties JOIN listed l ON l.maker = t.maker
                WHERE k.class = units.class AND t.in_service GROUP BY l.vendor)) AS vendors,
           (SELECT min(s.note) FROM sensitivity s WHERE s.class = units.class) AS network
    FROM units GROUP BY class
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT network,
       CASE WHEN least > :share_cap THEN 'breached' WHEN most > :share_cap THEN 'inconclusive' ELSE 'met' END,
       'High-risk vendors have ' || listed || ' of ' || total || ' ' || iif(:count_by = 'sites', 'sites', 'devices') || ', '
       || printf('%.1f', 100 * least) || ' % (cap ' || printf('%g', 100 * :share_cap) || ' %)'
       || coalesce('; devices: ' || vendors, '')
       || iif(unknown > 0, '; of ' || unknown || ' more nothing says who made them', '') || '.'
FROM sums WHERE EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
