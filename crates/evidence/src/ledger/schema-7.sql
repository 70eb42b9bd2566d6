-- Exhibits that are records of traffic (version 7 of the schema): the table anew, since a CHECK cannot be changed.
CREATE TABLE exhibits_7 (
    sha256   TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('firmware', 'network', 'statement', 'traffic')),
    size     INTEGER NOT NULL,
    added_at TEXT NOT NULL
) STRICT;
INSERT INTO exhibits_7 (sha256, name, kind, size, added_at)
    SELECT sha256, name, kind, size, added_at FROM exhibits ORDER BY rowid;
DROP TABLE exhibits;
ALTER TABLE exhibits_7 RENAME TO exhibits;
