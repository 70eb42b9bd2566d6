-- The ledger's public interface: documented views. A regime's measure is a query over these.
-- They are created anew when a ledger is opened for writing, so that they always belong to the program's version.
-- Absent values are NULL, never a default.

-- The latest run of each probe over each exhibit that was not a failure.
CREATE VIEW latest_runs AS
    SELECT max(id) AS run, probe, exhibit FROM runs WHERE status <> 'failed' GROUP BY probe, exhibit;

-- The run whose network model is shown.
CREATE VIEW current_model AS
    SELECT max(id) AS run FROM runs WHERE probe = 'network.import' AND status <> 'failed';

-- The evidence as it stands: one row a claim. state: active, or superseded when the latest run of the probe over the
-- exhibit no longer saw it. disposition: the latest decision of a person, NULL when there is none. dated: what changes
-- from day to day without making another claim (JSON), as the latest run saw it, NULL when there is nothing such.
CREATE VIEW claims AS
    SELECT c.fingerprint, c.code, c.subject_kind, c.subject, c.grade, c.title, c.facts,
           (SELECT f.facts FROM dated_records f WHERE f.claim = c.fingerprint ORDER BY f.run DESC LIMIT 1) AS dated, c.notes,
           c.decibans, c.low, c.high, c.basis, r.probe, r.version AS probe_version, r.exhibit,
           CASE WHEN EXISTS (SELECT 1 FROM sightings s JOIN latest_runs l ON l.run = s.run WHERE s.claim = c.fingerprint)
                THEN 'active' ELSE 'superseded' END AS state,
           (SELECT d.state FROM dispositions d WHERE d.claim = c.fingerprint ORDER BY d.id DESC LIMIT 1) AS disposition
    -- A column of the run is always read: a query that asks for none of them would else seem to read the table itself.
    FROM claim_records c JOIN runs r ON r.id = c.run AND r.probe <> '';

-- The latest decision of a person on each claim that has one. state: accepted, disputed or not applicable; at: when it was recorded.
CREATE VIEW decisions AS
    SELECT d.claim, d.state, d.reason, d.person, d.at FROM dispositions d
    WHERE d.id = (SELECT max(e.id) FROM dispositions e WHERE e.claim = d.claim);

-- The objects of each exhibit, as the latest run of the unpacker saw them.
CREATE VIEW objects AS
    SELECT r.exhibit, o.ordinal, o.parent, o.path, o.kind, o.size, o.sha256, o.format, o.mode, o.target
    FROM object_records o JOIN runs r ON r.id = o.run
    WHERE o.run IN (SELECT max(o2.run) FROM object_records o2 JOIN runs r2 ON r2.id = o2.run
                    WHERE o2.ordinal = 0 GROUP BY r2.exhibit);

-- The account of each object's bytes.
CREATE VIEW regions AS
    SELECT r.exhibit, g.object, g."offset", g.length, g.class, g.note, g.attributes, g.entropy
    FROM region_records g JOIN runs r ON r.id = g.run
    WHERE g.run IN (SELECT max(o2.run) FROM object_records o2 JOIN runs r2 ON r2.id = o2.run
                    WHERE o2.ordinal = 0 GROUP BY r2.exhibit);

-- Software components seen in exhibits.
CREATE VIEW components AS
    SELECT fingerprint, exhibit, subject, json_extract(facts, '$.name') AS name, json_extract(facts, '$.version') AS version,
           json_extract(facts, '$.purl') AS purl, json_extract(facts, '$.cpe') AS cpe,
           json_extract(facts, '$.method') AS method
    FROM claims WHERE code = 'component' AND state = 'active';

-- What feeds of known vulnerabilities state against the components of exhibits. state: affected, not-affected, cannot-tell;
-- reason: a stable word; exploited: the day on which a catalogue took it up as known exploited, NULL when none did; score
-- and epss as of the latest look-up. What the version alone rules out has no row. An exhibit without a row in
-- vulnerability_lookups was not looked up: absence of rows then means nothing.
CREATE VIEW vulnerabilities AS
    SELECT fingerprint, exhibit, subject, json_extract(facts, '$.vulnerability') AS vulnerability,
           json_extract(facts, '$.component') AS component, json_extract(facts, '$.version') AS version,
           json_extract(facts, '$.state') AS state, json_extract(facts, '$.reason') AS reason,
           json_extract(facts, '$.exploited') AS exploited, json_extract(dated, '$.score') AS score,
           json_extract(dated, '$.epss') AS epss, grade, disposition
    FROM claims WHERE code = 'known-vulnerability' AND claims.state = 'active';

-- The exhibits whose components were looked up. exploited_known: 1 when a catalogue of exploited vulnerabilities was among
-- the feeds; feeds: the feeds with their hashes and dates (JSON, names beginning with "feed "); components: how many there were;
-- in_no_advisory: of how many of them no advisory speaks (NULL where the look-up did not count), so that nothing is known of them.
CREATE VIEW vulnerability_lookups AS
    SELECT l.exhibit, r.parameters LIKE '%"feed kev-%' AS exploited_known, r.parameters AS feeds, r.looked AS components,
           CAST(json_extract(r.parameters, '$."in-no-advisory"') AS INTEGER) AS in_no_advisory
    FROM latest_runs l JOIN runs r ON r.id = l.run WHERE l.probe = 'vulnerabilities';

-- Known vulnerabilities that reach a device through the image it runs.
CREATE VIEW device_vulnerabilities AS
    SELECT d.name AS device, v.vulnerability, v.component, v.version, v.state, v.reason, v.exploited, v.score, v.epss,
           v.disposition, v.fingerprint
    FROM devices d JOIN vulnerabilities v ON v.exhibit = d.exhibit;

-- The tables of the network model that were imported; a table that is not here was not looked at. synthetic: what made the
-- data up, NULL for data that describe a real network;
-- missing: what of the file was not read, NULL when it was read to its end.
CREATE VIEW imported_tables AS
    SELECT name, file, "rows", rejected, attribution, synthetic, missing FROM model_tables WHERE run = (SELECT run FROM current_model);

-- sensitive: 1, 0 or NULL (not stated); power: the power region from which the site is fed.
CREATE VIEW sites AS
    SELECT name, region, sensitive, subscribers, latitude, longitude, source_file, source_line, country, power
    FROM model_sites WHERE run = (SELECT run FROM current_model);

-- Devices as their records state them, with what their types state where they do not: manufacturer, support_end and cost. The join of
-- types stands in `devices` again: SQLite counts how deep views expand, and measures name that view many times.
CREATE VIEW device_records AS
    SELECT d.name, d.site, d.role, coalesce(d.manufacturer, t.manufacturer) AS manufacturer, d.device_type, d.platform,
           d.software, d.image, d.segment, d.status, d.installed, coalesce(d.support_end, t.support_end) AS support_end,
           coalesce(d.cost, t.cost) AS cost, d.source_file, d.source_line, d.power, d.address
    FROM model_devices d
    LEFT JOIN (SELECT run, model, manufacturer, support_end, cost, count(*) OVER (PARTITION BY run, model) = 1 AS alone
               FROM model_device_types) t
        ON t.run = d.run AND t.model = d.device_type AND (t.manufacturer = d.manufacturer OR (d.manufacturer IS NULL AND t.alone))
    WHERE d.run = (SELECT run FROM current_model);

-- The records with what else stands to them. image: what the inventory says; exhibit: the exhibit it resolves to (by SHA-256,
-- else by file name), NULL when it is not in the case; inspected: 1 when the latest unpacking run over that exhibit was
-- complete; inspected_in_part: 1 when there is one, but it was incomplete. in_service: 0 when the status is planned, staged,
-- inventory or decommissioned, else 1 (a blank status too); the graph of the network uses the same rule. maker: the
-- manufacturer in small letters, NULL when blank; at: where the record stands; duties: its functions, role and parts in
-- interception (JSON, in the order of the import); power: the power region that it states, else its site's.
CREATE VIEW devices AS
    SELECT d.name, d.site, s.region, s.sensitive AS site_sensitive, s.subscribers AS site_subscribers, d.role,
           coalesce(d.manufacturer, t.manufacturer) AS manufacturer, d.device_type, d.platform, d.software, d.image,
           d.segment, d.status, e.exhibit, coalesce(e.status = 'complete', 0) AS inspected, d.source_file, d.source_line,
           coalesce(e.status <> 'complete', 0) AS inspected_in_part,
           coalesce(lower(trim(d.status)), '') NOT IN ('planned', 'staged', 'inventory', 'decommissioned') AS in_service,
           d.installed, coalesce(d.support_end, t.support_end) AS support_end, coalesce(d.cost, t.cost) AS cost,
           s.country AS country, nullif(lower(trim(coalesce(d.manufacturer, t.manufacturer))), '') AS maker,
           d.source_file || ':' || d.source_line AS at,
           d.duties, coalesce(d.power, s.power) AS power, d.address
    FROM model_devices d
    LEFT JOIN (SELECT run, model, manufacturer, support_end, cost, count(*) OVER (PARTITION BY run, model) = 1 AS alone
               FROM model_device_types) t
        ON t.run = d.run AND t.model = d.device_type AND (t.manufacturer = d.manufacturer OR (d.manufacturer IS NULL AND t.alone))
    LEFT JOIN (SELECT name, region, sensitive, subscribers, country, power FROM model_sites
               WHERE run = (SELECT run FROM current_model) GROUP BY name) s
        ON s.name = d.site
    LEFT JOIN (SELECT k.key, k.exhibit, (SELECT r.status FROM latest_runs l JOIN runs r ON r.id = l.run
                                         WHERE l.exhibit = k.exhibit AND l.probe = 'unpack') AS status
               FROM (SELECT sha256 AS key, sha256 AS exhibit FROM exhibits WHERE kind = 'firmware'
                     UNION ALL
                     SELECT name, max(sha256) FROM exhibits WHERE kind = 'firmware' GROUP BY name HAVING count(*) = 1) k) e
        ON e.key = d.image
    WHERE d.run = (SELECT run FROM current_model);

-- What each device is used for, a row each: its functions and parts in interception in capitals, its role in small letters.
CREATE VIEW device_duties AS
    SELECT device, 'function' AS kind, upper(trim(function)) AS name, source_file || ':' || source_line AS at FROM functions
    UNION ALL
    SELECT device, 'part', upper(trim(part)), source_file || ':' || source_line FROM interceptions
    UNION ALL
    SELECT name, 'role', lower(trim(role)), at FROM devices WHERE trim(role) <> '';

-- The combinations of duties that devices have, and what each consists of, a row each; that of no duty has NULL for them.
CREATE VIEW combination_duties AS
    SELECT c.duties, substr(u.value, 1, instr(u.value, ' ') - 1) AS kind, substr(u.value, instr(u.value, ' ') + 1) AS name
    FROM (SELECT DISTINCT duties FROM devices) c LEFT JOIN json_each(c.duties) u;

-- Functions and parts in interception on devices that the inventory does not have.
CREATE VIEW strangers AS
    SELECT device, 'function' AS kind, upper(trim(function)) AS name, source_file || ':' || source_line AS at FROM functions
    WHERE device NOT IN (SELECT name FROM devices)
    UNION ALL
    SELECT device, 'part', upper(trim(part)), source_file || ':' || source_line FROM interceptions
    WHERE device NOT IN (SELECT name FROM devices);

-- How many devices have the same duties, maker, sensitivity of their site, state and management segment; first: the first of them by
-- name.
CREATE VIEW segment_tallies AS
    SELECT duties, maker, min(manufacturer) AS manufacturer, site_sensitive, in_service, segment, count(*) AS devices, min(name) AS first
    FROM devices GROUP BY duties, maker, site_sensitive, in_service, segment;

-- The same whatever their segment.
CREATE VIEW tallies AS
    SELECT duties, maker, min(manufacturer) AS manufacturer, site_sensitive, in_service, sum(devices) AS devices, min(first) AS first
    FROM segment_tallies GROUP BY duties, maker, site_sensitive, in_service;

-- Network functions on devices, in capitals, by their standard names.
CREATE VIEW functions AS
    SELECT f.device, f.function, f.source_file, f.source_line
    FROM model_functions f WHERE f.run = (SELECT run FROM current_model);

-- ducts: those that the link runs through, with '; ' between them; the view link_ducts has a row for each.
CREATE VIEW links AS
    SELECT name, a_device, a_interface, b_device, b_interface, medium, capacity_mbps, source_file, source_line, operator, ducts
    FROM model_links WHERE run = (SELECT run FROM current_model);

-- The ducts that each link runs through, a row each.
CREATE VIEW link_ducts AS
    SELECT l.name AS link, l.a_device, l.b_device, d.value AS duct
    FROM model_links l JOIN json_each('[' || replace(json_quote(l.ducts), '; ', '","') || ']') d
    WHERE l.run = (SELECT run FROM current_model) AND l.ducts IS NOT NULL;

CREATE VIEW vendors AS
    SELECT name, jurisdiction, source_file, source_line, control, production, stated, citation FROM model_vendors WHERE run = (SELECT run FROM current_model);

-- Lists that vendors stand on, by somebody's decision (citation).
CREATE VIEW designations AS
    SELECT vendor, list, since, citation, source_file, source_line
    FROM model_designations WHERE run = (SELECT run FROM current_model);

-- access: direct, mediated (through the operator's mediation point), none, or NULL (not stated). hours: when the party may work, NULL
-- when nothing is stated.
CREATE VIEW contracts AS
    SELECT name, party, scope_kind, scope, access, since, until, source_file, source_line, through, administrator, logged, exit_plan, hours
    FROM model_contracts WHERE run = (SELECT run FROM current_model);

-- Each device that a contract covers, with its duties and whether it is in service; scopes and names are compared without case
-- and without space around them.
CREATE VIEW contract_devices AS
    WITH scopes AS (
        SELECT name AS contract, party, access, since, until, source_file, source_line, through, administrator, logged,
               lower(trim(scope_kind)) AS kind, lower(trim(scope)) AS what, hours
        FROM contracts
    ),
    covered AS (
        SELECT c.*, d.name AS device, d.duties, d.in_service FROM scopes c JOIN devices d WHERE c.kind = 'all'
        UNION ALL
        -- By combination, as below, so that an index alone gives the devices of each.
        SELECT c.*, d.name, d.duties, d.in_service FROM scopes c CROSS JOIN tallies t ON t.maker = c.what
            CROSS JOIN devices d ON d.duties = t.duties AND d.maker = t.maker AND d.site_sensitive IS t.site_sensitive AND d.in_service = t.in_service
            WHERE c.kind = 'manufacturer'
        UNION ALL
        SELECT c.*, d.name, d.duties, d.in_service FROM scopes c JOIN combination_duties u ON u.kind = c.kind AND lower(u.name) = c.what
            JOIN devices d ON d.duties = u.duties WHERE c.kind IN ('role', 'function')
        UNION ALL
        -- All devices beside the few scopes, never the other way round.
        SELECT c.*, d.name, d.duties, d.in_service FROM devices d CROSS JOIN scopes c ON c.what = lower(trim(d.name)) AND c.kind = 'device'
            WHERE EXISTS (SELECT 1 FROM scopes WHERE kind = 'device')
        UNION ALL
        SELECT c.*, d.name, d.duties, d.in_service FROM devices d CROSS JOIN scopes c ON c.what = lower(trim(d.site)) AND c.kind = 'site'
            WHERE EXISTS (SELECT 1 FROM scopes WHERE kind = 'site')
    )
    SELECT contract, party, access, since, until, device, source_file, source_line, through, administrator, logged, duties, in_service, hours FROM covered;

-- Lawful-intercept arrangements: which device takes which part (ADMF, LIPF, MDF2, MDF3, POI, TF).
CREATE VIEW interceptions AS
    SELECT device, part, operator, source_file, source_line
    FROM model_interceptions WHERE run = (SELECT run FROM current_model);

-- Products: what devices are, by manufacturer and model.
CREATE VIEW device_types AS
    SELECT model, manufacturer, part_number, support_end, production, cost, source_file, source_line
    FROM model_device_types WHERE run = (SELECT run FROM current_model);

CREATE VIEW interfaces AS
    SELECT device, name, kind, address, segment, enabled, source_file, source_line
    FROM model_interfaces WHERE run = (SELECT run FROM current_model);

-- What each site asks of a function: subscribers and traffic.
CREATE VIEW demands AS
    SELECT site, function, subscribers, mbps, source_file, source_line
    FROM model_demands WHERE run = (SELECT run FROM current_model);

-- Segments of the management plane; plane: core, access, transport, oversight, shared, or NULL (not stated).
CREATE VIEW segments AS
    SELECT name, plane, contained, source_file, source_line FROM model_segments WHERE run = (SELECT run FROM current_model);

-- Ranges of addresses; party: whose, NULL for the operator's own; role: own, management, mediation, exposed, party, or NULL (not stated).
CREATE VIEW prefixes AS
    SELECT prefix, party, role, segment, source_file, source_line
    FROM model_prefixes WHERE run = (SELECT run FROM current_model);

-- Exchanges that are expected; the kinds say what the names name: device, role, function, manufacturer, prefix, name or all.
CREATE VIEW exchanges AS
    SELECT from_kind, from_name, to_kind, to_name, protocol, port, purpose, source_file, source_line
    FROM model_exchanges WHERE run = (SELECT run FROM current_model);

-- Devices whose traffic was looked at, by exhibit, with the first and last moment of its records. Of any other device nothing is known:
-- absence of sessions then means nothing.
CREATE VIEW watched AS
    SELECT subject AS device, json_extract(facts, '$.since') AS since, json_extract(facts, '$.until') AS until, exhibit
    FROM claims WHERE code = 'traffic.watched' AND claims.state = 'active';

-- Maintenance sessions that records of traffic show. access: direct or mediated (through a mediation point: through); party, contract:
-- NULL where nothing says whose the origin is; hours: inside or outside of what was agreed, NULL where nothing was.
CREATE VIEW sessions AS
    SELECT fingerprint, subject AS device, json_extract(facts, '$.from') AS origin, json_extract(facts, '$.party') AS party,
           iif(code = 'traffic.direct-session', 'direct', 'mediated') AS access, json_extract(facts, '$.through') AS through,
           json_extract(facts, '$.contract') AS contract, json_extract(facts, '$.hours') AS hours,
           json_extract(facts, '$.protocol') AS protocol, json_extract(facts, '$.port') AS port,
           json_extract(facts, '$.start') AS start, json_extract(facts, '$.seconds') AS seconds,
           json_extract(facts, '$.bytes') AS bytes, exhibit, disposition
    FROM claims WHERE code IN ('traffic.direct-session', 'traffic.mediated-session') AND claims.state = 'active';

-- What somebody states of a measure; state: met, breached, not applicable. subject: NULL for the network as a whole.
CREATE VIEW attestations AS
    SELECT regime, measure, subject, state, party, date, until, document, sha256, source_file, source_line
    FROM model_attestations WHERE run = (SELECT run FROM current_model);

-- Where a value was read that does not stand where its record does: kind is the view, record the name in it, field the column.
CREATE VIEW value_sources AS
    SELECT kind, record, field, source_file, source_line
    FROM model_value_sources WHERE run = (SELECT run FROM current_model);

-- Findings of engineering reviews; grade: high, medium, low, advisory, or none when the review found nothing.
CREATE VIEW reviews AS
    SELECT vendor, product, date, reviewer, finding, grade, state, source_file, source_line
    FROM model_reviews WHERE run = (SELECT run FROM current_model);

-- Devices and links whose loss cuts others off (kind: device, link). left_out: how many of the devices that are cut off
-- are not named in cut_off, which is bounded.
CREATE VIEW single_points AS
    SELECT p.kind, p.name, p.devices_cut, p.subscribers_cut,
           p.devices_cut - (SELECT count(*) FROM model_cut_off c
                            WHERE c.run = p.run AND c.kind = p.kind AND c.name = p.name AND NOT c.equal) AS left_out
    FROM model_single_points p WHERE p.run = (SELECT run FROM current_model);

-- The devices that the loss of each single point cuts off. equal: 1 when the device's part is as large as the one that
-- is cut off, so that which of them counts as cut off is a matter of names; such devices are not in devices_cut.
CREATE VIEW cut_off AS
    SELECT kind, name, device, equal FROM model_cut_off WHERE run = (SELECT run FROM current_model);

-- Devices in service that hang together by links: those of the largest part of the graph, none where two parts are as large. A
-- device that is in none or in another part is cut off already.
CREATE VIEW connected AS
    SELECT device FROM model_connected WHERE run = (SELECT run FROM current_model);

-- Share of each manufacturer by role, by count of devices; share is between 0 and 1. Devices without a role or
-- manufacturer are counted in `unknown`.
CREATE VIEW shares AS
    SELECT d.role, d.manufacturer, count(*) AS devices, t.total, t.unknown, CAST(count(*) AS REAL) / t.total AS share
    FROM devices d
    JOIN (SELECT role, count(*) AS total, sum(manufacturer IS NULL) AS unknown FROM devices GROUP BY role) t
        ON t.role = d.role
    WHERE d.manufacturer IS NOT NULL GROUP BY d.role, d.manufacturer;

-- Evidence that reaches a device through the image it runs. Active claims only; disputed and not-applicable claims
-- keep their disposition so that a measure can leave them out.
CREATE VIEW device_claims AS
    SELECT d.name AS device, c.fingerprint, c.code, c.grade, c.title, c.subject, c.disposition
    FROM devices d JOIN claims c ON c.exhibit = d.exhibit WHERE c.state = 'active';

-- Verdicts of the latest assessment.
CREATE VIEW verdicts AS
    SELECT regime, regime_version, as_of, measure, clause, subject, verdict, reason
    FROM verdict_records WHERE run = (SELECT max(id) FROM runs WHERE probe = 'regime.assess');

-- Private keys that stand in more than one exhibit: a row a place. public_key: SHA-256 of the SubjectPublicKeyInfo, or of
-- the key as it is stored where its form does not give the public half. path: the way to the file inside the exhibit.
CREATE VIEW shared_keys AS
    WITH keys AS (
        SELECT DISTINCT coalesce(json_extract(c.facts, '$."public-key-sha256"'), json_extract(c.facts, '$."key-sha256"'))
                   AS public_key, c.exhibit, c.subject, l.path
        FROM claims c JOIN locations l ON l.claim = c.fingerprint
        WHERE c.code IN ('key.private', 'key.private-encrypted') AND c.state = 'active')
    SELECT public_key, exhibit, subject, path FROM keys
    WHERE public_key IN (SELECT public_key FROM keys GROUP BY public_key HAVING count(DISTINCT exhibit) > 1)
    ORDER BY public_key, exhibit, subject, path;

-- Secrets other than private keys that stand in more than one exhibit: a row a place. kind: the code of the claim; secret: the hash, key,
-- password or text as the claim has it (public keys that may log in by the SHA-256 of the key). What is weak enough to be chosen twice
-- by chance (public, admin) stands here, too: a person decides.
CREATE VIEW shared_secrets AS
    WITH secrets AS (
        SELECT DISTINCT c.code AS kind,
               coalesce(json_extract(c.facts, '$."hash-sha256"'), json_extract(c.facts, '$."key-sha256"'), json_extract(c.facts, '$.key'),
                        json_extract(c.facts, '$.hash'), json_extract(c.facts, '$.password'), json_extract(c.facts, '$.address'),
                        json_extract(c.facts, '$."community-sha256"'), json_extract(c.facts, '$.value'), json_extract(c.facts, '$.text')) AS secret,
               c.exhibit, c.subject, l.path
        FROM claims c JOIN locations l ON l.claim = c.fingerprint
        WHERE c.state = 'active'
          AND c.code IN ('credential.password-hash', 'credential.code-account', 'credential.code-password', 'credential.hidden', 'key.authorized',
                         'key.symmetric', 'service.default-community', 'remote.acs-credential'))
    SELECT kind, secret, exhibit, subject, path FROM secrets
    WHERE secret IN (SELECT secret FROM secrets GROUP BY secret HAVING count(DISTINCT exhibit) > 1)
    ORDER BY kind, secret, exhibit, subject, path;

-- How long the makers of components support the releases that exhibits hold, by the feed. state: ended, supported,
-- cannot-tell, as of the day of the look-up (support_lookups.as_of); ends: the last day of support, NULL where none is stated;
-- product, cycle: the feed's words, cycle NULL where none could be told; reason: a stable word. A claim on a distribution's
-- release is about all its packages. An exhibit without a row in support_lookups was not looked up, and products that the feed
-- does not name have no row: absence means nothing.
CREATE VIEW support AS
    SELECT fingerprint, exhibit, subject, json_extract(facts, '$.component') AS component,
           json_extract(facts, '$.version') AS version, json_extract(facts, '$.product') AS product,
           json_extract(facts, '$.cycle') AS cycle, json_extract(facts, '$.ends') AS ends,
           CASE code WHEN 'support.ended' THEN 'ended' WHEN 'support.until' THEN 'supported' ELSE 'cannot-tell' END AS state,
           json_extract(facts, '$.reason') AS reason, grade, disposition
    FROM claims WHERE code IN ('support.ended', 'support.until', 'support.unknown') AND claims.state = 'active';

-- The exhibits whose components' support was looked up. as_of: the day that it was counted from; not_in_feed: how many
-- components are of products that the feed does not name; feeds: the feeds with their hashes and dates (JSON, names beginning
-- with "feed "); components: how many there were.
CREATE VIEW support_lookups AS
    SELECT l.exhibit, json_extract(r.parameters, '$."as-of"') AS as_of,
           CAST(json_extract(r.parameters, '$."not-in-feed"') AS INTEGER) AS not_in_feed, r.parameters AS feeds, r.looked AS components
    FROM latest_runs l JOIN runs r ON r.id = l.run WHERE l.probe = 'support';

-- How long the software of a device is supported, through the image it runs.
CREATE VIEW device_support AS
    SELECT d.name AS device, s.component, s.version, s.product, s.cycle, s.ends, s.state, s.reason, s.disposition,
           s.fingerprint
    FROM devices d JOIN support s ON s.exhibit = d.exhibit;

-- Which runs saw which claim. A claim that the run of a day did not see, of a probe that looked on that day, was not there.
CREATE VIEW sighted AS
    SELECT claim, run FROM sightings;

-- What the inventories of all imports say that devices run, a row for each maker, type, software and image of an import. run:
-- the import; current: 1 for the latest, 0 for earlier ones, which say what was run before.
CREATE VIEW deployed AS
    SELECT d.run, d.run = (SELECT run FROM current_model) AS current, coalesce(d.manufacturer, t.manufacturer) AS manufacturer,
           d.device_type, d.software, d.image, count(DISTINCT d.name) AS devices
    FROM model_devices d
    LEFT JOIN (SELECT run, model, max(manufacturer) AS manufacturer FROM model_device_types
               GROUP BY run, model HAVING count(DISTINCT manufacturer) = 1) t
        ON t.run = d.run AND t.model = d.device_type AND d.manufacturer IS NULL
    GROUP BY d.run, 3, d.device_type, d.software, d.image;
