-- The feed database. Its version stands in user_version.

-- Every file that was imported, in the order of imports.
CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    feed TEXT NOT NULL,
    family TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    dated TEXT,
    records INTEGER NOT NULL,
    older INTEGER NOT NULL,
    problems TEXT NOT NULL
);

-- An advisory as the newest file of its family has it.
CREATE TABLE advisory (
    id INTEGER PRIMARY KEY,
    family TEXT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    file INTEGER NOT NULL,
    record INTEGER NOT NULL,
    modified TEXT,
    content INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL
);
CREATE UNIQUE INDEX advisory_name ON advisory (family, name, scope);

-- The rest of it, read only for what applies.
CREATE TABLE body (advisory INTEGER PRIMARY KEY, body TEXT NOT NULL);

-- What advisories speak about, and its name alone.
CREATE TABLE subject (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE INDEX subject_name ON subject (name);

-- What an advisory that stands says on a subject. A row holds all that decides whether it matters, so that a look-up reads
-- one stretch of this table: the vulnerabilities (their CVE names with U+001F between, else the advisory's own), and what is
-- said of them (store/says.rs).
CREATE TABLE statement (
    subject INTEGER NOT NULL,
    advisory INTEGER NOT NULL,
    vulnerabilities TEXT NOT NULL,
    says TEXT NOT NULL,
    PRIMARY KEY (subject, advisory)
) WITHOUT ROWID;

CREATE TABLE exploited (
    cve TEXT PRIMARY KEY,
    file INTEGER NOT NULL,
    record INTEGER NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE score (
    cve TEXT PRIMARY KEY,
    file INTEGER NOT NULL,
    record INTEGER NOT NULL,
    probability TEXT NOT NULL,
    percentile TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE support (
    product TEXT NOT NULL,
    cycle TEXT NOT NULL,
    file INTEGER NOT NULL,
    record INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (product, cycle)
) WITHOUT ROWID;

PRAGMA user_version = 2;
