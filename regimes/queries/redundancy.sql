-- No single device or link whose loss cuts off a device of the class :class. How reasons call such a device is bound: :equipment,
-- :device and :devices ("critical equipment", "critical device"), :belongs ("it is critical").
WITH asked AS MATERIALIZED (
    SELECT d.name, d.at, k.what, NULL AS unknown FROM classes k JOIN devices d ON d.duties = k.duties WHERE k.class = :class AND d.in_service
    UNION ALL
    SELECT d.name, d.at, NULL, u.unknown FROM unclear u JOIN devices d ON d.duties = u.duties
    WHERE d.in_service AND u.duties NOT IN (SELECT duties FROM classes WHERE class = :class)
),
-- Those of them in the largest part of the network, in one pass over it: one that is apart is cut off by no loss, and reaches nobody.
linked AS MATERIALIZED (SELECT device FROM connected WHERE device IN (SELECT name FROM asked WHERE what IS NOT NULL)),
-- What hangs on each point.
hanging AS MATERIALIZED (
    SELECT c.kind, c.name AS point, a.name, a.what, a.unknown, row_number() OVER (PARTITION BY c.kind, c.name ORDER BY a.what IS NULL, a.name) AS place
    FROM cut_off c CROSS JOIN asked a ON a.name = c.device
),
told AS (
    SELECT kind, point, sum(what IS NOT NULL) AS sure, sum(what IS NULL) AS doubtful,
           group_concat(name || ' (' || coalesce(what, unknown) || ')', ', ' ORDER BY place) FILTER (WHERE place <= 3) AS names
    FROM hanging GROUP BY kind, point
    UNION ALL
    SELECT 'device', p.name, 0, 0, NULL FROM single_points p
    WHERE p.kind = 'device' AND p.devices_cut > 0 AND p.name IN (SELECT name FROM asked) AND p.name NOT IN (SELECT point FROM hanging WHERE kind = 'device')
),
judged AS MATERIALIZED (
    SELECT t.*, a.what AS self, 'Its loss cuts off ' || p.devices_cut || iif(p.devices_cut = 1, ' device', ' devices')
               || coalesce(' with ' || nullif(p.subscribers_cut, 0) || ' subscribers', '') AS loss,
           coalesce((SELECT min(at) FROM devices d WHERE t.kind = 'device' AND d.name = t.point), '') AS at
    FROM told t JOIN single_points p ON p.kind = t.kind AND p.name = t.point
    LEFT JOIN asked a ON t.kind = 'device' AND a.name = t.point
    WHERE p.devices_cut > 0
),
-- Where the links among them stand, in one pass over the links.
places AS MATERIALIZED (
    SELECT l.name, min(l.source_file || ':' || l.source_line) AS at FROM links l
    WHERE l.name IN (SELECT point FROM judged WHERE kind = 'link') GROUP BY l.name
),
unnamed AS (SELECT count(*) AS points, min(iif(kind = 'link', 'link ', '') || name) AS first FROM single_points WHERE left_out > 0)
SELECT iif(kind = 'link', 'link ', '') || point AS subject, iif(sure > 0 OR self IS NOT NULL, 'breached', 'inconclusive') AS verdict,
       loss || CASE WHEN sure > 0 THEN '; ' || :equipment || ' hangs on it: ' || names || iif(sure + doubtful > 3, ' and ' || (sure + doubtful - 3) || ' more', '')
                    WHEN self IS NOT NULL THEN ', and it is ' || :belongs || ' itself (' || self || ')'
                    WHEN doubtful > 0 THEN '; whether ' || :equipment || ' hangs on it is not known: ' || names || iif(doubtful > 3, ' and ' || (doubtful - 3) || ' more', '')
                    ELSE ', and what it does itself is not known' END || ' (' || coalesce(l.at, j.at) || ').' AS reason
FROM judged j LEFT JOIN places l ON j.kind = 'link' AND l.name = j.point
UNION ALL
SELECT 'network', 'inconclusive', 'Not all that is cut off by ' || points || iif(points = 1, ' single point is', ' single points are')
       || ' named (the first is ' || first || '): ' || :equipment || ' may be among it.'
FROM unnamed WHERE points > 0 AND EXISTS (SELECT 1 FROM asked)
UNION ALL
SELECT name, 'inconclusive', 'It is ' || :belongs || ' (' || what || '), and by the links on record it does not hang together with the rest of the network (' || at || ').'
FROM asked WHERE what IS NOT NULL AND name NOT IN (SELECT device FROM linked)
UNION ALL
SELECT 'network', 'met', 'No single device or link is known to cut off ' || count(*) || ' ' || iif(count(*) = 1, :device, :devices) || ' (the first is ' || min(name) || ').'
FROM asked
WHERE what IS NOT NULL AND name IN (SELECT device FROM linked) AND name NOT IN (SELECT name FROM hanging)
  AND name NOT IN (SELECT point FROM told WHERE kind = 'device')
HAVING count(*) > 0
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = :class OR class IS NULL
