-- Version 7: addresses of devices, ranges of addresses and whose they are, exchanges that are expected, when parties may work, and exhibits that are records of
-- traffic (the table anew, since a CHECK cannot be changed).
ALTER TABLE model_contracts ADD COLUMN hours TEXT;
ALTER TABLE model_devices ADD COLUMN address TEXT;
CREATE TABLE model_prefixes (run INTEGER NOT NULL, prefix TEXT NOT NULL, party TEXT, role TEXT, segment TEXT,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_exchanges (run INTEGER NOT NULL, from_kind TEXT NOT NULL, from_name TEXT NOT NULL, to_kind TEXT NOT NULL,
    to_name TEXT NOT NULL, protocol TEXT, port INTEGER, purpose TEXT, source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
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
