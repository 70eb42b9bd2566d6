-- Devices with what makes them sensitive: NULL where nothing does. doubt: why it could be sensitive after all.
weighed AS (
    SELECT d.*, c.what AS core,
           nullif(concat_ws('; ',
               CASE WHEN d.site_sensitive = 1 THEN 'stands at the sensitive site ' || d.site END,
               CASE WHEN c.what IS NOT NULL THEN 'is in the core (' || c.what || ', ' || c.at || ')' END), '') AS why,
           nullif(concat_ws('; ',
               CASE WHEN d.site_sensitive IS NULL THEN 'nothing says whether its site ' || coalesce(d.site || ' ', '') || 'is sensitive' END,
               u.unknown), '') AS doubt
    FROM standing d LEFT JOIN in_class c ON c.device = d.name AND c.class = 'core'
    LEFT JOIN unplaced u ON u.name = d.name
)
