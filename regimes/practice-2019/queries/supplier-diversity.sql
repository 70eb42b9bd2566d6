WITH members AS (
    SELECT 'role ' || lower(role) AS class, name, manufacturer, maker FROM standing WHERE role IS NOT NULL
    UNION
    SELECT 'function ' || upper(f.function), d.name, d.manufacturer, d.maker FROM functions f JOIN standing d ON d.name = f.device
),
totals AS (SELECT class, count(*) AS total, sum(maker IS NULL) AS unknown FROM members GROUP BY class),
makers AS (
    SELECT class, min(manufacturer) AS manufacturer, count(*) AS devices,
           row_number() OVER (PARTITION BY class ORDER BY count(*) DESC, maker) AS place
    FROM members WHERE maker IS NOT NULL GROUP BY class, maker
),
largest AS (
    SELECT t.class, t.total, t.unknown, m.manufacturer, coalesce(m.devices, 0) AS devices,
           coalesce(m.devices, 0) * 1.0 / t.total AS least, (coalesce(m.devices, 0) + t.unknown) * 1.0 / t.total AS most
    FROM totals t LEFT JOIN makers m ON m.class = t.class AND m.place = 1
)
SELECT class AS subject,
       CASE WHEN total < :min_devices THEN 'not applicable' WHEN least >= :max_share THEN 'breached'
            WHEN most >= :max_share THEN 'inconclusive' ELSE 'met' END AS verdict,
       CASE WHEN total < :min_devices THEN 'Only ' || total || iif(total = 1, ' device; ', ' devices; ') || :min_devices || ' are needed to have two suppliers.'
            WHEN least >= :max_share THEN manufacturer || ' made ' || devices || ' of ' || total || ' devices; at '
                 || printf('%.0f', 100 * :max_share) || ' % a supplier is relied on too much.'
            WHEN most >= :max_share THEN 'Nothing says who made ' || unknown || ' of ' || total || ' devices'
                 || coalesce('; ' || manufacturer || ' made ' || devices, '') || '.'
            ELSE 'The largest supplier, ' || manufacturer || ', made ' || devices || ' of ' || total || ' devices.' END AS reason
FROM largest
UNION ALL
SELECT 'devices without a role', 'inconclusive',
       count(*) || ' of ' || (SELECT count(*) FROM standing) || ' devices have neither a role nor a function, the first of them ' || min(name) || ' (' || min(at) || ').'
FROM standing WHERE role IS NULL AND name NOT IN (SELECT device FROM functions) HAVING count(*) > 0
