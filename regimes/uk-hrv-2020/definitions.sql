-- Vendors on the list :list as of :as_of; names are compared without case.
listed AS (
    SELECT lower(trim(vendor)) AS maker, min(vendor) AS vendor, min(source_file || ':' || source_line) AS at
    FROM designations WHERE list = :list AND (since IS NULL OR since <= :as_of)
    GROUP BY lower(trim(vendor))
),
nobody AS (
    SELECT 'Nobody stands on the list "' || :list || '" as of ' || :as_of || '.' AS reason
    WHERE NOT EXISTS (SELECT 1 FROM listed)
),
-- Devices that are not in the network: planned, spare, taken out.
apart AS (SELECT name FROM devices WHERE lower(status) IN ('planned', 'inventory', 'decommissioned')),
-- Devices in the network; listed_as is the high-risk vendor that made it, NULL when none did or nobody says.
standing AS (
    SELECT d.name, d.site, d.site_sensitive, d.role, d.manufacturer, lower(trim(d.manufacturer)) AS maker,
           l.vendor AS listed_as, d.source_file || ':' || d.source_line AS at, l.at AS listed_at
    FROM devices d LEFT JOIN listed l ON l.maker = lower(trim(d.manufacturer))
    WHERE d.name NOT IN (SELECT name FROM apart)
),
-- What puts a device into a class: a function it carries, its role, a part in interception.
placed AS (
    SELECT f.device, s.class, s.verdict, s.note, 'function ' || upper(f.function) AS what, f.source_file || ':' || f.source_line AS at
    FROM functions f JOIN sensitivity s ON s.kind = 'function' AND s.name = upper(f.function)
    WHERE f.device NOT IN (SELECT name FROM apart)
    UNION
    SELECT d.name, s.class, s.verdict, s.note, 'role ' || lower(d.role), d.at
    FROM standing d JOIN sensitivity s ON s.kind = 'role' AND s.name = lower(d.role)
    UNION
    SELECT i.device, 'lawful-intercept', 'breached', 'lawful intercept', 'part ' || upper(i.part), i.source_file || ':' || i.source_line
    FROM interceptions i WHERE i.device NOT IN (SELECT name FROM apart)
),
in_class AS (
    SELECT device, class, min(verdict) AS verdict, group_concat(what, ', ' ORDER BY what) AS what,
           group_concat(DISTINCT note) AS note, min(at) AS at
    FROM placed GROUP BY device, class
),
-- Equipment of high-risk vendors of which nothing says what it does.
unplaced AS (
    SELECT * FROM standing
    WHERE listed_as IS NOT NULL AND name NOT IN (SELECT device FROM placed) AND name NOT IN (SELECT device FROM functions)
)
