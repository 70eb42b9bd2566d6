WITH points AS (
    SELECT kind, name, devices_cut, subscribers_cut, left_out, iif(kind = 'link', 'link ', '') || name AS subject
    FROM single_points WHERE devices_cut >= :min_devices_cut
),
asked AS MATERIALIZED (SELECT name, why, doubt, at FROM weighed),
-- Those of them in the largest part of the network, in one pass over it: one that is apart is cut off by no loss, and reaches nobody.
linked AS MATERIALIZED (SELECT device FROM connected WHERE device IN (SELECT name FROM asked)),
-- What hangs on each point: critical devices (why), and devices of which it is not known (doubt).
hanging AS MATERIALIZED (
    SELECT p.subject, w.name, w.why, w.doubt, c.equal,
           row_number() OVER (PARTITION BY p.subject, w.why IS NULL ORDER BY w.name) AS place
    FROM cut_off c CROSS JOIN asked w ON w.name = c.device JOIN points p ON p.kind = c.kind AND p.name = c.name
),
told AS (
    SELECT subject, sum(why IS NOT NULL) AS critical, sum(why IS NULL) AS doubtful,
           group_concat(name || ' (' || why || ')', ', ' ORDER BY name) FILTER (WHERE why IS NOT NULL AND place <= 3) AS critical_names,
           group_concat(name || ' (' || doubt || ')', ', ' ORDER BY name) FILTER (WHERE why IS NULL AND place <= 3) AS doubtful_names
    FROM hanging GROUP BY subject
),
judged AS MATERIALIZED (
    SELECT p.*, w.why AS self, coalesce(t.critical, 0) AS critical, coalesce(t.doubtful, 0) AS doubtful, t.critical_names, t.doubtful_names,
           'Its loss cuts off ' || p.devices_cut || ' device' || iif(p.devices_cut = 1, '', 's')
               || coalesce(' with ' || nullif(p.subscribers_cut, 0) || ' subscribers', '') AS loss,
           coalesce(d.at, '') AS at
    FROM points p LEFT JOIN told t ON t.subject = p.subject LEFT JOIN asked w ON p.kind = 'device' AND w.name = p.name
    LEFT JOIN devices d ON p.kind = 'device' AND d.name = p.name AND d.in_service
    WHERE t.critical > 0 OR w.why IS NOT NULL OR t.doubtful > 0 OR (p.left_out > 0 AND EXISTS (SELECT 1 FROM linked))
),
-- Where the links among them stand, in one pass over the links.
places AS MATERIALIZED (
    SELECT l.name, min(l.source_file || ':' || l.source_line) AS at FROM links l
    WHERE l.name IN (SELECT name FROM judged WHERE kind = 'link') GROUP BY l.name
)
SELECT subject,
       CASE WHEN critical > 0 OR self IS NOT NULL THEN 'breached' ELSE 'inconclusive' END AS verdict,
       loss || CASE WHEN critical > 0 THEN '; critical equipment hangs on it: ' || critical_names || iif(critical > 3, ' and ' || (critical - 3) || ' more', '')
                    WHEN self IS NOT NULL THEN ', and it ' || self
                    WHEN left_out > 0 THEN ', of which ' || left_out || ' are not named: critical ones may be among them'
                    ELSE '; whether they are critical is not known: ' || doubtful_names || iif(doubtful > 3, ' and ' || (doubtful - 3) || ' more', '') END
       || ' (' || coalesce(l.at, j.at) || ').' AS reason
FROM judged j LEFT JOIN places l ON j.kind = 'link' AND l.name = j.name
UNION ALL
SELECT name, 'inconclusive', 'It ' || why || ', and by the links on record it does not hang together with the rest of the network (' || at || ').'
FROM asked WHERE why IS NOT NULL AND name NOT IN (SELECT device FROM linked)
UNION ALL
SELECT name, 'met', 'It ' || why || '; no single device or link cuts it off (' || at || ').'
FROM asked
WHERE why IS NOT NULL AND name IN (SELECT device FROM linked) AND name NOT IN (SELECT name FROM hanging)
  AND name NOT IN (SELECT name FROM points WHERE kind = 'device')
