-- The engineering of every maker with devices in use is reviewed, whoever it is, and no finding of weight stands open.
WITH present AS (
    SELECT maker, min(trim(manufacturer)) AS manufacturer, sum(devices) AS devices, min(first) AS first
    FROM tallies WHERE in_service GROUP BY maker
),
-- The latest word on each finding: it stands until a later review says that it is fixed.
known AS (
    SELECT lower(trim(vendor)) AS maker, nullif(trim(product), '') AS product, date, finding, lower(grade) AS grade, lower(state) AS state,
           source_file || ':' || source_line AS at, min(date) OVER (PARTITION BY lower(trim(vendor)), product, finding) AS begun,
           row_number() OVER (PARTITION BY lower(trim(vendor)), product, finding ORDER BY date DESC, source_line DESC) AS age
    FROM reviews WHERE date <= :as_of
),
latest AS (SELECT maker, max(date) AS date, min(date) AS earliest FROM known GROUP BY maker),
weighty AS (
    SELECT k.*, k.begun = l.date AND l.earliest < l.date AS fresh,
           k.product IS NULL OR EXISTS (
               SELECT 1 FROM devices d
               WHERE d.maker = k.maker AND d.in_service
                 AND lower(k.product) IN (lower(d.device_type), lower(d.platform), lower(d.platform || ' ' || d.software))) AS used
    FROM known k JOIN latest l ON l.maker = k.maker
    WHERE k.age = 1 AND k.grade IN ('high', 'medium') AND coalesce(k.state, '') <> 'fixed'
),
told AS (
    SELECT maker, sum(used AND state IS NOT NULL) AS open, count(*) AS findings,
           group_concat('"' || finding || '" (' || grade || ', ' || coalesce(state, 'state not stated') || iif(fresh, ', new since the last review', '')
               || coalesce(', ' || product || iif(used, '', ', which no device in use is called'), '') || ', ' || at || ')', ', ' ORDER BY used DESC, finding, at) AS names
    FROM weighty GROUP BY maker
)
SELECT p.manufacturer AS subject,
       CASE WHEN t.open > 0 THEN 'breached' WHEN t.findings > 0 OR l.date IS NULL OR l.date < date(:as_of, '-' || :review_months || ' months') THEN 'inconclusive'
            ELSE 'met' END AS verdict,
       CASE WHEN t.open > 0 THEN 'Findings of medium or high grade are not fixed: ' || t.names || '.'
            WHEN t.findings > 0 THEN 'Whether findings of medium or high grade stand open in what is used is not known: ' || t.names || '.'
            WHEN l.date IS NULL THEN 'No review of it is on record; ' || p.devices || iif(p.devices = 1, ' of its devices is', ' of its devices are') || ' in use (the first is ' || p.first || ').'
            WHEN l.date < date(:as_of, '-' || :review_months || ' months') THEN 'The latest review on record is of ' || l.date || ', more than ' || :review_months
                 || ' months before ' || :as_of || '.'
            ELSE 'Reviewed on ' || l.date || '; no finding of medium or high grade is open.' END AS reason
FROM present p LEFT JOIN latest l ON l.maker = p.maker LEFT JOIN told t ON t.maker = p.maker
WHERE p.maker IS NOT NULL
UNION ALL
SELECT 'network', 'inconclusive', 'Nothing says who made ' || devices || iif(devices = 1, ' device', ' devices') || ' in use (the first is ' || first || ').'
FROM present WHERE maker IS NULL
