-- Base stations, and devices that may be some.
WITH stations AS (
    SELECT d.name, d.at, NULL AS unknown FROM standing d JOIN in_class c ON c.device = d.name AND c.class = 'base-station'
    UNION ALL
    SELECT name, at, unknown FROM unplaced
    WHERE name NOT IN (SELECT device FROM in_class WHERE class = 'base-station')
),
-- Contracts in force with a vendor on the list.
theirs AS (
    SELECT c.name AS contract, c.party, lower(trim(c.access)) AS access, c.scope_kind, c.scope, c.source_file || ':' || c.source_line AS at
    FROM contracts c JOIN listed l ON l.maker = lower(trim(c.party))
    WHERE (c.since IS NULL OR c.since <= :as_of) AND (c.until IS NULL OR c.until >= :as_of)
),
given AS (
    SELECT s.name, s.unknown, c.contract, c.party, lower(trim(c.access)) AS access, c.source_file || ':' || c.source_line AS at
    FROM stations s JOIN contract_devices c ON c.device = s.name JOIN listed l ON l.maker = lower(trim(c.party))
    WHERE (c.since IS NULL OR c.since <= :as_of) AND (c.until IS NULL OR c.until >= :as_of)
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT name,
       CASE WHEN access IN ('mediated', 'none') THEN 'met' WHEN access = 'direct' AND unknown IS NULL THEN 'breached' ELSE 'inconclusive' END,
       CASE WHEN access = 'direct' THEN party || ', who is on the list, maintains it directly by the contract "' || contract || '" (' || at || ')'
                 || coalesce('; whether it is a base station is not known: ' || unknown, '') || '.'
            WHEN access = 'mediated' THEN party || ' reaches it through the operator''s mediation point only, by the contract "' || contract || '" (' || at || ').'
            WHEN access = 'none' THEN party || ' gives parts and advice only, by the contract "' || contract || '" (' || at || ').'
            ELSE 'The contract "' || contract || '" with ' || party || ' does not say how the vendor reaches it (' || at || ').' END
FROM given
UNION ALL
-- A contract that covers nothing in the inventory covers something else than it says.
SELECT 'contract ' || contract, 'inconclusive',
       party || ', who is on the list, has ' || iif(access = 'direct', 'direct access', 'access of a kind that is not stated')
       || ' by it, and its scope (' || scope_kind || ' "' || scope || '") matches no device of the inventory (' || at || ').'
FROM theirs
WHERE (access IS NULL OR access NOT IN ('mediated', 'none'))
  AND NOT EXISTS (SELECT 1 FROM contract_devices d WHERE d.contract = theirs.contract AND d.source_file || ':' || d.source_line = theirs.at)
UNION ALL
SELECT s.name, 'met', 'No contract in force gives a vendor on the list a part in its maintenance (' || s.at || ').'
FROM stations s
WHERE EXISTS (SELECT 1 FROM listed) AND s.unknown IS NULL AND s.name NOT IN (SELECT name FROM given)
