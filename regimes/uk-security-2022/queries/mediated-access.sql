-- Third-party administrators come through the provider's own mediation points. What a contract allows counts as routine.
WITH exact AS MATERIALIZED (
    SELECT lower(trim(name)) AS name, min(at) AS at FROM devices WHERE in_service AND name IN (SELECT through FROM current) GROUP BY lower(trim(name))
),
-- Names are compared without case; all devices are looked at only where one is not called just so.
points AS MATERIALIZED (
    SELECT name, at FROM exact
    UNION ALL
    SELECT lower(trim(name)), min(at) FROM devices
    WHERE EXISTS (SELECT 1 FROM current WHERE lower(through) NOT IN (SELECT name FROM exact)) AND in_service
      AND lower(trim(name)) IN (SELECT lower(through) FROM current WHERE lower(through) NOT IN (SELECT name FROM exact)) GROUP BY lower(trim(name))
),
-- Who came directly, by contract (NULL: under none that the model has) and party; days: on how many different days.
direct AS MATERIALIZED (
    SELECT contract, party, min(named) AS named, count(*) AS sessions, count(DISTINCT day) AS days, count(DISTINCT device) AS devices,
           min(device) AS device, min(start) AS first, min(origin) AS origin
    FROM came WHERE access = 'direct' GROUP BY contract, party
),
-- Contracts of whose devices all were watched for long enough, and which came through points of the inventory alone.
proven AS MATERIALIZED (
    SELECT c.contract, count(DISTINCT c.device) AS devices, min(w.days) AS days,
           (SELECT count(*) FROM came s WHERE s.contract = c.contract AND s.access = 'mediated') AS sessions
    FROM contract_devices c LEFT JOIN watched_long w ON w.device = c.device
    WHERE EXISTS (SELECT 1 FROM watched_long) AND c.in_service
    GROUP BY c.contract
    HAVING count(*) = count(w.device) AND NOT EXISTS (SELECT 1 FROM direct d WHERE d.contract = c.contract OR d.party IS NULL)
       AND EXISTS (SELECT 1 FROM came s WHERE s.contract = c.contract AND s.access = 'mediated')
       AND NOT EXISTS (SELECT 1 FROM came s WHERE s.contract = c.contract AND s.access = 'mediated'
                       AND NOT EXISTS (SELECT 1 FROM devices p WHERE p.name = s.through AND p.in_service))
),
judged AS (
    SELECT c.*, p.at AS point_at, d.sessions AS seen, d.days AS seen_days, d.devices AS seen_devices, d.device AS seen_device, d.first AS seen_first,
           d.origin AS seen_from, v.devices AS proven, v.days AS proven_days, v.sessions AS proven_sessions, a.verdict AS said, a.reason AS said_by
    FROM current c
    LEFT JOIN points p ON p.name = lower(c.through)
    LEFT JOIN direct d ON d.contract = c.name AND d.party = lower(trim(c.party))
    LEFT JOIN proven v ON v.contract = c.name
    LEFT JOIN attested a ON a.measure = lower(:measure) AND lower(a.subject) IN (lower(c.name), 'contract ' || lower(c.name))
    WHERE coalesce(c.access, '') <> 'none' AND coalesce(c.administrator, 1) = 1
)
SELECT 'contract ' || name AS subject,
       CASE WHEN seen_days >= :routine_days OR (access = 'direct' AND administrator = 1) THEN 'breached' WHEN seen IS NOT NULL THEN 'inconclusive'
            WHEN said IS NOT NULL THEN said
            WHEN access = 'mediated' AND point_at IS NOT NULL THEN 'met'
            WHEN proven IS NOT NULL AND coalesce(access, 'mediated') = 'mediated' THEN 'met' ELSE 'inconclusive' END AS verdict,
       CASE WHEN seen IS NOT NULL THEN party || ' managed equipment directly under it (' || at || '): ' || seen || iif(seen = 1, ' session', ' sessions') || ' on '
                 || seen_days || iif(seen_days = 1, ' day', ' days') || ' with ' || seen_devices || iif(seen_devices = 1, ' device', ' devices')
                 || ' in the records of traffic, the first with ' || seen_device || ' from ' || seen_from || ' on ' || seen_first
                 || iif(seen_days < :routine_days, '; nothing says that this is routine', '') || '.'
            WHEN access = 'direct' AND administrator = 1 THEN party || ' administers equipment by it with direct access (' || at || ').'
            WHEN said IS NOT NULL THEN said_by
            WHEN access = 'mediated' AND point_at IS NOT NULL THEN party || ' comes through ' || through || ', which is in the provider''s inventory (' || point_at || ') (' || at || ').'
            WHEN proven IS NOT NULL AND coalesce(access, 'mediated') = 'mediated' THEN 'In ' || proven_days || ' days of traffic of the ' || proven
                 || iif(proven = 1, ' device', ' devices') || ' that it covers nobody came directly, and ' || proven_sessions
                 || iif(proven_sessions = 1, ' session', ' sessions') || ' of ' || party || ' came through a device of the inventory (' || at || ').'
            WHEN access = 'mediated' AND through IS NOT NULL THEN party || ' comes through ' || through || ', which the inventory does not have: nothing says that the provider owns it (' || at || ').'
            WHEN access = 'mediated' THEN party || ' comes through a mediation point that is not named (' || at || ').'
            WHEN access = 'direct' THEN party || ' has direct access, and nothing says whether it administers equipment (' || at || ').'
            ELSE 'Nothing says how ' || party || ' reaches the network (' || at || ').' END AS reason
FROM judged
UNION ALL
-- Who came directly under no contract in force: parties that ranges of addresses name, and others.
SELECT coalesce('party ' || named, 'device ' || device), CASE WHEN party IS NOT NULL AND days >= :routine_days THEN 'breached' ELSE 'inconclusive' END,
       coalesce(named || ', under no contract that covers the equipment, managed ', 'Somebody whom no range of addresses names managed ')
       || iif(devices = 1, device, devices || ' devices, the first ' || device) || ' directly: ' || sessions || iif(sessions = 1, ' session', ' sessions') || ' on ' || days
       || iif(days = 1, ' day', ' days') || ' in the records of traffic, the first from ' || origin || ' on ' || first
       || iif(party IS NOT NULL AND days < :routine_days, '; nothing says that this is routine', '') || '.'
FROM direct WHERE contract IS NULL OR NOT EXISTS (SELECT 1 FROM current c WHERE c.name = direct.contract AND lower(trim(c.party)) = direct.party)
UNION ALL
SELECT 'contract ' || name, 'met', party || ' has no access by it (' || at || ').' FROM current WHERE access = 'none'
UNION ALL
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND subject = 'network' AND verdict <> 'met'
