-- Workstations for privileged access without a vulnerability that has been known to be exploited for longer than a patch may take.
-- That all patches came in time (:rest) has to be attested.
WITH exploits AS (
    SELECT exhibit, count(DISTINCT vulnerability) AS known, min(vulnerability || ' in ' || component || coalesce(' ' || version, '') || ', exploited since ' || exploited) AS first
    FROM vulnerabilities
    WHERE state = 'affected' AND coalesce(disposition, 'accepted') = 'accepted' AND exploited < date(:as_of, '-' || :patch_days || ' days') GROUP BY exhibit
),
theirs AS (
    SELECT d.name, d.at, d.inspected AND l.exploited_known AS looked_up, l.components, coalesce(l.in_no_advisory, l.components) AS unnamed, x.known, x.first, a.verdict AS said, a.reason AS said_by
    FROM classes k CROSS JOIN devices d ON d.duties = k.duties
    LEFT JOIN vulnerability_lookups l ON l.exhibit = d.exhibit LEFT JOIN exploits x ON x.exhibit = d.exhibit
    LEFT JOIN attested a ON a.measure = lower(:measure) AND lower(a.subject) = lower(d.name)
    WHERE k.class = 'privileged-access' AND d.in_service
)
SELECT name AS subject,
       CASE WHEN said IS NOT NULL THEN said WHEN known > 0 THEN 'breached' WHEN looked_up AND components > 0 AND unnamed = 0 THEN 'met' ELSE 'inconclusive' END AS verdict,
       CASE WHEN known > 0 THEN 'Its image has ' || known || iif(known = 1, ' vulnerability', ' vulnerabilities') || ' known to be exploited for more than ' || :patch_days || ' days, first ' || first
            WHEN looked_up AND components = 0 THEN 'No component was recognised in its image: there was nothing to look up'
            WHEN looked_up AND unnamed > 0 THEN 'Of ' || unnamed || ' of the ' || components || ' components in its image no imported advisory speaks: that none is exploited is not known'
            WHEN looked_up THEN 'Its image was looked up in a catalogue of exploited vulnerabilities, which has none for it that is older than ' || :patch_days || ' days'
            ELSE 'It runs no image that was unpacked in full and looked up in a catalogue of exploited vulnerabilities' END
       || ' (' || at || ')' || coalesce('. ' || said_by, '.') AS reason
FROM theirs
UNION ALL
SELECT 'network', 'inconclusive', 'No privileged access workstation is in the inventory.' WHERE NOT EXISTS (SELECT 1 FROM theirs)
UNION ALL
SELECT subject, 'inconclusive', reason FROM gaps WHERE class = 'privileged-access'
UNION ALL
-- What is attested; what the model does not show is open until somebody attests it of the network.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND lower(subject) NOT IN (SELECT lower(name) FROM theirs)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests as of ' || :as_of || ' ' || :rest || ', which the model does not show.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
