-- Which contracts have third-party administrators is on record, and with :plans whether each has a plan for leaving it. What the
-- model does not show (:rest) has to be attested.
SELECT 'contract ' || name AS subject, iif(administrator = 1 AND (exit_plan IS NOT NULL OR NOT :plans), 'met', 'inconclusive') AS verdict,
       CASE WHEN administrator IS NULL THEN 'Nothing says whether ' || party || ' administers equipment by it (' || at || ').'
            WHEN NOT :plans THEN party || ' administers equipment by it, and stands in the list of contracts (' || at || ').'
            WHEN exit_plan IS NULL THEN party || ' administers equipment by it, and it names no plan for leaving it (' || at || ').'
            ELSE party || ' administers equipment by it; the plan for leaving it is "' || exit_plan || '" (' || at || ').' END AS reason
FROM current WHERE administrator = 1 OR (administrator IS NULL AND (exit_plan IS NULL OR NOT :plans))
UNION ALL
SELECT 'network', 'met', 'By no contract in force does somebody administer equipment.'
WHERE NOT EXISTS (SELECT 1 FROM current WHERE administrator = 1 OR administrator IS NULL)
UNION ALL
-- What is attested; what the model does not show is open until somebody attests it of the network.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests as of ' || :as_of || ' ' || :rest || ', which the model does not show.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
