-- What entries other than batches say about people, sealed in runs. A purge empties `ciphertext`; the rest keeps the chain whole.

CREATE TABLE sealed_part (
    entry      INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    nonce      BLOB NOT NULL,
    digest     BLOB NOT NULL,
    ciphertext BLOB,
    PRIMARY KEY (entry, number)
) STRICT;
