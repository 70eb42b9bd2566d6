-- What the classes of a regime hold. A network has a million devices and some dozens of combinations of role and functions: what
-- a combination means is worked out once, and a device is looked at by itself only where a verdict is about it.

-- What puts a combination of duties into a class: a function, a role, a part in interception.
placing AS (
    SELECT DISTINCT u.duties, s.class, s.verdict, s.note, u.kind || ' ' || u.name AS what
    FROM combination_duties u JOIN sensitivity s ON s.kind = u.kind AND s.name = iif(u.kind = 'part', '*', u.name)
),
classes AS (
    SELECT duties, class, min(verdict) AS verdict, group_concat(what, ', ' ORDER BY what) AS what,
           group_concat(DISTINCT note) FILTER (WHERE verdict = 'inconclusive') AS note
    FROM placing GROUP BY duties, class
),
-- The same of devices that the inventory does not have.
strange AS (
    SELECT device, class, min(verdict) AS verdict, group_concat(what, ', ' ORDER BY what) AS what,
           group_concat(DISTINCT note) FILTER (WHERE verdict = 'inconclusive') AS note, min(at) AS at
    FROM (
        SELECT DISTINCT u.device, s.class, s.verdict, s.note, u.kind || ' ' || u.name AS what, u.at
        FROM strangers u JOIN sensitivity s ON s.kind = u.kind AND s.name = iif(u.kind = 'part', '*', u.name)
    ) GROUP BY device, class
),
-- Combinations whose use is not known: in no class at all, or with a function that is in none. unknown is what is not known of
-- a device that has it, unknown_of_many of several.
unclear AS (
    SELECT duties, CASE WHEN names IS NOT NULL THEN 'no class has its ' || names ELSE 'nothing says what it does' || coalesce(' (no class has its ' || role || ')', '') END AS unknown,
           CASE WHEN names IS NOT NULL THEN 'no class has the ' || names ELSE 'nothing says what they do' || coalesce(' (no class has the ' || role || ')', '') END AS unknown_of_many
    FROM (
        SELECT duties, 'role ' || min(name) FILTER (WHERE kind = 'role') AS role,
               'function ' || group_concat(name, ', ' ORDER BY name)
                   FILTER (WHERE kind = 'function' AND name NOT IN (SELECT name FROM sensitivity WHERE kind = 'function')) AS names
        FROM combination_duties GROUP BY duties
    ) WHERE names IS NOT NULL OR duties NOT IN (SELECT duties FROM classes)
),
-- What is not known about who belongs to a class: devices that the inventory does not have, and those whose use is not known,
-- which may be of any (class is NULL).
gaps AS (
    SELECT class, device AS subject, 'It has the ' || what || ' (' || at || '), but it is not in the inventory.' AS reason FROM strange
    UNION ALL
    SELECT NULL, 'network', 'Of ' || sum(t.devices) || iif(sum(t.devices) = 1, ' device ', ' devices ') || u.unknown_of_many || ' (the first is ' || min(t.first) || ').'
    FROM unclear u JOIN tallies t ON t.duties = u.duties WHERE t.in_service GROUP BY u.duties, u.unknown_of_many
)
