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
-- Devices in the network; listed_as is the restricted vendor that made it, NULL when none did or nobody says.
standing AS (
    SELECT d.name, d.site, d.site_sensitive, d.role, d.manufacturer, lower(trim(d.manufacturer)) AS maker, d.inspected,
           d.exhibit, l.vendor AS listed_as, d.source_file || ':' || d.source_line AS at, l.at AS listed_at
    FROM devices d LEFT JOIN listed l ON l.maker = lower(trim(d.manufacturer))
    WHERE d.name NOT IN (SELECT name FROM apart)
),
-- What puts a device into a class: a function it carries, or its role.
placed AS (
    SELECT f.device, s.class, 'function ' || upper(f.function) AS what, f.source_file || ':' || f.source_line AS at
    FROM functions f JOIN sensitivity s ON s.kind = 'function' AND s.name = upper(f.function)
    WHERE f.device NOT IN (SELECT name FROM apart)
    UNION
    SELECT d.name, s.class, 'role ' || lower(d.role), d.at
    FROM standing d JOIN sensitivity s ON s.kind = 'role' AND s.name = lower(d.role)
),
in_class AS (
    SELECT device, class, group_concat(what, ', ' ORDER BY what) AS what, min(at) AS at
    FROM placed GROUP BY device, class
),
-- Devices with what makes them sensitive: NULL where nothing does.
weighed AS (
    SELECT d.*, c.what AS core, nullif(concat_ws('; ',
               CASE WHEN d.site_sensitive = 1 THEN 'stands at the sensitive site ' || d.site END,
               CASE WHEN c.what IS NOT NULL THEN 'is in the core (' || c.what || ', ' || c.at || ')' END), '') AS why
    FROM standing d LEFT JOIN in_class c ON c.device = d.name AND c.class = 'core'
)
