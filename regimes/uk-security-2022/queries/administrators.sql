-- Which contracts have third-party administrators is on record; whose people they are has to be attested.
SELECT 'contract ' || name AS subject, 'inconclusive' AS verdict, 'Nothing says whether ' || party || ' administers equipment by it (' || at || ').' AS reason
FROM current WHERE administrator IS NULL
UNION ALL
SELECT 'contract ' || name, 'met', party || ' administers equipment by it, and stands in the list of contracts (' || at || ').' FROM current WHERE administrator = 1
UNION ALL
SELECT 'network', 'met', 'By no contract in force does somebody administer equipment.'
WHERE NOT EXISTS (SELECT 1 FROM current WHERE administrator = 1 OR administrator IS NULL)
UNION ALL
-- What is attested; what the model does not show is open until somebody attests it of the network.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests as of ' || :as_of || ' ' || :rest || ', which the model does not show.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
