-- No image of a device of the class :class holds an open finding of grade high.
WITH sums AS (
    SELECT t.manufacturer, t.devices, t.first,
           coalesce(sum(i.devices) FILTER (WHERE i.inspected), 0) AS seen,
           coalesce(sum(i.devices) FILTER (WHERE i.inspected AND f.exhibit IS NULL), 0) AS clean
    FROM totals t
    LEFT JOIN classes k ON k.class = t.class
    LEFT JOIN images i ON i.duties = k.duties AND i.maker IS t.maker
    LEFT JOIN findings f ON f.exhibit = i.exhibit
    WHERE t.class = :class GROUP BY t.maker
)
SELECT d.name AS subject, iif(f.open > 0, 'breached', 'inconclusive') AS verdict,
       'It has the ' || k.what || ', and its image holds '
       || iif(f.open > 0, f.open || iif(f.open = 1, ' finding', ' findings') || ' of grade high, first "' || f.first || '"',
              'a finding of grade high that somebody disputes, "' || f.first || '"') || ' (' || d.at || ').' AS reason
FROM classes k
JOIN (SELECT DISTINCT duties, exhibit FROM images) i ON i.duties = k.duties
JOIN findings f ON f.exhibit = i.exhibit
JOIN devices d ON d.duties = i.duties AND d.exhibit = i.exhibit
WHERE k.class = :class AND d.in_service
UNION ALL
SELECT manufacturer, 'inconclusive',
       'Of its ' || devices || iif(devices = 1, ' device', ' devices') || ' in this class, ' || (devices - seen)
       || iif(devices - seen = 1, ' runs', ' run') || ' no image that was unpacked in full: nobody has looked (the first of all is ' || first || ').'
FROM sums WHERE seen < devices
UNION ALL
SELECT manufacturer, 'met',
       'The images of ' || clean || iif(clean = 1, ' device', ' devices') || ' in this class were unpacked in full, and hold no open finding of grade high (the first of all is '
       || first || ').'
FROM sums WHERE clean > 0
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = :class OR class IS NULL
