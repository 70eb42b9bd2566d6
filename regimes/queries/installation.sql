-- Nothing of a vendor on the list is installed in the class :class from the day :from on, or from the day on which the vendor came
-- onto the list. Where :forbids is false, being installed later is no breach by itself; :unsaid is what the model does not hold,
-- :coming what is said of equipment that is planned.
WITH since AS (
    SELECT lower(trim(vendor)) AS maker, max(:from, min(coalesce(since, ''))) AS day FROM designations
    WHERE lower(trim(list)) = lower(trim(:list)) GROUP BY lower(trim(vendor))
),
there AS (
    SELECT c.*, coalesce(s.day, :from) AS day
    FROM members c LEFT JOIN since s ON s.maker = c.maker
    WHERE c.class = :class
),
coming AS (
    SELECT d.name, d.manufacturer, lower(trim(d.status)) AS status, l.at AS listed_at, d.at, k.what
    FROM listed l JOIN devices d ON d.maker = l.maker JOIN classes k ON k.duties = d.duties AND k.class = :class
    WHERE NOT d.in_service AND lower(trim(d.status)) IN ('planned', 'staged')
)
SELECT 'network' AS subject, verdict, reason FROM nobody
UNION ALL
SELECT device,
       CASE WHEN name IS NULL THEN 'inconclusive' WHEN installed < day THEN 'met'
            WHEN manufacturer IS NULL OR installed IS NULL OR NOT :forbids THEN 'inconclusive' ELSE verdict END,
       CASE WHEN name IS NULL THEN 'It has the ' || what || ' (' || placed_at || '), but it is not in the inventory.'
            WHEN installed < day THEN 'Installed on ' || installed || ', before ' || day || ' (' || at || ').'
            WHEN manufacturer IS NULL THEN 'Nothing says who made it (' || at || '); it has the ' || what || ' (' || placed_at || ').'
            ELSE 'Made by ' || manufacturer || ', who is on the list (' || listed_at || '), with the ' || what
                 || coalesce(', and installed on ' || installed, '; nothing says when it was installed') || ' (' || at || ')'
                 || iif(installed IS NOT NULL AND NOT :forbids, ': ' || :unsaid, '')
                 || iif(verdict = 'inconclusive', coalesce(': ' || note, ''), '') || '.' END
FROM there
UNION ALL
SELECT manufacturer, 'met', told FROM unlisted WHERE class = :class
UNION ALL
SELECT name, 'inconclusive',
       'Made by ' || manufacturer || ', who is on the list (' || listed_at || '), with the ' || what || '; it is ' || status
       || ' (' || at || '): ' || :coming
FROM coming
UNION ALL
SELECT name, 'inconclusive', why FROM doubtful
