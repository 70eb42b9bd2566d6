-- Definitions for regimes that restrict the vendors on a list. They need the parameter `list`, and lean on those of classes.
-- Names of vendors and lists are compared without case.

-- Vendors on the list :list as of :as_of.
listed AS (
    SELECT lower(trim(vendor)) AS maker, min(vendor) AS vendor, min(source_file || ':' || source_line) AS at
    FROM designations WHERE lower(trim(list)) = lower(trim(:list)) AND (since IS NULL OR since <= :as_of)
    GROUP BY lower(trim(vendor))
),
-- One row when nobody is listed: met when the list is there with nobody on it yet, inconclusive when there is no such list.
nobody AS (
    SELECT CASE WHEN later > 0 THEN 'met' ELSE 'inconclusive' END AS verdict,
           CASE WHEN later > 0 THEN 'Nobody stands on the list "' || :list || '" as of ' || :as_of || '; ' || later
                     || iif(later = 1, ' vendor does', ' vendors do') || ' from a later day on.'
                ELSE 'No vendor stands on a list called "' || :list || '"; lists present: '
                     || coalesce((SELECT group_concat('"' || list || '"', ', ' ORDER BY list) FROM (SELECT DISTINCT list FROM designations)), 'none')
                     || '.' END AS reason
    FROM (SELECT count(DISTINCT lower(trim(vendor))) AS later FROM designations WHERE lower(trim(list)) = lower(trim(:list)))
    WHERE NOT EXISTS (SELECT 1 FROM listed)
),
-- Devices in service; listed_as is the listed vendor that made it, NULL when none did or nobody says.
standing AS NOT MATERIALIZED (
    SELECT d.name, d.site, d.site_sensitive, d.role, nullif(trim(d.manufacturer), '') AS manufacturer, d.maker, d.inspected,
           d.inspected_in_part, d.exhibit, l.vendor AS listed_as, d.at, l.at AS listed_at, d.duties, d.installed
    FROM devices d LEFT JOIN listed l ON l.maker = d.maker
    WHERE d.in_service
),
-- Whose equipment is in question: the listed vendors', and that of which nobody says who made it (maker is NULL). Empty when nobody
-- is listed. Devices are looked up by duties and maker: of a million, few are in question.
questioned AS (
    SELECT maker, vendor, at FROM listed
    UNION ALL
    SELECT NULL, NULL, NULL WHERE EXISTS (SELECT 1 FROM listed)
),
-- Devices that are not in service: planned, staged, spare, taken out.
apart AS NOT MATERIALIZED (SELECT name FROM devices WHERE NOT in_service),
-- Devices in question that are in service, by class. placed_at: where what puts it there stands.
members AS NOT MATERIALIZED (
    SELECT k.class, k.verdict, k.what, k.note, d.name AS device, d.name, d.site, nullif(trim(d.manufacturer), '') AS manufacturer, d.maker,
           q.vendor AS listed_as, d.at, q.at AS listed_at, d.installed,
           coalesce((SELECT min(f.source_file || ':' || f.source_line) FROM functions f
                     WHERE f.device = d.name AND instr(', ' || k.what || ', ', ', function ' || upper(trim(f.function)) || ', ')),
                    (SELECT min(i.source_file || ':' || i.source_line) FROM interceptions i
                     WHERE i.device = d.name AND instr(', ' || k.what || ', ', ', part ' || upper(trim(i.part)) || ', ')), d.at) AS placed_at
    FROM classes k CROSS JOIN questioned q CROSS JOIN devices d ON d.duties = k.duties AND d.maker IS q.maker
    WHERE d.in_service
    UNION ALL
    SELECT class, verdict, what, note, device, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, at FROM strange WHERE EXISTS (SELECT 1 FROM listed)
),
-- Makers that are not on the list, by class. told is a reason.
unlisted AS (
    SELECT class, manufacturer, devices, 'It made ' || devices || iif(devices = 1, ' device', ' devices') || ' in this class, and is not on the list (the first is '
           || first || ').' AS told
    FROM (SELECT k.class, min(trim(t.manufacturer)) AS manufacturer, sum(t.devices) AS devices, min(t.first) AS first
          FROM tallies t JOIN classes k ON k.duties = t.duties
          WHERE t.in_service AND t.maker IS NOT NULL AND t.maker NOT IN (SELECT maker FROM listed) AND EXISTS (SELECT 1 FROM listed)
          GROUP BY k.class, t.maker)
),
-- Devices in question whose use is not known. why begins a reason.
doubtful AS NOT MATERIALIZED (
    SELECT d.name, coalesce('Made by ' || nullif(trim(d.manufacturer), '') || ', who is on the list (' || q.at || ')', 'Nothing says who made it')
                || ', and ' || u.unknown || ' (' || d.at || ').' AS why
    FROM unclear u CROSS JOIN questioned q CROSS JOIN devices d ON d.duties = u.duties AND d.maker IS q.maker
    WHERE d.in_service
)
