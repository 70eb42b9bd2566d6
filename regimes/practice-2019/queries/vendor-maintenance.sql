-- Contracts in force with a vendor on the list.
WITH theirs AS (
    SELECT c.name AS contract, c.party, lower(trim(c.access)) AS access, c.scope_kind, c.scope, c.source_file || ':' || c.source_line AS at
    FROM contracts c JOIN listed l ON l.maker = lower(trim(c.party))
    WHERE EXISTS (SELECT 1 FROM terms t WHERE t.since IS c.since AND t.until IS c.until)
),
-- Combinations of base stations, and of devices that may be some.
stations AS MATERIALIZED (
    SELECT duties, NULL AS unknown FROM classes WHERE class = 'base-station'
    UNION ALL
    SELECT duties, unknown FROM unclear WHERE duties NOT IN (SELECT duties FROM classes WHERE class = 'base-station')
),
-- Direct sessions that traffic shows with base stations, or devices that may be some; few devices have any.
direct AS (
    SELECT s.device AS name, k.unknown, min(s.named) AS named, l.maker IS NOT NULL AS is_listed, count(*) AS sessions,
           min(s.start) AS first, min(s.origin) AS origin, min(s.protocol) AS protocol
    FROM came s CROSS JOIN devices d ON d.name = s.device CROSS JOIN stations k ON k.duties = d.duties LEFT JOIN listed l ON l.maker = s.party
    WHERE s.access = 'direct' AND d.in_service AND (l.maker IS NOT NULL OR s.party IS NULL) AND (SELECT count(*) FROM listed) > 0
    GROUP BY s.device, k.unknown, s.party
),
-- Base stations among what these contracts cover, and devices that may be some; days: for how long traffic shows that nobody comes directly.
given AS MATERIALIZED (
    SELECT c.device AS name, k.unknown, c.contract, c.party, lower(trim(c.access)) AS access, c.source_file || ':' || c.source_line AS at,
           (SELECT w.days FROM watched_long w WHERE w.device = c.device
            AND NOT EXISTS (SELECT 1 FROM came s WHERE s.device = c.device AND s.access = 'direct' AND (s.party IS NULL OR s.party IN (SELECT maker FROM listed)))) AS days
    FROM contract_devices c CROSS JOIN stations k ON k.duties = c.duties
    WHERE c.party IN (SELECT party FROM theirs) AND EXISTS (SELECT 1 FROM terms t WHERE t.since IS c.since AND t.until IS c.until) AND c.in_service
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
-- Sessions that were seen: a device and party each.
SELECT name, CASE WHEN is_listed AND unknown IS NULL THEN 'breached' ELSE 'inconclusive' END,
       CASE WHEN is_listed THEN named || ', who is on the list, managed it directly: ' ELSE 'Somebody whom no range of addresses names managed it directly: ' END
       || sessions || iif(sessions = 1, ' session', ' sessions') || ' in the records of traffic, the first by ' || protocol || ' from ' || origin || ' on ' || first
       || coalesce('; whether it is a base station is not known: ' || unknown, '') || '.'
FROM direct
UNION ALL
-- Access that is, or may be, direct: a device each. Where the contract does not say, traffic can.
SELECT name,
       CASE WHEN unknown IS NULL AND access = 'direct' THEN 'breached' WHEN unknown IS NULL AND days IS NOT NULL THEN 'met' ELSE 'inconclusive' END,
       CASE WHEN access = 'direct' THEN party || ', who is on the list, maintains it directly by the contract "' || contract || '" (' || at || ')'
                 || coalesce('; whether it is a base station is not known: ' || unknown, '') || '.'
            ELSE 'The contract "' || contract || '" with ' || party || ' does not say how the vendor reaches it (' || at || ')'
                 || coalesce('; in ' || days || ' days of traffic nobody managed it directly', '') || '.' END
FROM given WHERE coalesce(access, '') NOT IN ('mediated', 'none')
UNION ALL
-- A contract that covers nothing in the inventory covers something else than it says.
SELECT 'contract ' || contract, 'inconclusive',
       party || ', who is on the list, has ' || iif(access = 'direct', 'direct access', 'access of a kind that is not stated')
       || ' by it, and its scope (' || scope_kind || ' "' || scope || '") matches no device of the inventory (' || at || ').'
FROM theirs
WHERE (access IS NULL OR access NOT IN ('mediated', 'none'))
  -- Most cover base stations, which are known here.
  AND CASE WHEN at IN (SELECT at FROM given) THEN 0
           ELSE NOT EXISTS (SELECT 1 FROM contract_devices d WHERE d.contract = theirs.contract AND d.source_file || ':' || d.source_line = theirs.at) END
UNION ALL
-- Access through the operator's mediation point, or none: a contract each.
SELECT 'contract ' || contract, 'met',
       party || iif(access = 'mediated', ' reaches ' || count(*) || ' of the base stations through the operator''s mediation point only',
                    ' gives parts and advice only for ' || count(*) || ' of the base stations')
       || ', by this contract (' || at || ').'
FROM given WHERE access IN ('mediated', 'none') GROUP BY contract, party, access, at
UNION ALL
SELECT 'network', 'met', 'For ' || (stations - known) || ' of ' || stations || ' base stations no contract in force gives a vendor on the list a part in their maintenance.'
FROM (SELECT coalesce(sum(t.devices), 0) AS stations, (SELECT count(DISTINCT name) FROM given WHERE unknown IS NULL) AS known
      FROM tallies t JOIN classes k ON k.duties = t.duties AND k.class = 'base-station' WHERE t.in_service)
WHERE EXISTS (SELECT 1 FROM listed) AND stations > known
