-- What each image holds is worked out once; a device is looked at by itself only where a verdict is about it. No vendor, list or
-- country is read.

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
