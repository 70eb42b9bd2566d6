-- Decides a measure by attestation: what is attested of it, by the rule that stands in definitions/attested.sql. What is stated of
-- one subject can breach it; that it is met, or does not apply, somebody has to state of the network as a whole.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure)
UNION ALL
SELECT 'network', 'inconclusive',
       iif(EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure)), 'Of the network as a whole nobody attests it as of ', 'Nobody attests it as of ') || :as_of || '.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
