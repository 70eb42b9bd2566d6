-- Contracts in force, with what is attested of each.
current AS (
    SELECT name, party, lower(trim(access)) AS access, nullif(trim(through), '') AS through, administrator, logged, nullif(trim(exit_plan), '') AS exit_plan,
           source_file || ':' || source_line AS at
    FROM contracts WHERE (since IS NULL OR since <= :as_of) AND (until IS NULL OR until >= :as_of)
),
-- What each management segment holds. Segments are compared without case: segment is in small letters, name as the inventory has it.
in_segments AS (
    SELECT lower(trim(segment)) AS segment, maker, duties, sum(devices) AS devices, min(first) AS first, trim(min(manufacturer)) AS manufacturer, min(trim(segment)) AS name
    FROM segment_tallies WHERE in_service AND trim(segment) <> '' GROUP BY lower(trim(segment)), maker, duties
)
