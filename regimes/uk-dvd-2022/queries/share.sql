-- The share of designated vendors together in the access network :class, by count of devices or of sites. A device that belongs
-- to it only perhaps, as one of unknown make, counts both ways: the verdict stands only when it is the same with and without.
WITH counted AS (
    SELECT CASE :count_by WHEN 'sites' THEN coalesce(site, name) ELSE name END AS unit, listed_as,
           verdict = 'breached' AS surely, manufacturer IS NULL AS blank
    FROM members WHERE class = :class AND name IS NOT NULL
),
units AS (
    SELECT unit, max(surely) AS surely, max(surely AND listed_as IS NOT NULL) AS listed,
           max(listed_as IS NOT NULL OR blank) AS maybe_listed, max(listed_as IS NULL) AS maybe_other
    FROM counted GROUP BY unit
),
sums AS (
    SELECT sum(surely) AS total, sum(listed) AS listed, sum(maybe_listed AND NOT listed) AS unknown,
           -- The least: nothing unknown is theirs, and whatever may belong to the network does and is of others.
           sum(listed) * 1.0 / nullif(sum(listed OR surely OR maybe_other), 0) AS least,
           -- The most: all that is unknown is theirs, and of others only what surely belongs to the network counts.
           sum(maybe_listed) * 1.0 / nullif(sum(surely OR maybe_listed), 0) AS most,
           (SELECT group_concat(vendor || ' ' || devices, ', ' ORDER BY vendor) FROM (
                SELECT listed_as AS vendor, count(*) AS devices FROM counted WHERE listed_as IS NOT NULL AND surely GROUP BY listed_as)) AS vendors,
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
