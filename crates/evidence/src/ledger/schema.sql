-- Version 1 of the ledger. Tables are append-only (triggers below); what people and regimes read are the views in views.sql.

CREATE TABLE exhibits (
    sha256   TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('firmware', 'network')),
    size     INTEGER NOT NULL,
    added_at TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
    id          INTEGER PRIMARY KEY,
    probe       TEXT NOT NULL,
    version     TEXT NOT NULL,
    exhibit     TEXT REFERENCES exhibits (sha256),
    parameters  TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('complete', 'incomplete', 'failed')),
    looked      INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    confinement TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    duration_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_exhibit ON runs (exhibit, probe);

CREATE TABLE run_skipped (
    run  INTEGER NOT NULL REFERENCES runs (id),
    what TEXT NOT NULL,
    why  TEXT NOT NULL
) STRICT;
CREATE INDEX run_skipped_by_run ON run_skipped (run);

CREATE TABLE subjects (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE claim_records (
    fingerprint  TEXT PRIMARY KEY,
    run          INTEGER NOT NULL REFERENCES runs (id),
    code         TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject      TEXT NOT NULL,
    grade        TEXT NOT NULL CHECK (grade IN ('info', 'low', 'medium', 'high')),
    title        TEXT NOT NULL,
    facts        TEXT NOT NULL,
    notes        TEXT NOT NULL,
    decibans     REAL,
    low          REAL,
    high         REAL,
    basis        TEXT,
    FOREIGN KEY (subject_kind, subject) REFERENCES subjects (kind, id)
) STRICT;
CREATE INDEX claim_records_by_code ON claim_records (code);

CREATE TABLE locations (
    claim    TEXT NOT NULL REFERENCES claim_records (fingerprint),
    ordinal  INTEGER NOT NULL,
    exhibit  TEXT NOT NULL,
    path     TEXT NOT NULL,
    lineage  TEXT NOT NULL,
    "offset" INTEGER,
    length   INTEGER,
    line     INTEGER,
    PRIMARY KEY (claim, ordinal)
) STRICT, WITHOUT ROWID;

-- Which runs saw a claim: a claim is active while the latest run of its probe over its exhibit saw it.
CREATE TABLE sightings (
    claim TEXT NOT NULL REFERENCES claim_records (fingerprint),
    run   INTEGER NOT NULL REFERENCES runs (id),
    PRIMARY KEY (claim, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_by_run ON sightings (run);

CREATE TABLE dispositions (
    id     INTEGER PRIMARY KEY,
    claim  TEXT NOT NULL REFERENCES claim_records (fingerprint),
    state  TEXT NOT NULL CHECK (state IN ('accepted', 'disputed', 'not applicable')),
    reason TEXT NOT NULL,
    person TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT;

-- The objects of an examined exhibit, once for each version of the unpacker.
CREATE TABLE object_records (
    run      INTEGER NOT NULL REFERENCES runs (id),
    ordinal  INTEGER NOT NULL,
    parent   INTEGER,
    path     TEXT NOT NULL,
    lineage  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    sha256   TEXT,
    format   TEXT,
    mode     INTEGER,
    target   TEXT,
    PRIMARY KEY (run, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE region_records (
    run        INTEGER NOT NULL,
    object     INTEGER NOT NULL,
    "offset"   INTEGER NOT NULL,
    length     INTEGER NOT NULL,
    class      TEXT NOT NULL CHECK (class IN ('known', 'padding', 'opaque', 'unknown')),
    note       TEXT NOT NULL,
    attributes TEXT NOT NULL,
    entropy    INTEGER,
    PRIMARY KEY (run, object, "offset"),
    FOREIGN KEY (run, object) REFERENCES object_records (run, ordinal)
) STRICT, WITHOUT ROWID;

-- The network model. Each import is a run of `network.import`; the views show the latest.
CREATE TABLE model_tables (run INTEGER NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL, "rows" INTEGER NOT NULL,
    rejected INTEGER NOT NULL, attribution TEXT) STRICT;
CREATE TABLE model_sites (run INTEGER NOT NULL, name TEXT NOT NULL, region TEXT, sensitive INTEGER, subscribers INTEGER,
    latitude REAL, longitude REAL, source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_devices (run INTEGER NOT NULL, name TEXT NOT NULL, site TEXT, role TEXT, manufacturer TEXT,
    device_type TEXT, platform TEXT, software TEXT, image TEXT, segment TEXT, status TEXT,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_functions (run INTEGER NOT NULL, device TEXT NOT NULL, function TEXT NOT NULL,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_links (run INTEGER NOT NULL, name TEXT NOT NULL, a_device TEXT NOT NULL, a_interface TEXT,
    b_device TEXT NOT NULL, b_interface TEXT, medium TEXT, capacity_mbps INTEGER,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_vendors (run INTEGER NOT NULL, name TEXT NOT NULL, jurisdiction TEXT,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_designations (run INTEGER NOT NULL, vendor TEXT NOT NULL, list TEXT NOT NULL, since TEXT,
    citation TEXT, source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_contracts (run INTEGER NOT NULL, name TEXT NOT NULL, party TEXT NOT NULL, scope_kind TEXT NOT NULL,
    scope TEXT NOT NULL, access TEXT, since TEXT, until TEXT,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_interceptions (run INTEGER NOT NULL, device TEXT NOT NULL, part TEXT NOT NULL, operator TEXT,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_reviews (run INTEGER NOT NULL, vendor TEXT NOT NULL, product TEXT, date TEXT NOT NULL, reviewer TEXT,
    finding TEXT NOT NULL, grade TEXT NOT NULL, state TEXT,
    source_file TEXT NOT NULL, source_line INTEGER NOT NULL) STRICT;
CREATE TABLE model_single_points (run INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    devices_cut INTEGER NOT NULL, subscribers_cut INTEGER) STRICT;
CREATE TABLE model_cut_off (run INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, device TEXT NOT NULL,
    equal INTEGER NOT NULL) STRICT;
CREATE TABLE model_connected (run INTEGER NOT NULL, device TEXT NOT NULL) STRICT;
CREATE INDEX model_cut_off_by_run ON model_cut_off (run, kind, name);
CREATE INDEX model_devices_by_run ON model_devices (run, name);
CREATE INDEX model_functions_by_run ON model_functions (run, device);
CREATE INDEX model_links_by_run ON model_links (run, a_device);
CREATE INDEX model_sites_by_run ON model_sites (run, name);

CREATE TABLE verdict_records (
    run            INTEGER NOT NULL REFERENCES runs (id),
    regime         TEXT NOT NULL,
    regime_version TEXT NOT NULL,
    as_of          TEXT NOT NULL,
    measure        TEXT NOT NULL,
    clause         TEXT NOT NULL,
    subject        TEXT NOT NULL,
    verdict        TEXT NOT NULL CHECK (verdict IN ('met', 'breached', 'inconclusive', 'not applicable')),
    reason         TEXT NOT NULL
) STRICT;
CREATE INDEX verdict_records_by_run ON verdict_records (run);
