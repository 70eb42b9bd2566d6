-- What each contract with a third-party administrator has to demand (:rest): no model shows it, so it is attested, of each contract
-- or of the network. Which contracts are asked about is on record.
WITH judged AS (
    SELECT c.*, a.verdict AS said, a.reason AS said_by
    FROM current c LEFT JOIN attested a ON a.measure = lower(:measure)
        AND lower(a.subject) = iif(EXISTS (SELECT 1 FROM attested o WHERE o.measure = lower(:measure) AND lower(o.subject) = 'contract ' || lower(c.name)), 'contract ' || lower(c.name), 'network')
    WHERE coalesce(c.administrator, 1) = 1
)
SELECT 'contract ' || name AS subject, coalesce(said, 'inconclusive') AS verdict,
       iif(administrator = 1, party || ' administers equipment by it', 'Nothing says whether ' || party || ' administers equipment by it') || ' (' || at || '). '
       || coalesce(said_by, 'Nobody attests as of ' || :as_of || ' ' || :rest || '.') AS reason
FROM judged
UNION ALL
SELECT 'network', 'met', 'By no contract in force does somebody administer equipment.'
WHERE EXISTS (SELECT 1 FROM current) AND NOT EXISTS (SELECT 1 FROM judged)
UNION ALL
SELECT subject, verdict, reason FROM attested WHERE measure = lower(:measure) AND verdict = 'breached' AND lower(subject) NOT IN (SELECT 'contract ' || lower(name) FROM judged)
