-- The first ledger. Personal data is in `sealed` only, encrypted before it comes here.

CREATE TABLE entry (
    seq              INTEGER PRIMARY KEY,
    previous         BLOB NOT NULL UNIQUE,
    at               INTEGER NOT NULL,
    actor            TEXT NOT NULL,
    second           TEXT,
    event            BLOB NOT NULL,
    digest           BLOB NOT NULL UNIQUE,
    signature        BLOB NOT NULL,
    second_signature BLOB
) STRICT;

CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;

CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

-- Live payments. The primary key is the last guard against two payments of one obligation.
CREATE TABLE claim (
    series       BLOB NOT NULL,
    obligation   BLOB NOT NULL,
    attempt      INTEGER NOT NULL,
    batch        TEXT NOT NULL,
    person       BLOB NOT NULL,
    payee        BLOB,
    account      BLOB NOT NULL,
    amount       INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    period_first INTEGER NOT NULL,
    period_last  INTEGER NOT NULL,
    PRIMARY KEY (series, obligation)
) STRICT, WITHOUT ROWID;

-- The same claims by name, account and scheme.
CREATE TABLE claim_payee (
    payee      BLOB NOT NULL,
    series     BLOB NOT NULL,
    obligation BLOB NOT NULL,
    PRIMARY KEY (payee, series, obligation)
) STRICT, WITHOUT ROWID;

-- Claims of payments that left and did not stand. The same columns as `claim`.
CREATE TABLE freed_claim (
    series       BLOB NOT NULL,
    obligation   BLOB NOT NULL,
    attempt      INTEGER NOT NULL,
    batch        TEXT NOT NULL,
    person       BLOB NOT NULL,
    payee        BLOB,
    account      BLOB NOT NULL,
    amount       INTEGER NOT NULL,
    currency     TEXT NOT NULL,
    period_first INTEGER NOT NULL,
    period_last  INTEGER NOT NULL,
    PRIMARY KEY (series, obligation, attempt)
) STRICT, WITHOUT ROWID;

-- A batch's payments, sealed in runs.
CREATE TABLE sealed (
    batch         TEXT NOT NULL,
    payment_group INTEGER NOT NULL,
    chunk         INTEGER NOT NULL,
    nonce         BLOB NOT NULL,
    ciphertext    BLOB NOT NULL,
    PRIMARY KEY (batch, payment_group, chunk)
) STRICT;
