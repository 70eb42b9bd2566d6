WITH cited AS (
    SELECT lower(trim(vendor)) AS maker, max(nullif(trim(citation), '')) AS citation
    FROM designations WHERE lower(trim(list)) = lower(trim(:list)) AND (since IS NULL OR since <= :as_of) GROUP BY lower(trim(vendor))
),
looked AS (
    SELECT maker, count(*) AS devices, sum(inspected) AS inspected, sum(inspected_in_part) AS in_part FROM standing WHERE listed_as IS NOT NULL GROUP BY maker
),
-- The latest word on each finding: a finding stands until a later review says that it is fixed.
known AS (
    SELECT lower(trim(vendor)) AS maker, finding, date, lower(grade) AS grade, coalesce(lower(state), '') AS state, source_file, source_line,
           row_number() OVER (PARTITION BY lower(trim(vendor)), product, finding ORDER BY date DESC, source_line DESC) AS age
    FROM reviews WHERE date <= :as_of
),
-- Evidence that no person has disputed: findings in images, and graded findings of reviews that are not fixed.
evidence AS (
    SELECT d.maker, '"' || c.title || '" on ' || min(d.name) AS what, c.fingerprint AS key
    FROM device_claims c JOIN standing d ON d.name = c.device
    WHERE d.listed_as IS NOT NULL AND c.grade = :evidence_grade AND coalesce(c.disposition, 'accepted') = 'accepted'
    GROUP BY d.maker, c.fingerprint
    UNION ALL
    SELECT maker, '"' || finding || '" (review of ' || date || ', ' || source_file || ':' || source_line || ')', source_file || source_line
    FROM known WHERE age = 1 AND grade IN ('high', 'medium') AND state <> 'fixed'
),
sums AS (
    SELECT l.vendor, l.at, c.citation, coalesce(k.devices, 0) AS devices, coalesce(k.inspected, 0) AS inspected, coalesce(k.in_part, 0) AS in_part,
           (SELECT count(*) FROM standing WHERE maker IS NULL) AS blank,
           (SELECT count(*) FROM evidence e WHERE e.maker = l.maker) AS findings,
           (SELECT min(what) FROM evidence e WHERE e.maker = l.maker) AS first,
           EXISTS (SELECT 1 FROM imported_tables WHERE name = 'reviews') AS reviews
    FROM listed l JOIN cited c ON c.maker = l.maker LEFT JOIN looked k ON k.maker = l.maker
)
-- Nobody is listed: that matters here only when there is no such list at all.
SELECT 'network' AS subject, verdict, reason FROM nobody WHERE verdict <> 'met'
UNION ALL
SELECT vendor AS subject,
       CASE WHEN findings > 0 AND citation IS NOT NULL THEN 'met' WHEN findings > 0 THEN 'inconclusive'
            WHEN devices > 0 AND inspected = devices AND blank = 0 AND reviews THEN 'breached' ELSE 'inconclusive' END AS verdict,
       CASE WHEN findings > 0 AND citation IS NOT NULL THEN 'Listed by "' || citation || '" (' || at || '), and the case holds '
                 || findings || ' finding' || iif(findings = 1, '', 's') || ' against its products, first ' || first || '.'
            WHEN findings > 0 THEN 'The case holds ' || findings || ' finding' || iif(findings = 1, '', 's') || ' against its products, but the list cites no decision (' || at || ').'
            WHEN devices > 0 AND inspected = devices AND blank = 0 AND reviews THEN 'Listed (' || at || '), but the images of all its devices (' || devices
                 || ') were inspected and the reviews read, and no finding of weight stands against it.'
            ELSE 'No finding of weight is in the case; of its devices (' || devices || '), ' || (devices - inspected) || iif(devices - inspected = 1, ' was', ' were') || ' not inspected in full'
                 || iif(in_part > 0, ' (' || in_part || ' in part)', '')
                 || iif(blank > 0, ', nothing says who made ' || blank || iif(blank = 1, ' more device', ' more devices'), '')
                 || iif(reviews, '', ', no reviews (reviews.csv) were imported') || iif(citation IS NULL, ', and the list cites no decision', '') || ' (' || at || ').' END AS reason
FROM sums
