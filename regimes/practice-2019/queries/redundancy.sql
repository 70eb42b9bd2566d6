WITH ends AS (
    SELECT name AS link, a_device AS device, b_device AS other, source_file || ':' || source_line AS at FROM links
    UNION
    SELECT name, b_device, a_device, source_file || ':' || source_line FROM links
),
degrees AS (SELECT device, count(DISTINCT other) AS neighbours FROM ends GROUP BY device),
points AS (SELECT kind, name, devices_cut, subscribers_cut FROM single_points WHERE devices_cut >= :min_devices_cut),
-- A single link counts when both its ends are critical, or when it is the only one of a critical device.
single_links AS (
    SELECT e.link, e.at, p.devices_cut, w.name AS device, w.why
    FROM points p JOIN ends e ON p.kind = 'link' AND e.link = p.name
    JOIN weighed w ON w.name = e.device AND w.why IS NOT NULL
    JOIN degrees g ON g.device = e.device
    WHERE g.neighbours = 1 OR e.other IN (SELECT name FROM weighed WHERE why IS NOT NULL)
)
SELECT w.name AS subject, 'breached' AS verdict,
       'It ' || w.why || ', and its loss cuts off ' || p.devices_cut || ' device' || iif(p.devices_cut = 1, '', 's')
       || coalesce(' with ' || nullif(p.subscribers_cut, 0) || ' subscribers', '') || ' (' || w.at || ').' AS reason
FROM weighed w JOIN points p ON p.kind = 'device' AND p.name = w.name WHERE w.why IS NOT NULL
UNION ALL
SELECT 'link ' || link, 'breached',
       'Nothing stands in for it, and ' || group_concat(device || ' ' || why, '; ' ORDER BY device) || ' (' || min(at) || ').'
FROM single_links GROUP BY link
UNION ALL
SELECT w.name, 'inconclusive',
       'Its loss cuts off ' || p.devices_cut || ' device' || iif(p.devices_cut = 1, '', 's') || ', and nothing says whether its site '
       || coalesce(w.site || ' ', '') || 'is sensitive (' || w.at || ').'
FROM weighed w JOIN points p ON p.kind = 'device' AND p.name = w.name
WHERE w.why IS NULL AND w.site_sensitive IS NULL
UNION ALL
SELECT w.name, 'inconclusive', 'It ' || w.why || ', and no link of it is on record (' || w.at || ').'
FROM weighed w WHERE w.why IS NOT NULL AND w.name NOT IN (SELECT device FROM degrees)
UNION ALL
SELECT w.name, 'met', 'It ' || w.why || '; its loss cuts off nothing else, and it does not hang on one link alone (' || w.at || ').'
FROM weighed w
WHERE w.why IS NOT NULL AND w.name IN (SELECT device FROM degrees)
  AND w.name NOT IN (SELECT name FROM points WHERE kind = 'device') AND w.name NOT IN (SELECT device FROM single_links)
