-- Devices abroad that hold the data of subscribers, or the network's oversight: somebody at board level has signed it off, or it is open.
WITH theirs AS (
    SELECT d.name, d.site, nullif(trim(d.country), '') AS country, d.at, u.name AS function, u.name IN ('UDM', 'UDR', 'HSS', 'HLR', 'AUC') AS data,
           instr('|' || lower(:home_country) || '|', '|' || lower(trim(d.country)) || '|') > 0 AS home
    FROM combination_duties u CROSS JOIN devices d ON d.duties = u.duties
    WHERE u.kind = 'function' AND d.in_service
      AND (u.name IN ('UDM', 'UDR', 'HSS', 'HLR', 'AUC') OR u.duties IN (SELECT duties FROM classes WHERE class = 'oversight' AND verdict = 'breached'))
),
devices_of AS (
    SELECT name, site, country, at, home, max(data) AS data, min(data) AS only_data, group_concat(function, ', ' ORDER BY function) AS functions FROM theirs GROUP BY name
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
       'It has the functions ' || functions || ', and ' || iif(country IS NULL, 'nothing says in which country ' || coalesce('its site ' || site, 'it') || ' stands', 'stands in ' || country || coalesce(' at ' || site, ''))
       || ' (' || at || ')'
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
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND verdict = 'breached'
