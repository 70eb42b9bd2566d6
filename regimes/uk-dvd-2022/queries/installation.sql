-- Nothing of a designated vendor is installed in the class :class from the day :from on, or from the day on which the vendor came
-- onto the list. Where :forbids is false, being installed later is no breach by itself; :unsaid is what the model does not hold.
WITH since AS (
    SELECT lower(trim(vendor)) AS maker, max(:from, min(coalesce(since, ''))) AS day FROM designations
    WHERE lower(trim(list)) = lower(trim(:list)) GROUP BY lower(trim(vendor))
),
there AS (
    SELECT c.device, c.verdict, c.what, c.note, c.at AS placed_at, d.name, d.manufacturer, d.listed_as, d.listed_at, d.at, v.installed,
           coalesce(s.day, :from) AS day
    FROM in_class c
    LEFT JOIN standing d ON d.name = c.device
    LEFT JOIN devices v ON v.name = c.device
    LEFT JOIN since s ON s.maker = d.maker
    WHERE c.class = :class
),
coming AS (
    SELECT d.name, d.manufacturer, lower(trim(d.status)) AS status, l.at AS listed_at, d.source_file || ':' || d.source_line AS at,
           group_concat(DISTINCT s.kind || ' ' || s.name) AS what
    FROM devices d
    LEFT JOIN functions f ON f.device = d.name
    JOIN sensitivity s ON s.class = :class
         AND ((s.kind = 'function' AND s.name = upper(trim(f.function))) OR (s.kind = 'role' AND s.name = lower(trim(d.role))))
    JOIN listed l ON l.maker = lower(trim(d.manufacturer))
    WHERE NOT d.in_service AND lower(trim(d.status)) IN ('planned', 'staged')
    GROUP BY d.name
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT device,
       CASE WHEN name IS NULL THEN 'inconclusive' WHEN manufacturer IS NOT NULL AND listed_as IS NULL THEN 'met' WHEN installed < day THEN 'met'
            WHEN manufacturer IS NULL OR installed IS NULL OR NOT :forbids THEN 'inconclusive' ELSE verdict END,
       CASE WHEN name IS NULL THEN 'It has the ' || what || ' (' || placed_at || '), but it is not in the inventory.'
            WHEN manufacturer IS NOT NULL AND listed_as IS NULL THEN 'Made by ' || manufacturer || ', who is not on the list (' || at || ').'
            WHEN installed < day THEN 'Installed on ' || installed || ', before ' || day || ' (' || at || ').'
            WHEN manufacturer IS NULL THEN 'Nothing says who made it (' || at || '); it has the ' || what || ' (' || placed_at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '), with the ' || what
                 || coalesce(', and installed on ' || installed, '; nothing says when it was installed') || ' (' || at || ')'
                 || iif(installed IS NOT NULL AND NOT :forbids, ': ' || :unsaid, '')
                 || iif(verdict = 'inconclusive', coalesce(': ' || note, ''), '') || '.' END
FROM there WHERE EXISTS (SELECT 1 FROM listed)
UNION ALL
SELECT name, 'inconclusive',
       'Made by ' || manufacturer || ', who is on the list (' || listed_at || '), with the ' || replace(what, ',', ', ') || '; it is ' || status
       || ' (' || at || '): the direction may forbid putting it in.'
FROM coming
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
