-- No device of a critical or exposed function runs software that its makers no longer support.
WITH asked AS (SELECT duties, class, what FROM classes WHERE class IN ('critical', 'exposed')),
-- covered: the feed names the products that are in the image, so that its silence says something.
looked AS (
    SELECT exhibit, components, not_in_feed = 0 OR (:feed_suffices AND not_in_feed < components) AS covered FROM support_lookups
),
sums AS (
    SELECT t.class, t.manufacturer, t.devices, t.first,
           coalesce(sum(i.devices) FILTER (WHERE i.inspected AND l.exhibit IS NOT NULL), 0) AS seen,
           coalesce(sum(i.devices) FILTER (WHERE i.inspected AND l.components = 0), 0) AS bare,
           coalesce(sum(i.devices) FILTER (WHERE i.inspected AND l.components > 0 AND NOT l.covered), 0) AS unnamed,
           coalesce(sum(i.devices) FILTER (WHERE i.inspected AND l.components > 0 AND l.covered AND x.exhibit IS NULL), 0) AS clean
    FROM totals t
    LEFT JOIN asked k ON k.class = t.class
    LEFT JOIN images i ON i.duties = k.duties AND i.maker IS t.maker
    LEFT JOIN looked l ON l.exhibit = i.exhibit
    LEFT JOIN ended x ON x.exhibit = i.exhibit
    WHERE t.class IN ('critical', 'exposed') GROUP BY t.class, t.maker
)
SELECT d.name AS subject, iif(x.open > 0, 'breached', 'inconclusive') AS verdict,
       'It is ' || k.class || ' (' || k.what || '), and its image holds '
       || iif(x.open > 0, x.open || iif(x.open = 1, ' component', ' components') || ' whose support is over, first ',
              'components of which it cannot be told whether they are supported, first ') || x.first || ' (' || d.at || ').' AS reason
FROM asked k
JOIN (SELECT DISTINCT duties, exhibit FROM images) i ON i.duties = k.duties
JOIN ended x ON x.exhibit = i.exhibit
JOIN devices d ON d.duties = i.duties AND d.exhibit = i.exhibit
WHERE d.in_service
UNION ALL
SELECT manufacturer, 'inconclusive',
       'Of its ' || devices || ' ' || class || iif(devices = 1, ' device', ' devices') || ', ' || (devices - seen) || iif(devices - seen = 1, ' runs', ' run')
       || ' no image that was unpacked in full and whose components'' support was looked up (the first of all is ' || first || ').'
FROM sums WHERE seen < devices
UNION ALL
SELECT manufacturer, 'inconclusive',
       'The images of ' || unnamed || ' of its ' || class || iif(unnamed = 1, ' device', ' devices') || ' hold components of products that the feed does not name (the first of all is '
       || first || ').'
FROM sums WHERE unnamed > 0
UNION ALL
SELECT manufacturer, 'inconclusive',
       'In the images of ' || bare || ' of its ' || class || iif(bare = 1, ' device', ' devices') || ' no component was recognised: there was nothing to look up (the first of all is '
       || first || ').'
FROM sums WHERE bare > 0
UNION ALL
SELECT manufacturer, 'met',
       'The feed knows of no component without support in the images of ' || clean || ' of its ' || class || iif(clean = 1, ' device', ' devices') || ' (the first of all is '
       || first || ').'
FROM sums WHERE clean > 0
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class IN ('critical', 'exposed') OR class IS NULL
