-- What makes a combination of duties, maker and site sensitive: core is what puts it into the core, unknown what is not known of it.
-- A network has a million devices, and few of them are of such a combination.
weights AS (
    SELECT t.duties, t.maker, t.site_sensitive, c.what AS core, u.unknown
    FROM tallies t LEFT JOIN classes c ON c.duties = t.duties AND c.class = 'core' LEFT JOIN unclear u ON u.duties = t.duties
    WHERE t.in_service AND (coalesce(t.site_sensitive, 1) = 1 OR c.duties IS NOT NULL OR u.duties IS NOT NULL)
),
-- Devices that are sensitive (why says what makes them so), or could be (doubt says why).
weighed AS NOT MATERIALIZED (
    SELECT d.*, w.core,
           nullif(concat_ws('; ',
               CASE WHEN d.site_sensitive = 1 THEN 'stands at the sensitive site ' || d.site END,
               CASE WHEN w.core IS NOT NULL THEN 'is in the core (' || w.core || ', '
                   || coalesce((SELECT min(f.source_file || ':' || f.source_line) FROM functions f
                       WHERE f.device = d.name AND instr(', ' || w.core || ', ', ', function ' || upper(trim(f.function)) || ', ')), d.at) || ')' END), '') AS why,
           nullif(concat_ws('; ',
               CASE WHEN d.site_sensitive IS NULL THEN 'nothing says whether its site ' || coalesce(d.site || ' ', '') || 'is sensitive' END,
               w.unknown), '') AS doubt
    FROM weights w CROSS JOIN standing d ON d.duties = w.duties AND d.maker IS w.maker AND d.site_sensitive IS w.site_sensitive
),
-- Terms of contracts that run as of :as_of. A day decides here alone, so that a query over many devices is asked anew only on a day on
-- which a contract begins or ends.
terms AS (
    SELECT DISTINCT since, until FROM contracts WHERE (since IS NULL OR since <= :as_of) AND (until IS NULL OR until >= :as_of)
)
