WITH uses AS (
    SELECT u.kind || ' ' || u.name AS class, t.devices, trim(t.manufacturer) AS manufacturer, t.maker
    FROM combination_duties u JOIN tallies t ON t.duties = u.duties AND t.in_service WHERE u.kind IN ('function', 'role')
),
totals AS (SELECT class, sum(devices) AS total, coalesce(sum(devices) FILTER (WHERE maker IS NULL), 0) AS unknown FROM uses GROUP BY class),
makers AS (
    SELECT class, min(manufacturer) AS manufacturer, sum(devices) AS devices,
           row_number() OVER (PARTITION BY class ORDER BY sum(devices) DESC, maker) AS place
    FROM uses WHERE maker IS NOT NULL GROUP BY class, maker
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
FROM standing WHERE duties IN (SELECT duties FROM combination_duties GROUP BY duties
    HAVING coalesce(sum(kind IN ('function', 'role')), 0) = 0) HAVING count(*) > 0
