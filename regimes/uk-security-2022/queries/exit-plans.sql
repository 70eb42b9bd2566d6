-- Each contract with a third-party administrator has a plan for leaving it.
SELECT 'contract ' || name AS subject,
       CASE WHEN exit_plan IS NOT NULL AND administrator = 1 THEN 'met' ELSE 'inconclusive' END AS verdict,
       CASE WHEN administrator IS NULL THEN 'Nothing says whether ' || party || ' administers equipment by it (' || at || ').'
            WHEN exit_plan IS NULL THEN party || ' administers equipment by it, and it names no plan for leaving it (' || at || ').'
            ELSE party || ' administers equipment by it; the plan for leaving it is "' || exit_plan || '" (' || at || ').' END AS reason
FROM current WHERE (administrator = 1 OR administrator IS NULL) AND NOT (administrator IS NULL AND exit_plan IS NOT NULL)
UNION ALL
SELECT 'network', 'met', 'By no contract in force does somebody administer equipment.'
WHERE NOT EXISTS (SELECT 1 FROM current WHERE administrator = 1 OR administrator IS NULL)
UNION ALL
-- What is attested; what the model does not show is open until somebody attests it of the network.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests as of ' || :as_of || ' ' || :rest || ', which the model does not show.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
