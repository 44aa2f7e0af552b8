-- A purge empties a chunk's `ciphertext`; its digest stays, and with it the root that the batch was recorded with.

ALTER TABLE sealed ADD COLUMN digest BLOB;
