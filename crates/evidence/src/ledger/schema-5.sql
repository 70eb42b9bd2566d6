-- Version 5: what of a table was not read; with each device what it is used for, which nearly every measure asks and which would otherwise be gathered from the
-- functions and the parts in interception of the whole network each time (see `devices` in views.sql; `duties.rs` writes it).
ALTER TABLE model_tables ADD COLUMN missing TEXT;
ALTER TABLE model_devices ADD COLUMN duties TEXT NOT NULL DEFAULT '[]';
DROP TRIGGER IF EXISTS model_devices_no_update;
UPDATE model_devices SET duties = '[' || substr(
    coalesce((SELECT ',' || group_concat(json_quote('function ' || upper(trim(f.function)))) FROM model_functions f
              WHERE f.run = model_devices.run AND f.device = model_devices.name), '')
    || CASE WHEN trim(role) <> '' THEN ',' || json_quote('role ' || lower(trim(role))) ELSE '' END
    || coalesce((SELECT ',' || group_concat(json_quote('part ' || upper(trim(i.part)))) FROM model_interceptions i
                 WHERE i.run = model_devices.run AND i.device = model_devices.name), ''), 2) || ']';
