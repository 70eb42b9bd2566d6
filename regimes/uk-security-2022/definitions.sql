-- What puts a combination of duties into a class, and the classes of each combination: worked out once for all devices that have it.
placing AS (
    SELECT u.duties, s.class, s.verdict, s.note, u.kind || ' ' || u.name AS what
    FROM combination_duties u JOIN sensitivity s ON s.kind = u.kind AND s.name = u.name
    UNION
    SELECT duties, 'security-critical', 'breached', 'lawful intercept', 'part ' || name FROM combination_duties WHERE kind = 'part'
),
classes AS (
    SELECT duties, class, min(verdict) AS verdict, group_concat(what, ', ' ORDER BY what) AS what,
           group_concat(DISTINCT note) FILTER (WHERE verdict = 'inconclusive') AS note
    FROM placing GROUP BY duties, class
),
-- Combinations whose use is not known.
unclear AS (
    SELECT c.duties, CASE WHEN f.names IS NOT NULL THEN 'no class has the ' || f.names
                          ELSE 'nothing says what they do' || coalesce(' (no class has the role ' || r.name || ')', '') END AS unknown
    FROM (SELECT DISTINCT duties FROM combination_duties) c
    LEFT JOIN (SELECT duties, 'function ' || group_concat(name, ', ' ORDER BY name) AS names FROM combination_duties
               WHERE kind = 'function' AND name NOT IN (SELECT name FROM sensitivity WHERE kind = 'function') GROUP BY duties) f ON f.duties = c.duties
    LEFT JOIN combination_duties r ON r.duties = c.duties AND r.kind = 'role'
    WHERE f.duties IS NOT NULL OR c.duties NOT IN (SELECT duties FROM classes)
),
-- What is not known about who belongs to a class; class is NULL where it may be any.
gaps AS (
    SELECT s.class, u.device AS subject, 'It has the ' || group_concat(u.kind || ' ' || u.name, ', ' ORDER BY u.name) || ' (' || min(u.at) || '), but it is not in the inventory.' AS reason
    FROM strangers u JOIN sensitivity s ON s.kind = u.kind AND s.name = u.name GROUP BY s.class, u.device
    UNION ALL
    SELECT NULL, 'network', 'Of ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device ', ' devices ') || u.unknown || ' (the first is ' || min(t.first) || ').'
    FROM unclear u JOIN tallies t ON t.duties = u.duties WHERE t.in_service GROUP BY u.duties, u.unknown
),
-- What is attested of this regime's measures, by the same rule as regimes/attested.sql: of each party the latest statement that is not
-- after the day; one without a last day holds for :attestation_months; parties who contradict each other leave it open.
stated AS (
    SELECT lower(trim(measure)) AS measure, coalesce(nullif(trim(subject), ''), 'network') AS subject, lower(trim(state)) AS state,
           coalesce(until, date(date, '+' || :attestation_months || ' months')) AS until,
           'stated on ' || date || ' by ' || party
               || coalesce(' in "' || nullif(trim(document), '') || '"', ', in no document')
               || coalesce(' (SHA-256 ' || substr(sha256, 1, 12) || ')', iif(nullif(trim(document), '') IS NULL, '', ' (without its hash)'))
               || ', ' || source_file || ':' || source_line AS told,
           row_number() OVER (PARTITION BY lower(trim(measure)), lower(trim(coalesce(subject, ''))), lower(trim(party)) ORDER BY date DESC, source_file, source_line) AS age
    FROM attestations WHERE lower(trim(regime)) = 'uk-security-2022' AND date <= :as_of
),
attested AS (
    SELECT measure, subject, iif(holding = 0 OR states > 1, 'inconclusive', state) AS verdict,
           CASE WHEN holding = 0 THEN 'What was attested held until ' || until || ' at the latest (' || all_told || ').'
                WHEN states > 1 THEN 'The attestations contradict each other (' || held || ').'
                ELSE 'By attestation, not by what was seen: ' || held || '.' END AS reason
    FROM (SELECT measure, subject, count(*) FILTER (WHERE until >= :as_of) AS holding, count(DISTINCT state) FILTER (WHERE until >= :as_of) AS states,
                 min(state) FILTER (WHERE until >= :as_of) AS state,
                 group_concat(state || ': ' || told, '; ' ORDER BY state, told) FILTER (WHERE until >= :as_of) AS held,
                 max(until) AS until, group_concat(state || ': ' || told, '; ' ORDER BY state, told) AS all_told
          FROM stated WHERE age = 1 GROUP BY measure, subject)
),
-- Contracts in force, with what is attested of each.
current AS (
    SELECT name, party, lower(trim(access)) AS access, nullif(trim(through), '') AS through, administrator, logged, nullif(trim(exit_plan), '') AS exit_plan,
           source_file || ':' || source_line AS at
    FROM contracts WHERE (since IS NULL OR since <= :as_of) AND (until IS NULL OR until >= :as_of)
),
-- What each management segment holds.
held AS (
    SELECT segment, maker, duties, count(*) AS devices, min(name) AS first, min(trim(manufacturer)) AS manufacturer
    FROM devices WHERE in_service AND segment IS NOT NULL GROUP BY segment, maker, duties
)
