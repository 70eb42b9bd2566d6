-- Definitions for regimes that restrict the vendors on a list: included, before the regime's own, where regime.toml says
-- `shared_definitions = true`. They need the parameter `list`. Names of vendors and lists are compared without case.

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
standing AS (
    SELECT d.name, d.site, d.site_sensitive, d.role, nullif(trim(d.manufacturer), '') AS manufacturer,
           nullif(lower(trim(d.manufacturer)), '') AS maker, d.inspected, d.inspected_in_part, d.exhibit,
           l.vendor AS listed_as, d.source_file || ':' || d.source_line AS at, l.at AS listed_at
    FROM devices d LEFT JOIN listed l ON l.maker = lower(trim(d.manufacturer))
    WHERE d.in_service
),
-- Devices that are not in service: planned, staged, spare, taken out.
apart AS (SELECT name FROM devices WHERE NOT in_service),
-- What puts a device into a class: a function it carries, its role, a part in interception.
placed AS (
    SELECT f.device, s.class, s.verdict, s.note, 'function ' || upper(trim(f.function)) AS what, f.source_file || ':' || f.source_line AS at
    FROM functions f JOIN sensitivity s ON s.kind = 'function' AND s.name = upper(trim(f.function))
    WHERE f.device NOT IN (SELECT name FROM apart)
    UNION
    SELECT d.name, s.class, s.verdict, s.note, 'role ' || lower(trim(d.role)), d.at
    FROM standing d JOIN sensitivity s ON s.kind = 'role' AND s.name = lower(trim(d.role))
    UNION
    SELECT i.device, 'lawful-intercept', 'breached', 'lawful intercept', 'part ' || upper(trim(i.part)), i.source_file || ':' || i.source_line
    FROM interceptions i WHERE i.device NOT IN (SELECT name FROM apart)
),
in_class AS (
    SELECT device, class, min(verdict) AS verdict, group_concat(what, ', ' ORDER BY what) AS what,
           group_concat(DISTINCT note) FILTER (WHERE verdict = 'inconclusive') AS note, min(at) AS at
    FROM placed GROUP BY device, class
),
-- Devices whose use is not known: in no class at all, or with a function that is in none. unknown is what is not known.
unplaced AS (
    SELECT d.*, CASE WHEN f.names IS NULL THEN 'nothing says what it does' || coalesce(' (no class has its role ' || lower(trim(d.role)) || ')', '')
                     ELSE 'no class has its ' || f.names END AS unknown
    FROM standing d LEFT JOIN (
        SELECT device, 'function ' || group_concat(upper(trim(function)), ', ' ORDER BY function) AS names FROM functions
        WHERE upper(trim(function)) NOT IN (SELECT name FROM sensitivity WHERE kind = 'function') GROUP BY device
    ) f ON f.device = d.name
    WHERE f.device IS NOT NULL OR d.name NOT IN (SELECT device FROM placed)
),
-- Devices whose use is not known and that a listed vendor made, or may have made. why begins a reason.
doubtful AS (
    SELECT u.*, CASE WHEN manufacturer IS NULL THEN 'Nothing says who made it, and ' || unknown
                     ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '), and ' || unknown END
                || ' (' || u.at || ').' AS why
    FROM unplaced u WHERE EXISTS (SELECT 1 FROM listed) AND (listed_as IS NOT NULL OR manufacturer IS NULL)
)
