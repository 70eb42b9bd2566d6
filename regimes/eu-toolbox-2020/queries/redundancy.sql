-- No single device or link whose loss cuts off a device of the core.
WITH points AS (
    SELECT kind, name, devices_cut, subscribers_cut, left_out, iif(kind = 'link', 'link ', '') || name AS subject FROM single_points WHERE devices_cut > 0
),
hanging AS (
    SELECT p.subject, d.name, k.what, u.unknown, row_number() OVER (PARTITION BY p.subject, k.what IS NULL ORDER BY d.name) AS place
    FROM points p JOIN cut_off c ON c.kind = p.kind AND c.name = p.name JOIN devices d ON d.name = c.device
    LEFT JOIN classes k ON k.duties = d.duties AND k.class = 'core' LEFT JOIN unclear u ON u.duties = d.duties
    WHERE d.in_service AND (k.what IS NOT NULL OR u.unknown IS NOT NULL)
),
told AS (
    SELECT subject, sum(what IS NOT NULL) AS critical, sum(what IS NULL) AS doubtful,
           group_concat(name || ' (' || coalesce(what, unknown) || ')', ', ' ORDER BY what IS NULL, name) FILTER (WHERE place <= 3) AS names
    FROM hanging GROUP BY subject
),
judged AS (
    SELECT p.*, k.what AS self, coalesce(t.critical, 0) AS critical, coalesce(t.doubtful, 0) AS doubtful, t.names,
           'Its loss cuts off ' || p.devices_cut || iif(p.devices_cut = 1, ' device', ' devices') || coalesce(' with ' || nullif(p.subscribers_cut, 0) || ' subscribers', '') AS loss,
           coalesce(d.at, (SELECT min(source_file || ':' || source_line) FROM links l WHERE p.kind = 'link' AND l.name = p.name), '') AS at
    FROM points p LEFT JOIN told t ON t.subject = p.subject LEFT JOIN devices d ON p.kind = 'device' AND d.name = p.name
    LEFT JOIN classes k ON k.duties = d.duties AND k.class = 'core'
),
critical AS (SELECT d.name, d.at, k.what FROM classes k JOIN devices d ON d.duties = k.duties WHERE k.class = 'core' AND d.in_service)
SELECT subject, iif(critical > 0 OR self IS NOT NULL, 'breached', 'inconclusive') AS verdict,
       loss || CASE WHEN critical > 0 THEN '; equipment of the core hangs on it: ' || names || iif(critical > 3, ' and ' || (critical - 3) || ' more', '')
                    WHEN self IS NOT NULL THEN ', and it is of the core itself (' || self || ')'
                    WHEN left_out > 0 THEN ', of which ' || left_out || ' are not named: some of the core may be among them'
                    ELSE '; whether they are of the core is not known: ' || names END || ' (' || at || ').' AS reason
FROM judged WHERE critical > 0 OR self IS NOT NULL OR doubtful > 0 OR (left_out > 0 AND EXISTS (SELECT 1 FROM classes WHERE class = 'core'))
UNION ALL
SELECT name, 'inconclusive', 'It is of the core (' || what || '), and no link of it to a device in service is on record (' || at || ').'
FROM critical WHERE name NOT IN (SELECT device FROM connected)
UNION ALL
SELECT 'network', 'met', 'No single device or link cuts off ' || count(*) || iif(count(*) = 1, ' device of the core', ' devices of the core') || ' (the first is ' || min(name) || ').'
FROM critical
WHERE name IN (SELECT device FROM connected) AND name NOT IN (SELECT name FROM hanging) AND name NOT IN (SELECT name FROM points WHERE kind = 'device')
HAVING count(*) > 0
UNION ALL
SELECT device, 'inconclusive', 'It has the ' || what || ' (' || at || '), but it is not in the inventory.' FROM strange WHERE class = 'core'
UNION ALL
SELECT 'network', 'inconclusive', 'Of ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device: ', ' devices: ') || u.unknown || ' (the first is ' || min(t.first) || ').'
FROM unclear u JOIN tallies t ON t.duties = u.duties WHERE t.in_service GROUP BY u.duties, u.unknown
