-- The share of high-risk vendors together in each access network, by count of devices or of sites.
WITH units AS (
    SELECT c.class, CASE :count_by WHEN 'sites' THEN coalesce(c.site, c.name) ELSE c.name END AS unit,
           max(c.listed_as IS NOT NULL) AS listed, max(c.manufacturer IS NULL) AS unknown
    FROM members c
    WHERE c.name IS NOT NULL AND c.class IN ('access-mobile', 'access-fixed') GROUP BY 1, 2
),
sums AS (
    SELECT class, count(*) AS total, sum(listed) AS listed, sum(unknown AND NOT listed) AS unknown,
           sum(listed) * 1.0 / count(*) AS least, sum(listed OR unknown) * 1.0 / count(*) AS most,
           (SELECT group_concat(vendor || ' ' || devices, ', ' ORDER BY vendor) FROM (
                SELECT listed_as AS vendor, count(*) AS devices FROM members i
                WHERE i.class = units.class AND listed_as IS NOT NULL GROUP BY listed_as)) AS vendors,
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
