-- The share of the vendors on the list together (:who) in each of the access networks :class and :also (empty where there is no other),
-- by count of devices or of sites. What belongs to a network only perhaps, what nobody says who made, and what nobody says where it
-- stands counts both ways: the verdict stands only when it is the same with and without.
WITH asked AS (SELECT :class AS class UNION SELECT :also),
-- What belongs to each network, surely or perhaps: of a device whose use is not known nothing says that it does not.
parts AS MATERIALIZED (
    SELECT class, duties, verdict = 'breached' AS surely, 1 AS placed FROM classes WHERE class IN (SELECT class FROM asked)
    UNION ALL
    SELECT a.class, u.duties, 0, 0 FROM asked a CROSS JOIN unclear u WHERE a.class <> '' AND u.duties NOT IN (SELECT k.duties FROM classes k WHERE k.class = a.class)
),
counted AS MATERIALIZED (
    SELECT p.class, p.surely, p.placed, NULL AS place, t.devices, l.vendor IS NOT NULL AS listed, t.maker IS NULL AS blank
    FROM parts p JOIN tallies t ON t.duties = p.duties LEFT JOIN listed l ON l.maker = t.maker WHERE :count_by <> 'sites' AND t.in_service
    UNION ALL
    SELECT p.class, p.surely, p.placed, nullif(trim(d.site), ''), 1, d.listed_as IS NOT NULL, d.maker IS NULL
    FROM parts p CROSS JOIN standing d ON d.duties = p.duties WHERE :count_by = 'sites'
    UNION ALL
    SELECT class, verdict = 'breached', 1, NULL, 1, 0, 1 FROM strange WHERE class IN (SELECT class FROM asked)
),
-- A site is listed when one of its devices is. adrift: a device of which nothing says at which site it stands.
units AS (
    SELECT class, devices AS units, :count_by = 'sites' AS adrift, placed, surely, surely AND listed AS listed, listed OR blank AS maybe_listed, NOT listed AS maybe_other
    FROM counted WHERE :count_by <> 'sites' OR place IS NULL
    UNION ALL
    SELECT class, 1, 0, max(placed), max(surely), max(surely AND listed), max(listed OR blank), max(NOT listed)
    FROM counted WHERE :count_by = 'sites' AND place IS NOT NULL GROUP BY class, place
),
sums AS (
    SELECT class, coalesce(sum(units * surely) FILTER (WHERE NOT adrift), 0) AS total, coalesce(sum(units * listed) FILTER (WHERE NOT adrift), 0) AS listed,
           coalesce(sum(units * ((maybe_listed AND NOT listed) OR NOT surely)) FILTER (WHERE NOT adrift), 0) AS unknown,
           coalesce(sum(units * (listed OR surely OR maybe_other)) FILTER (WHERE NOT adrift), 0) AS at_most,
           coalesce(sum(units * maybe_listed) FILTER (WHERE NOT adrift), 0) AS maybe_listed,
           coalesce(sum(units * (surely OR maybe_listed)) FILTER (WHERE NOT adrift), 0) AS at_least,
           coalesce(sum(units * adrift), 0) AS adrift, max(adrift AND listed) AS adrift_listed,
           coalesce(sum(units * (adrift AND maybe_listed)), 0) AS adrift_maybe, coalesce(sum(units * (adrift AND maybe_other)), 0) AS adrift_other
    FROM units GROUP BY class HAVING max(placed)
),
bounds AS (
    SELECT s.*,
           -- The least: nothing unknown is theirs, and whatever may belong to the network does, each at a site of its own.
           max(listed, adrift_listed) * 1.0 / nullif(max(at_most + adrift_other, adrift_listed), 0) AS least,
           -- The most: all that is unknown is theirs, at the sites of others as far as there are any, and of others only what is sure counts.
           (maybe_listed + adrift_maybe) * 1.0 / nullif(max(at_least, maybe_listed + adrift_maybe), 0) AS most,
           (SELECT group_concat(vendor || ' ' || devices, ', ' ORDER BY vendor) FROM (
                SELECT l.vendor, sum(t.devices) AS devices FROM classes k JOIN tallies t ON t.duties = k.duties JOIN listed l ON l.maker = t.maker
                WHERE k.class = s.class AND k.verdict = 'breached' AND t.in_service GROUP BY l.vendor)) AS vendors,
           (SELECT min(n.note) FROM sensitivity n WHERE n.class = s.class AND n.verdict = 'breached') AS network
    FROM sums s
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT network,
       CASE WHEN least > :share_cap THEN 'breached' WHEN most > :share_cap THEN 'inconclusive' ELSE 'met' END,
       :who || ' have ' || listed || ' of ' || total || ' ' || iif(:count_by = 'sites', 'sites', 'devices')
       || iif(total > 0, ', ' || printf('%.1f', 100.0 * listed / total) || ' %', '') || ' (cap ' || printf('%g', 100 * :share_cap) || ' %)'
       || coalesce('; devices: ' || vendors, '')
       || iif(unknown > 0, '; of ' || unknown || ' more nothing says who made them, or whether they belong to it', '')
       || iif(adrift > 0, '; of ' || adrift || iif(adrift = 1, ' device', ' devices') || ' nothing says at which site', '') || '.'
FROM bounds WHERE EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
