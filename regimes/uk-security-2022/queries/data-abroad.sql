-- Devices abroad that hold the data of subscribers, or the network's oversight: somebody at board level has signed it off, or it is open.
WITH holdings AS (
    SELECT duties, 'function ' || name AS what, 1 AS data, NULL AS note FROM combination_duties WHERE kind = 'function' AND name IN ('UDM', 'UDR', 'HSS', 'HLR', 'AUC')
    UNION ALL
    SELECT duties, what, 0, note FROM classes WHERE class = 'oversight'
),
held AS MATERIALIZED (
    SELECT duties, max(data) AS data, min(data) AS only_data, group_concat(what, ', ' ORDER BY what) AS what, max(note) AS note FROM holdings GROUP BY duties
),
devices_of AS MATERIALIZED (
    SELECT d.name, d.site, nullif(trim(d.country), '') AS country, d.at, h.data, h.only_data, h.what, h.note,
           instr('|' || lower(:home_country) || '|', '|' || lower(trim(d.country)) || '|') > 0 AS home
    FROM held h CROSS JOIN devices d ON d.duties = h.duties WHERE d.in_service
),
-- Devices abroad, or of which nothing says where they stand, whose use is not known.
unknown AS (
    SELECT u.unknown_of_many, count(*) AS devices, min(d.name) AS first
    FROM unclear u CROSS JOIN devices d ON d.duties = u.duties
    WHERE d.in_service AND u.duties NOT IN (SELECT duties FROM held)
      AND coalesce(instr('|' || lower(:home_country) || '|', '|' || lower(nullif(trim(d.country), '')) || '|'), 0) = 0
    GROUP BY u.unknown_of_many
),
base AS (SELECT sum(subscribers) AS subscribers, count(*) - count(subscribers) AS blank FROM sites),
judged AS (
    SELECT d.*, b.subscribers, b.blank, a.verdict AS said, a.reason AS said_by,
           d.only_data AND b.blank = 0 AND coalesce(b.subscribers, 0) <= :subscribers_abroad AS few
    FROM devices_of d CROSS JOIN base b
    LEFT JOIN attested a ON a.measure = lower(:measure)
        AND lower(a.subject) = iif(EXISTS (SELECT 1 FROM attested o WHERE o.measure = lower(:measure) AND lower(o.subject) = lower(d.name)), lower(d.name), 'network')
    WHERE d.country IS NULL OR NOT d.home
)
SELECT name AS subject,
       CASE WHEN country IS NOT NULL AND few THEN 'not applicable' WHEN said = 'not applicable' THEN 'met' ELSE coalesce(said, 'inconclusive') END AS verdict,
       'It has the ' || what || ', and ' || iif(country IS NULL, 'nothing says in which country ' || coalesce('its site ' || site, 'it') || ' stands', 'stands in ' || country || coalesce(' at ' || site, ''))
       || ' (' || at || ')' || coalesce(': ' || note, '')
       || CASE WHEN country IS NOT NULL AND few THEN '; the network has ' || coalesce(subscribers, 0) || ' subscribers, not more than ' || :subscribers_abroad || '.'
               WHEN said IS NOT NULL THEN '. ' || said_by
               WHEN country IS NULL THEN '.'
               WHEN data AND blank > 0 THEN '; of ' || blank || ' sites nothing says how many subscribers they have, and nobody attests that the decision was signed off.'
               WHEN data THEN '; the network has ' || subscribers || ' subscribers, and nobody attests that the decision was signed off.'
               ELSE '; nobody attests that the decision was signed off.' END AS reason
FROM judged
UNION ALL
SELECT 'network', 'met', count(*) || iif(count(*) = 1, ' device', ' devices') || ' with subscribers'' data or oversight stand in the home country (the first is ' || min(name) || ').'
FROM devices_of WHERE home HAVING count(*) > 0
UNION ALL
SELECT device, 'inconclusive', 'It has the function ' || name || ' (' || at || '), but it is not in the inventory.' FROM strangers
WHERE kind = 'function' AND name IN ('UDM', 'UDR', 'HSS', 'HLR', 'AUC')
UNION ALL
SELECT device, 'inconclusive', 'It has the ' || what || ' (' || at || '), but it is not in the inventory.' FROM strange WHERE class = 'oversight'
UNION ALL
SELECT 'network', 'inconclusive', 'Of ' || devices || iif(devices = 1, ' device', ' devices') || ' of which nothing says that ' || iif(devices = 1, 'it stands', 'they stand')
       || ' in the home country, ' || unknown_of_many || ' (the first is ' || first || ').'
FROM unknown WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network' AND verdict IN ('met', 'not applicable'))
UNION ALL
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND verdict = 'breached'
