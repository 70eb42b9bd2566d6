-- What records of traffic of the year before :as_of show of maintenance. They need the parameter `watched_days`: for how many days a
-- device's traffic has to have been looked at before absence of a session says something.

-- Devices that were watched for long enough. The same span in two exhibits counts once, and never more than from the first to the last.
watched_long AS (
    SELECT device, days FROM (
        SELECT device, cast(min(sum(julianday(until) - julianday(since)), julianday(max(until)) - julianday(min(since))) AS INTEGER) AS days
        FROM (SELECT DISTINCT device, since, until FROM watched WHERE substr(until, 1, 10) >= date(:as_of, '-1 year') AND substr(since, 1, 10) <= :as_of)
        GROUP BY device)
    WHERE days >= :watched_days
),
-- The sessions of that year, without those that a person disputes or finds not applicable. party: in small letters, NULL where nothing says who.
came AS (
    SELECT device, trim(party) AS named, lower(trim(party)) AS party, origin, access, through, contract, hours, protocol, start, substr(start, 1, 10) AS day, exhibit
    FROM sessions
    WHERE coalesce(disposition, 'accepted') = 'accepted' AND substr(start, 1, 10) <= :as_of AND substr(start, 1, 10) >= date(:as_of, '-1 year')
)
