-- No transmission equipment of a designated vendor carries high rates within the core or between operators.
WITH carried AS (
    SELECT device, count(*) AS links, sum(rate IS NULL) AS unstated, max(rate) AS fastest
    FROM (
        SELECT a_device AS device, capacity_mbps AS rate FROM links
        UNION ALL
        SELECT b_device, capacity_mbps FROM links
    ) GROUP BY device
),
theirs AS (
    SELECT c.*,
           coalesce(k.links > 0 AND k.unstated = 0 AND k.fastest < :high_rate_mbps, 0) AS slow, k.fastest,
           rtrim(rtrim(printf('%.3f', k.fastest), '0'), '.') || ' Mbit/s' AS rate
    FROM members c LEFT JOIN carried k ON k.device = c.device
    WHERE c.class = 'transmission'
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT device,
       CASE WHEN name IS NOT NULL AND slow THEN 'met'
            WHEN manufacturer IS NULL THEN 'inconclusive' WHEN fastest >= :high_rate_mbps THEN verdict ELSE 'inconclusive' END,
       CASE WHEN name IS NULL THEN 'It has the ' || what || ' (' || placed_at || '), but it is not in the inventory.'
            WHEN slow THEN 'Its fastest link has ' || rate || ', which is not a high rate (from ' || :high_rate_mbps || ' Mbit/s on) (' || at || ').'
            WHEN manufacturer IS NULL THEN 'Nothing says who made it (' || at || '); it has the ' || what || ' (' || placed_at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '); it has the ' || what || ' (' || placed_at || ')'
                 || CASE WHEN fastest >= :high_rate_mbps THEN ', with a link of ' || rate
                         ELSE ', and nothing says how fast each of its links is' END
                 || iif(verdict = 'inconclusive', coalesce(': ' || note, ''), '') || '.' END
FROM theirs
UNION ALL
SELECT manufacturer, 'met', told FROM unlisted WHERE class = 'transmission'
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
