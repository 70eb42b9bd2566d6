WITH present AS (SELECT maker, count(*) AS devices FROM standing WHERE listed_as IS NOT NULL GROUP BY maker),
-- The latest word on each finding: a finding stands until a later review says that it is fixed.
known AS (
    SELECT lower(trim(vendor)) AS maker, date, finding, lower(grade) AS grade, lower(state) AS state,
           source_file || ':' || source_line AS at,
           row_number() OVER (PARTITION BY lower(trim(vendor)), product, finding ORDER BY date DESC, source_line DESC) AS age
    FROM reviews WHERE date <= :as_of
),
latest AS (SELECT maker, max(date) AS date FROM known GROUP BY maker),
weighty AS (SELECT * FROM known WHERE age = 1 AND grade IN ('high', 'medium') AND coalesce(state, '') <> 'fixed'),
sums AS (
    SELECT l.vendor, p.devices, r.date, (SELECT count(*) FROM standing WHERE maker IS NULL) AS blank,
           (SELECT count(*) FROM weighty w WHERE w.maker = l.maker AND w.state IS NOT NULL) AS open,
           (SELECT count(*) FROM weighty w WHERE w.maker = l.maker AND w.state IS NULL) AS unstated,
           (SELECT group_concat('"' || finding || '" (' || grade || ', ' || coalesce(state, 'state not stated') || ', ' || at || ')', ', ' ORDER BY finding, at)
            FROM weighty w WHERE w.maker = l.maker) AS findings
    FROM listed l LEFT JOIN present p ON p.maker = l.maker LEFT JOIN latest r ON r.maker = l.maker
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT vendor,
       CASE WHEN devices IS NULL AND blank > 0 THEN 'inconclusive' WHEN devices IS NULL THEN 'not applicable' WHEN open > 0 THEN 'breached' WHEN date IS NULL THEN 'inconclusive'
            WHEN date < date(:as_of, '-' || :review_months || ' months') OR unstated > 0 THEN 'inconclusive' ELSE 'met' END,
       CASE WHEN devices IS NULL AND blank > 0 THEN 'No device of this vendor stands in the inventory, but nothing says who made ' || blank
                 || ' of its devices.'
            WHEN devices IS NULL THEN 'No device of this vendor stands in the inventory.'
            WHEN open > 0 THEN 'Findings of medium or high grade are not fixed: ' || findings || '.'
            WHEN date IS NULL THEN 'No review of this vendor is on record; ' || devices || iif(devices = 1, ' of its devices stands', ' of its devices stand') || ' in the network.'
            WHEN date < date(:as_of, '-' || :review_months || ' months') THEN 'The latest review on record is of ' || date || ', more than '
                 || :review_months || ' months before ' || :as_of || ': one was missed, or is not in the table.'
            WHEN unstated > 0 THEN 'Nothing says whether findings of medium or high grade are fixed: ' || findings || '.'
            ELSE 'Reviewed on ' || date || '; no finding of medium or high grade is open.' END
FROM sums
