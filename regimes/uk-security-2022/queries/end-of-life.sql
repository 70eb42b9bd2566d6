-- Equipment in use beyond its maker's support, by type. With :conditions a type needs to meet the conditions for continued use.
WITH sums AS MATERIALIZED (
    SELECT count(*) AS devices, sum(support_end IS NULL) AS unknown, min(name) FILTER (WHERE support_end IS NULL) AS first_unknown,
           sum(support_end < :as_of) AS ended, sum(support_end >= :as_of) AS supported, min(support_end) FILTER (WHERE support_end >= :as_of) AS next
    FROM devices WHERE in_service
),
past AS (
    SELECT d.maker, min(trim(d.manufacturer)) AS manufacturer, nullif(trim(d.device_type), '') AS type, d.support_end, d.duties, count(*) AS devices, min(d.name) AS first
    FROM devices d WHERE (SELECT ended FROM sums) > 0 AND d.support_end < :as_of AND d.in_service GROUP BY d.maker, type, d.support_end, d.duties
),
told AS (
    SELECT p.*, coalesce(p.type, p.first) AS subject, k.what AS edge, k.verdict AS at_edge,
           p.devices || iif(p.devices = 1, ' device is', ' devices are') || ' in use beyond ' || p.support_end || coalesce(', made by ' || p.manufacturer, '')
           || ' (the first is ' || p.first || ', ' || (SELECT min(at) FROM devices WHERE name = p.first) || ')' AS who
    FROM past p LEFT JOIN classes k ON k.duties = p.duties AND k.class = 'exposed-edge'
),
judged AS (
    SELECT t.*, a.verdict AS said, a.reason AS said_by
    FROM told t LEFT JOIN attested a ON a.measure = lower(:measure)
        AND lower(a.subject) = iif(EXISTS (SELECT 1 FROM attested o WHERE o.measure = lower(:measure) AND lower(o.subject) = lower(t.subject)), lower(t.subject), 'network')
)
SELECT subject,
       CASE WHEN :conditions AND at_edge = 'breached' THEN 'breached' WHEN said = 'not applicable' THEN 'met' ELSE coalesce(said, 'inconclusive') END AS verdict,
       who || CASE WHEN :conditions AND at_edge = 'breached' THEN ', at the exposed edge (' || edge || '): its exposure is not minimal.'
                   WHEN said IS NOT NULL THEN '. ' || said_by
                   ELSE '; nobody attests ' || :rest || '.' END AS reason
FROM judged
UNION ALL
SELECT 'network', 'inconclusive', 'Nothing says until when ' || unknown || ' of ' || devices || ' devices are supported (the first is ' || first_unknown || ').'
FROM sums WHERE unknown > 0
UNION ALL
SELECT 'network', 'met', supported || iif(supported = 1, ' device is', ' devices are') || ' supported as of ' || :as_of || '; the first to leave support does on ' || next || '.'
FROM sums WHERE supported > 0
UNION ALL
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND verdict = 'breached'
