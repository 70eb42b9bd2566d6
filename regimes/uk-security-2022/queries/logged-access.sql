-- All access of third-party administrators is logged; that it is recorded too has to be attested.
SELECT 'contract ' || name AS subject,
       CASE WHEN administrator = 1 AND logged = 0 THEN 'breached' WHEN logged = 1 THEN 'met' ELSE 'inconclusive' END AS verdict,
       CASE WHEN logged = 1 THEN 'Access of ' || party || ' is logged (' || at || ').'
            WHEN administrator IS NULL THEN 'Access of ' || party || iif(logged = 0, ' is not logged', ' may not be logged') || ', and nothing says whether it administers equipment (' || at || ').'
            WHEN logged = 0 THEN 'Access of ' || party || ', who administers equipment, is not logged (' || at || ').'
            ELSE 'Nothing says whether access of ' || party || ', who administers equipment, is logged (' || at || ').' END AS reason
FROM current WHERE coalesce(access, '') <> 'none' AND coalesce(administrator, 1) = 1
UNION ALL
SELECT 'contract ' || name, 'met', party || ' has no access by it (' || at || ').' FROM current WHERE access = 'none'
UNION ALL
-- Access that traffic shows, and that passed no point which could log it.
SELECT 'party ' || min(named), 'inconclusive', min(named) || ' managed ' || iif(count(DISTINCT device) = 1, min(device), count(DISTINCT device) || ' devices, the first ' || min(device))
       || ' without passing a mediation point: ' || count(*) || iif(count(*) = 1, ' session', ' sessions') || ' in the records of traffic, the first on ' || min(start)
       || '; whether the log has them is not known.'
FROM came WHERE access = 'direct' AND party IS NOT NULL GROUP BY party
UNION ALL
-- What is attested; what the model does not show is open until somebody attests it of the network.
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure)
UNION ALL
SELECT 'network', 'inconclusive', 'Nobody attests as of ' || :as_of || ' ' || :rest || ', which the model does not show.'
WHERE NOT EXISTS (SELECT 1 FROM attested WHERE measure = lower(:measure) AND subject = 'network')
