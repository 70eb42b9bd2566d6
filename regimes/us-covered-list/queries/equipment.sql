-- No device in service of a maker on the covered list, or of one that section 889 names (:of_889).
WITH theirs AS (
    SELECT lower(trim(vendor)) AS maker, min(vendor) AS vendor, min(source_file || ':' || source_line) AS at, max(nullif(trim(citation), '')) AS citation
    FROM designations
    WHERE lower(trim(list)) = lower(trim(iif(:of_889, :list_889, :list))) AND (since IS NULL OR since <= :as_of)
    GROUP BY lower(trim(vendor))
),
named AS (
    SELECT count(*) AS rows FROM designations WHERE lower(trim(list)) = lower(trim(iif(:of_889, :list_889, :list)))
)
SELECT 'network' AS subject, iif(rows > 0, 'met', 'inconclusive') AS verdict,
       iif(rows > 0, 'Nobody stands on the list "' || iif(:of_889, :list_889, :list) || '" as of ' || :as_of || '; ' || rows || ' of its rows begin later.',
           'No vendor stands on a list called "' || iif(:of_889, :list_889, :list) || '" in designations.csv.') AS reason
FROM named WHERE NOT EXISTS (SELECT 1 FROM theirs)
UNION ALL
SELECT d.name, 'breached',
       'Made by ' || trim(d.manufacturer) || ', who is on the list (' || t.at || coalesce(', "' || t.citation || '"', '') || '); it is in use (' || d.at || ').'
FROM theirs t JOIN devices d ON d.maker = t.maker WHERE d.in_service
UNION ALL
SELECT 'network', 'inconclusive', 'Nothing says who made ' || sum(devices) || iif(sum(devices) = 1, ' device', ' devices') || ' in use (the first is ' || min(first) || ').'
FROM tallies WHERE maker IS NULL AND in_service AND EXISTS (SELECT 1 FROM theirs) HAVING count(*) > 0
UNION ALL
SELECT min(trim(manufacturer)), 'met', 'It made ' || sum(devices) || iif(sum(devices) = 1, ' device', ' devices') || ' in use, and is not on the list (the first is ' || min(first) || ').'
FROM tallies WHERE maker IS NOT NULL AND in_service AND maker NOT IN (SELECT maker FROM theirs) AND EXISTS (SELECT 1 FROM theirs) GROUP BY maker
