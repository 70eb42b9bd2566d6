-- The share of designated vendors together in the access network :class, by count of devices or of sites. A device that belongs
-- to it only perhaps, as one of unknown make, counts both ways: the verdict stands only when it is the same with and without.
WITH counted AS (
    SELECT t.devices, l.vendor, k.verdict = 'breached' AS surely, t.maker IS NULL AS blank
    FROM classes k JOIN tallies t ON t.duties = k.duties LEFT JOIN listed l ON l.maker = t.maker WHERE k.class = :class AND t.in_service
),
units AS (
    SELECT devices AS units, surely, surely AND vendor IS NOT NULL AS listed, vendor IS NOT NULL OR blank AS maybe_listed, vendor IS NULL AS maybe_other
    FROM counted WHERE :count_by <> 'sites'
    UNION ALL
    SELECT 1, max(verdict = 'breached'), max(verdict = 'breached' AND listed_as IS NOT NULL), max(listed_as IS NOT NULL OR maker IS NULL), max(listed_as IS NULL)
    FROM members WHERE :count_by = 'sites' AND class = :class AND name IS NOT NULL GROUP BY coalesce(site, name)
),
sums AS (
    SELECT sum(units * surely) AS total, sum(units * listed) AS listed, sum(units * (maybe_listed AND NOT listed)) AS unknown,
           -- The least: nothing unknown is theirs, and whatever may belong to the network does and is of others.
           sum(units * listed) * 1.0 / nullif(sum(units * (listed OR surely OR maybe_other)), 0) AS least,
           -- The most: all that is unknown is theirs, and of others only what surely belongs to the network counts.
           sum(units * maybe_listed) * 1.0 / nullif(sum(units * (surely OR maybe_listed)), 0) AS most,
           (SELECT group_concat(vendor || ' ' || devices, ', ' ORDER BY vendor) FROM (
                SELECT vendor, sum(devices) AS devices FROM counted WHERE vendor IS NOT NULL AND surely GROUP BY vendor)) AS vendors,
           (SELECT min(s.note) FROM sensitivity s WHERE s.class = :class AND s.verdict = 'breached') AS network
    FROM units HAVING count(*) > 0
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT network,
       CASE WHEN least > :share_cap THEN 'breached' WHEN most > :share_cap THEN 'inconclusive' ELSE 'met' END,
       'Designated vendors have ' || listed || ' of ' || total || ' ' || iif(:count_by = 'sites', 'sites', 'devices')
       || coalesce(', ' || printf('%.1f', 100.0 * listed / nullif(total, 0)) || ' %', '') || ' (cap ' || printf('%g', 100 * :share_cap) || ' %)'
       || coalesce('; devices: ' || vendors, '')
       || iif(unknown > 0, '; of ' || unknown || ' more nothing says who made them, or whether they belong to it', '') || '.'
FROM sums WHERE EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
