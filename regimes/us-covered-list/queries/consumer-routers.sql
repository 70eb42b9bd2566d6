-- No consumer router made abroad is put in from the day of the entry on. The place of production is the type's, else the maker's.
WITH makes AS (
    SELECT lower(trim(name)) AS maker, max(nullif(trim(production), '')) AS place, count(DISTINCT lower(nullif(trim(production), ''))) AS places,
           min(source_file || ':' || source_line) AS at
    FROM vendors GROUP BY lower(trim(name))
),
types AS (
    SELECT model, lower(trim(manufacturer)) AS maker, max(nullif(trim(production), '')) AS place, count(DISTINCT lower(nullif(trim(production), ''))) AS places,
           min(source_file || ':' || source_line) AS at
    FROM device_types GROUP BY model, lower(trim(manufacturer))
),
counted AS (
    SELECT d.maker, min(trim(d.manufacturer)) AS manufacturer, d.device_type, min(k.verdict) AS verdict, min(k.note) AS note,
           CASE WHEN d.installed < :routers_from THEN 'before' WHEN d.installed IS NULL THEN 'unsaid' ELSE 'after' END AS whenever,
           count(*) AS devices, min(d.name) AS first
    FROM classes k CROSS JOIN devices d ON d.duties = k.duties WHERE k.class = 'consumer-router' AND d.in_service
    GROUP BY d.maker, d.device_type, whenever
),
placed AS (
    SELECT c.*, CASE WHEN t.place IS NOT NULL THEN iif(t.places = 1, t.place, NULL) ELSE iif(m.places = 1, m.place, NULL) END AS place,
           CASE WHEN t.place IS NOT NULL THEN t.at ELSE m.at END AS place_at
    FROM counted c LEFT JOIN types t ON t.model = c.device_type AND t.maker = c.maker LEFT JOIN makes m ON m.maker = c.maker
)
SELECT coalesce(manufacturer, 'network') AS subject,
       CASE WHEN lower(place) = lower(trim(:home_country)) OR (whenever = 'before' AND :as_of <= :updates_until) THEN 'met' ELSE 'inconclusive' END AS verdict,
       devices || iif(devices = 1, ' device', ' devices') || coalesce(' of the type ' || nullif(trim(device_type), ''), '') || ' (the first is ' || first || '): '
       || CASE WHEN lower(place) = lower(trim(:home_country)) THEN 'made in ' || place || ' (' || place_at || ').'
               WHEN whenever = 'before' AND :as_of <= :updates_until THEN 'installed before ' || :routers_from || ', and updates are waived until ' || :updates_until || '.'
               WHEN place IS NULL THEN 'nothing says, or not in one voice, where they are made.'
               WHEN whenever = 'before' THEN 'made in ' || place || ' (' || place_at || ') and installed before ' || :routers_from || '; updates are waived until ' || :updates_until || ' only.'
               ELSE 'made in ' || place || ' (' || place_at || ')' || iif(whenever = 'after', ', and installed since ' || :routers_from, '; nothing says when they were installed')
                    || ': whether the model was authorised before the entry is not in the model'
                    || coalesce('; ' || iif(verdict = 'inconclusive', note, NULL), '') || '.' END AS reason
FROM placed
UNION ALL
SELECT device, 'inconclusive', 'It has the ' || what || ' (' || at || '), but it is not in the inventory.' FROM strange WHERE class = 'consumer-router'
UNION ALL
SELECT 'network', 'inconclusive', 'Of ' || sum(t.devices) || ' devices: ' || u.unknown || ' (the first is ' || min(t.first) || ').'
FROM unclear u JOIN tallies t ON t.duties = u.duties WHERE t.in_service GROUP BY u.duties, u.unknown
