-- No private key stands in more than one device.
WITH keys AS (
    SELECT DISTINCT coalesce(json_extract(facts, '$."public-key-sha256"'), json_extract(facts, '$."key-sha256"')) AS key, exhibit,
           disposition = 'disputed' AS disputed
    FROM claims
    WHERE code IN ('key.private', 'key.private-encrypted') AND state = 'active' AND coalesce(disposition, 'accepted') IN ('accepted', 'disputed')
),
known AS (SELECT key, exhibit, min(coalesce(disputed, 0)) AS disputed FROM keys WHERE key IS NOT NULL GROUP BY key, exhibit),
holders AS (
    SELECT k.key, sum(i.devices) AS devices, count(DISTINCT i.exhibit) AS images, min(i.first) AS first,
           coalesce(sum(i.devices) FILTER (WHERE NOT k.disputed), 0) AS surely
    FROM known k JOIN images i ON i.exhibit = k.exhibit GROUP BY k.key HAVING sum(i.devices) > 1
),
looked AS (
    SELECT coalesce((SELECT sum(devices) FROM tallies WHERE in_service), 0) AS devices, coalesce((SELECT sum(devices) FROM images WHERE inspected), 0) AS seen
)
SELECT 'key ' || substr(key, 1, 16) AS subject, iif(surely > 1, 'breached', 'inconclusive') AS verdict,
       'This private key stands in ' || iif(images = 1, 'the image', images || ' images') || ' of ' || devices || ' devices: who reads it out of one has it for all'
       || iif(surely > 1, '', '; somebody disputes it') || ' (the first is ' || first
       || coalesce(', ' || (SELECT min(at) FROM devices WHERE name = holders.first), '') || ').' AS reason
FROM holders
UNION ALL
SELECT 'network', 'inconclusive',
       'In the images of ' || (SELECT sum(devices) FROM images WHERE exhibit IN (SELECT exhibit FROM keys WHERE key IS NULL))
       || ' devices stand private keys that cannot be told apart.'
WHERE EXISTS (SELECT 1 FROM keys WHERE key IS NULL AND exhibit IN (SELECT exhibit FROM images))
UNION ALL
SELECT 'network', 'inconclusive',
       (devices - seen) || ' of ' || devices || iif(devices = 1, ' device runs', ' devices run') || ' no image that was unpacked in full: nobody has looked for keys.'
FROM looked WHERE seen < devices
UNION ALL
SELECT 'network', 'met', 'The images of ' || seen || iif(seen = 1, ' device', ' devices') || ' were unpacked in full, and no private key in them stands in two devices.'
FROM looked WHERE seen > 0 AND NOT EXISTS (SELECT 1 FROM holders)
