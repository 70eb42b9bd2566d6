-- Version 3: device types, interfaces, demands, segments, attestations; where single values were read; what is made up.
ALTER TABLE model_tables ADD COLUMN synthetic TEXT;
ALTER TABLE model_sites ADD COLUMN country TEXT;
ALTER TABLE model_devices ADD COLUMN installed TEXT;
ALTER TABLE model_devices ADD COLUMN support_end TEXT;
ALTER TABLE model_devices ADD COLUMN cost INTEGER;
ALTER TABLE model_links ADD COLUMN operator TEXT;
ALTER TABLE model_vendors ADD COLUMN control TEXT;
ALTER TABLE model_vendors ADD COLUMN production TEXT;
ALTER TABLE model_vendors ADD COLUMN stated TEXT;
ALTER TABLE model_vendors ADD COLUMN citation TEXT;
ALTER TABLE model_contracts ADD COLUMN through TEXT;
ALTER TABLE model_contracts ADD COLUMN administrator INTEGER;
ALTER TABLE model_contracts ADD COLUMN logged INTEGER;
ALTER TABLE model_contracts ADD COLUMN exit_plan TEXT;

CREATE TABLE model_device_types (run INTEGER NOT NULL, model TEXT NOT NULL, manufacturer TEXT, part_number TEXT,
    support_end TEXT, production TEXT, cost INTEGER, source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_interfaces (run INTEGER NOT NULL, device TEXT NOT NULL, name TEXT NOT NULL, kind TEXT, address TEXT,
    segment TEXT, enabled INTEGER, source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_demands (run INTEGER NOT NULL, site TEXT NOT NULL, function TEXT NOT NULL, subscribers INTEGER,
    mbps INTEGER, source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_segments (run INTEGER NOT NULL, name TEXT NOT NULL, plane TEXT, contained INTEGER,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_attestations (run INTEGER NOT NULL, regime TEXT NOT NULL, measure TEXT NOT NULL, subject TEXT,
    state TEXT NOT NULL, party TEXT NOT NULL, date TEXT NOT NULL, until TEXT, document TEXT, sha256 TEXT,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_value_sources (run INTEGER NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, field TEXT NOT NULL,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
