WITH stations AS (
    SELECT d.name, d.at, c.what FROM standing d JOIN in_class c ON c.device = d.name AND c.class = 'base-station'
),
-- Contracts in force that give a vendor on the list a part in a base station's maintenance.
given AS (
    SELECT s.name, c.contract, c.party, lower(c.access) AS access, c.source_file || ':' || c.source_line AS at
    FROM stations s JOIN contract_devices c ON c.device = s.name JOIN listed l ON l.maker = lower(trim(c.party))
    WHERE (c.since IS NULL OR c.since <= :as_of) AND (c.until IS NULL OR c.until >= :as_of)
)
SELECT 'network' AS subject, 'met' AS verdict, reason FROM nobody
UNION ALL
SELECT name,
       CASE WHEN access = 'direct' THEN 'breached' WHEN access IN ('mediated', 'none') THEN 'met' ELSE 'inconclusive' END,
       CASE WHEN access = 'direct' THEN party || ', who is on the list, maintains it directly by the contract "' || contract || '" (' || at || ').'
            WHEN access = 'mediated' THEN party || ' reaches it through the operator''s mediation point only, by the contract "' || contract || '" (' || at || ').'
            WHEN access = 'none' THEN party || ' gives parts and advice only, by the contract "' || contract || '" (' || at || ').'
            ELSE 'The contract "' || contract || '" with ' || party || ' does not say how the vendor reaches it (' || at || ').' END
FROM given
UNION ALL
SELECT s.name, 'met', 'No contract in force gives a vendor on the list a part in its maintenance (' || s.at || ').'
FROM stations s
WHERE EXISTS (SELECT 1 FROM listed) AND s.name NOT IN (SELECT name FROM given)
