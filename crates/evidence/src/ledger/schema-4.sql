-- Exhibits that are statements (version 4 of the schema): the table anew, since a CHECK cannot be changed. Statements that
-- earlier versions took for firmware keep the kind under which they were added.
CREATE TABLE exhibits_4 (
    sha256   TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('firmware', 'network', 'statement')),
    size     INTEGER NOT NULL,
    added_at TEXT NOT NULL
) STRICT;
INSERT INTO exhibits_4 (sha256, name, kind, size, added_at)
    SELECT sha256, name, kind, size, added_at FROM exhibits ORDER BY rowid;
DROP TABLE exhibits;
ALTER TABLE exhibits_4 RENAME TO exhibits;
