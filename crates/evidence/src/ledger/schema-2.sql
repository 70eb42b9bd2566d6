-- What changes from day to day in a claim, as each run saw it (version 2 of the schema).
CREATE TABLE dated_records (
    claim TEXT NOT NULL REFERENCES claim_records (fingerprint),
    run   INTEGER NOT NULL REFERENCES runs (id),
    facts TEXT NOT NULL,
    PRIMARY KEY (claim, run)
) STRICT, WITHOUT ROWID;
