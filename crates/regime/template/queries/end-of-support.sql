-- One SELECT, over the views in docs/regimes.md, that returns a row a subject: what the verdict is about (a device, a vendor,
-- 'network'), the verdict (met, breached, inconclusive, not applicable), and a reason that names what was seen and where.
-- No row at all is "not applicable". :as_of is the day that is asked about.
SELECT name AS subject,
       CASE WHEN support_end IS NULL THEN 'inconclusive'
            WHEN date(support_end, '-' || :notice_months || ' months') < :as_of THEN 'breached'
            ELSE 'met' END AS verdict,
       CASE WHEN support_end IS NULL THEN 'Nothing says until when it is supported'
            ELSE 'Its support ends on ' || support_end END || ' (' || at || ').' AS reason
FROM devices
WHERE in_service
