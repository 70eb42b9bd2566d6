-- What a combination of role and functions means is worked out once, and so is what each image holds; a device is looked at by
-- itself only where a verdict is about it. No vendor, list or country is read.

-- What puts a combination of duties into a class: a function, a role, a part in interception.
placing AS (
    SELECT u.duties, s.class, u.kind || ' ' || u.name AS what
    FROM combination_duties u JOIN sensitivity s ON s.kind = u.kind AND s.name = u.name
    UNION
    SELECT duties, 'critical', 'part ' || name FROM combination_duties WHERE kind = 'part'
),
classes AS (SELECT duties, class, group_concat(what, ', ' ORDER BY what) AS what FROM placing GROUP BY duties, class),
-- Combinations whose use is not known: in no class at all, or with a function that is in none.
unclear AS (
    SELECT c.duties, CASE WHEN f.names IS NOT NULL THEN 'no class has the ' || f.names
                          ELSE 'nothing says what they do' || coalesce(' (no class has the role ' || r.name || ')', '') END AS unknown
    FROM (SELECT DISTINCT duties FROM combination_duties) c
    LEFT JOIN (SELECT duties, 'function ' || group_concat(name, ', ' ORDER BY name) AS names FROM combination_duties
               WHERE kind = 'function' AND name NOT IN (SELECT name FROM sensitivity WHERE kind = 'function') GROUP BY duties) f ON f.duties = c.duties
    LEFT JOIN combination_duties r ON r.duties = c.duties AND r.kind = 'role'
    WHERE f.duties IS NOT NULL OR c.duties NOT IN (SELECT duties FROM classes)
),
-- What is not known about who belongs to a class: devices that the inventory does not have, and devices whose use is not known.
gaps AS (
    SELECT class, device AS subject, 'It has the ' || group_concat(what, ', ' ORDER BY what) || ' (' || min(at) || '), but it is not in the inventory.' AS reason
    FROM (SELECT u.device, s.class, u.kind || ' ' || u.name AS what, u.at FROM strangers u JOIN sensitivity s ON s.kind = u.kind AND s.name = u.name
          UNION
          SELECT device, 'critical', 'part ' || name, at FROM strangers WHERE kind = 'part')
    GROUP BY class, device
    UNION ALL
    SELECT NULL, 'network', 'Of ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device ', ' devices ') || u.unknown || ' (the first is ' || min(t.first) || ').'
    FROM unclear u JOIN tallies t ON t.duties = u.duties WHERE t.in_service GROUP BY u.duties, u.unknown
),
-- Devices in service by class and maker: how many, and the first of them.
totals AS (
    SELECT k.class, t.maker, coalesce(min(nullif(trim(t.manufacturer), '')), 'maker not stated') AS manufacturer, sum(t.devices) AS devices, min(t.first) AS first
    FROM tallies t JOIN classes k ON k.duties = t.duties WHERE t.in_service GROUP BY k.class, t.maker
),
-- Images of the case that devices in service run: how many devices of the same duties and maker.
images AS (
    SELECT duties, maker, exhibit, min(inspected) AS inspected, count(*) AS devices, min(name) AS first
    FROM devices WHERE exhibit IS NOT NULL AND in_service GROUP BY duties, maker, exhibit
),
-- What each image holds that weighs: claims of grade high but for those about known vulnerabilities and support, which have
-- measures of their own. open: nobody has disputed it; disputed: somebody has, and it is not settled.
findings AS (
    SELECT exhibit, count(*) FILTER (WHERE coalesce(disposition, 'accepted') = 'accepted') AS open,
           count(*) FILTER (WHERE disposition = 'disputed') AS disputed,
           coalesce(min(title) FILTER (WHERE coalesce(disposition, 'accepted') = 'accepted'), min(title)) AS first
    FROM claims
    WHERE state = 'active' AND grade = 'high' AND code <> 'known-vulnerability' AND code NOT LIKE 'support.%'
      AND coalesce(disposition, 'accepted') IN ('accepted', 'disputed')
    GROUP BY exhibit
),
-- Vulnerabilities known to be exploited as of the day, by image; open: the image is affected and nobody has disputed it.
exploits AS (
    SELECT exhibit, count(DISTINCT vulnerability) FILTER (WHERE state = 'affected' AND coalesce(disposition, 'accepted') = 'accepted') AS open,
           count(DISTINCT vulnerability) AS unsettled,
           coalesce(min(vulnerability || ' in ' || component || coalesce(' ' || version, '') || ', exploited since ' || exploited)
                        FILTER (WHERE state = 'affected' AND coalesce(disposition, 'accepted') = 'accepted'),
                    min(vulnerability || ' in ' || component || coalesce(' ' || version, '') || ', exploited since ' || exploited)) AS first
    FROM vulnerabilities
    WHERE exploited <= :as_of AND state <> 'not-affected' AND coalesce(disposition, 'accepted') IN ('accepted', 'disputed')
    GROUP BY exhibit
),
-- Releases of components whose support is over as of the day, or of which that cannot be told, by image.
ended AS (
    SELECT exhibit, count(*) FILTER (WHERE over AND coalesce(disposition, 'accepted') = 'accepted') AS open, count(*) AS unsettled,
           coalesce(min(told) FILTER (WHERE over AND coalesce(disposition, 'accepted') = 'accepted'), min(told)) AS first
    FROM (SELECT exhibit, disposition, CASE WHEN ends IS NOT NULL THEN ends < :as_of ELSE state = 'ended' END AS over, state,
                 component || coalesce(' ' || version, '') || coalesce(', supported until ' || ends, '') AS told FROM support)
    WHERE (over OR state = 'cannot-tell') AND coalesce(disposition, 'accepted') IN ('accepted', 'disputed')
    GROUP BY exhibit
)
