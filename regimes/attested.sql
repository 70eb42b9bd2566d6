-- Decides a measure by attestation: what is attested of it, by the rule that stands in definitions/attested.sql.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests it as of ' || :as_of || '.' WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure))
