-- Critical components are certified: an attestation says so of the device type or, where none does, of its maker. A component is
-- what a device of the class :class is; those installed before the day are asked too, for the text as we have it names no exception.
WITH stated AS (
    SELECT lower(trim(subject)) AS subject, lower(trim(state)) AS state, coalesce(until, date(date, '+' || :attestation_months || ' months')) AS until,
           'stated on ' || date || ' by ' || party || coalesce(' in "' || nullif(trim(document), '') || '"', ', in no document') || ', ' || source_file || ':' || source_line AS told,
           row_number() OVER (PARTITION BY lower(trim(subject)), lower(trim(party)) ORDER BY date DESC, source_file, source_line) AS age
    FROM attestations
    WHERE lower(trim(regime)) = 'de-2024' AND lower(trim(measure)) = 'certified-components' AND date <= :as_of AND trim(subject) <> ''
),
words AS (
    SELECT subject, count(*) FILTER (WHERE until >= :as_of) AS holding, count(DISTINCT state) FILTER (WHERE until >= :as_of) AS states,
           min(state) FILTER (WHERE until >= :as_of) AS state, group_concat(state || ': ' || told, '; ' ORDER BY state, told) AS told
    FROM stated WHERE age = 1 GROUP BY subject
),
-- What is surely critical by type; what may be, by maker.
parts AS (
    SELECT d.maker, nullif(trim(d.device_type), '') AS type, min(trim(d.manufacturer)) AS manufacturer, 'breached' AS verdict, NULL AS note,
           count(*) AS devices, min(d.name) AS first, min(k.what) AS what
    FROM classes k CROSS JOIN devices d ON d.duties = k.duties
    WHERE k.class = :class AND k.verdict = 'breached' AND d.in_service GROUP BY d.maker, type
    UNION ALL
    SELECT t.maker, NULL, min(trim(t.manufacturer)), 'inconclusive', min(k.note), sum(t.devices), min(t.first), min(k.what)
    FROM classes k JOIN tallies t ON t.duties = k.duties
    WHERE k.class = :class AND k.verdict = 'inconclusive' AND t.in_service GROUP BY t.maker
),
-- Types that several makers call so: an attestation of one is of no other's, so it has to name the maker too.
named AS (
    SELECT lower(type) AS type, coalesce(maker, '') AS maker FROM parts WHERE type IS NOT NULL
    UNION
    SELECT lower(trim(model)), coalesce(lower(trim(manufacturer)), '') FROM device_types
),
shared AS (SELECT type FROM named GROUP BY type HAVING count(*) > 1),
asked AS (
    SELECT p.*, lower(p.type) IN (SELECT type FROM shared) AS ambiguous, lower(p.type) IN (SELECT subject FROM words) AS by_type,
           p.maker || ' ' || lower(p.type) IN (SELECT subject FROM words) AS by_both
    FROM parts p
),
judged AS (
    SELECT p.*, w.holding, w.states, w.state, w.told,
           coalesce(iif(ambiguous, p.manufacturer || ' ' || p.type, p.type), p.type, p.manufacturer || ', type not stated', 'devices of which nothing says what they are') AS subject,
           devices || iif(devices = 1, ' device', ' devices') || ' (the first is ' || first || ', ' || (SELECT min(at) FROM devices WHERE name = first) || ') with the ' || what AS who
    FROM asked p LEFT JOIN words w ON w.subject = CASE WHEN by_both THEN p.maker || ' ' || lower(p.type) WHEN by_type AND NOT ambiguous THEN lower(p.type) ELSE p.maker END
)
SELECT subject,
       CASE WHEN holding > 0 AND states = 1 AND (state <> 'breached' OR verdict = 'breached') THEN state ELSE 'inconclusive' END AS verdict,
       CASE WHEN holding > 0 AND states = 1 THEN 'By attestation, not by what was seen, for ' || who || ': ' || told || iif(verdict = 'inconclusive', '; ' || note, '') || '.'
            WHEN holding > 0 THEN 'The attestations contradict each other for ' || who || ' (' || told || ').'
            WHEN told IS NOT NULL THEN 'What was attested holds no longer for ' || who || ' (' || told || ').'
            WHEN by_type AND ambiguous THEN 'What is attested of "' || type || '" does not say whose it is, for several makers have a type of that name; nobody attests a certificate of "'
                 || coalesce(manufacturer || ' ', '') || type || '", for ' || who || '.'
            ELSE 'Nobody attests a certificate for ' || who || iif(verdict = 'inconclusive', ': ' || note, '') || '.' END AS reason
FROM judged
UNION ALL
SELECT device, 'inconclusive', 'It has the ' || what || ' (' || at || '), but it is not in the inventory.' FROM strange WHERE class = :class
UNION ALL
SELECT 'network', 'inconclusive', 'Of ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device: ', ' devices: ') || u.unknown || ' (the first is ' || min(t.first) || ').'
FROM unclear u JOIN tallies t ON t.duties = u.duties WHERE t.in_service GROUP BY u.duties, u.unknown
