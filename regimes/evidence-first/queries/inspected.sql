-- The images of the devices of the class :class were unpacked in full.
WITH sums AS (
    SELECT t.manufacturer, t.devices, t.first, coalesce(sum(i.devices) FILTER (WHERE i.inspected), 0) AS seen,
           coalesce(sum(i.devices) FILTER (WHERE NOT i.inspected), 0) AS in_part
    FROM totals t
    LEFT JOIN classes k ON k.class = t.class
    LEFT JOIN images i ON i.duties = k.duties AND i.maker IS t.maker
    WHERE t.class = :class GROUP BY t.maker
)
SELECT manufacturer AS subject, 'inconclusive' AS verdict,
       'Of its ' || devices || iif(devices = 1, ' device', ' devices') || ' in this class, ' || (devices - seen)
       || iif(devices - seen = 1, ' runs', ' run') || ' no image that was unpacked in full'
       || iif(in_part > 0, ' (' || in_part || ' one that is in the case, but was not)', '') || '; the first of all is ' || first || '.' AS reason
FROM sums WHERE seen < devices
UNION ALL
SELECT manufacturer, 'met',
       'The images of ' || seen || ' of its ' || devices || iif(devices = 1, ' device', ' devices') || ' in this class were unpacked in full (the first of all is ' || first || ').'
FROM sums WHERE seen > 0
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = :class OR class IS NULL
