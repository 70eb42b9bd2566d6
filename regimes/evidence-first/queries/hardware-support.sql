-- No device is in use beyond the day on which its maker's support ends.
WITH sums AS MATERIALIZED (
    SELECT count(*) AS devices, sum(support_end IS NULL) AS unknown, min(name) FILTER (WHERE support_end IS NULL) AS first_unknown,
           sum(support_end < :as_of) AS ended, sum(support_end >= :as_of) AS supported, min(support_end) FILTER (WHERE support_end >= :as_of) AS next
    FROM devices WHERE in_service
)
SELECT name AS subject, 'breached' AS verdict,
       'Its support ended on ' || support_end || coalesce(' (' || nullif(trim(device_type), '') || ')', '') || ', and it is in use (' || at || ').' AS reason
FROM devices WHERE (SELECT ended FROM sums) > 0 AND support_end < :as_of AND in_service
UNION ALL
SELECT 'network', 'inconclusive', 'Nothing says until when ' || unknown || ' of ' || devices || ' devices are supported (the first is ' || first_unknown || ').'
FROM sums WHERE unknown > 0
UNION ALL
SELECT 'network', 'met', 'Support of ' || supported || iif(supported = 1, ' device', ' devices') || ' lasts beyond ' || :as_of || ', or to it; the first to end does on ' || next || '.'
FROM sums WHERE supported > 0
