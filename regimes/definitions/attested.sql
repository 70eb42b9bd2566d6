-- What is attested of the measures of :regime, by measure (in small letters) and subject: what each party last stated, as of
-- :as_of. A statement holds until its day or, where it names none, for :attestation_months months. Parties who contradict each
-- other leave it open.
stated AS (
    SELECT lower(trim(measure)) AS measure, iif(lower(trim(coalesce(subject, ''))) IN ('', 'network'), 'network', trim(subject)) AS subject, lower(trim(state)) AS state,
           coalesce(until, date(date, '+' || :attestation_months || ' months')) AS until,
           'stated on ' || date || ' by ' || party
               || coalesce(' in "' || nullif(trim(document), '') || '"', ', in no document')
               || coalesce(' (SHA-256 ' || substr(sha256, 1, 12) || ')', iif(nullif(trim(document), '') IS NULL, '', ' (without its hash)'))
               || ', ' || source_file || ':' || source_line AS told,
           row_number() OVER (PARTITION BY lower(trim(measure)), coalesce(nullif(lower(trim(subject)), ''), 'network'), lower(trim(party)) ORDER BY date DESC, source_file, source_line) AS age
    FROM attestations WHERE lower(trim(regime)) = lower(:regime) AND date <= :as_of
),
attested AS (
    SELECT measure, subject, iif(holding = 0 OR states > 1, 'inconclusive', state) AS verdict,
           CASE WHEN holding = 0 THEN 'What was attested held until ' || until || ' at the latest (' || all_told || ').'
                WHEN states > 1 THEN 'The attestations contradict each other (' || held || ').'
                ELSE 'By attestation, not by what was seen: ' || held || '.' END AS reason
    FROM (SELECT measure, min(subject) AS subject, count(*) FILTER (WHERE until >= :as_of) AS holding, count(DISTINCT state) FILTER (WHERE until >= :as_of) AS states,
                 min(state) FILTER (WHERE until >= :as_of) AS state,
                 group_concat(state || ': ' || told, '; ' ORDER BY state, told) FILTER (WHERE until >= :as_of) AS held,
                 max(until) AS until, group_concat(state || ': ' || told, '; ' ORDER BY state, told) AS all_told
          FROM stated WHERE age = 1 GROUP BY measure, lower(subject))
)
