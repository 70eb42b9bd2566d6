-- The ducts of links, and the power regions of sites and devices (version 6 of the schema).
ALTER TABLE model_links ADD COLUMN ducts TEXT;
ALTER TABLE model_sites ADD COLUMN power TEXT;
ALTER TABLE model_devices ADD COLUMN power TEXT;
