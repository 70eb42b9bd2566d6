-- Devices with what makes them sensitive: NULL where nothing does. doubt: why it could be sensitive after all.
weighed AS NOT MATERIALIZED (
    SELECT d.*, c.what AS core,
           nullif(concat_ws('; ',
               CASE WHEN d.site_sensitive = 1 THEN 'stands at the sensitive site ' || d.site END,
               CASE WHEN c.what IS NOT NULL THEN 'is in the core (' || c.what || ', '
                   || coalesce((SELECT min(f.source_file || ':' || f.source_line) FROM functions f
                       WHERE f.device = d.name AND instr(', ' || c.what || ', ', ', function ' || upper(trim(f.function)) || ', ')), d.at) || ')' END), '') AS why,
           nullif(concat_ws('; ',
               CASE WHEN d.site_sensitive IS NULL THEN 'nothing says whether its site ' || coalesce(d.site || ' ', '') || 'is sensitive' END,
               u.unknown), '') AS doubt
    FROM standing d LEFT JOIN classes c ON c.duties = d.duties AND c.class = 'core'
    LEFT JOIN unclear u ON u.duties = d.duties
)
