-- What the bank's reports say of released payments. Only ever added to; each row is covered by the root in its entry's event.

CREATE TABLE evidence (
    entry      INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    series     BLOB NOT NULL,
    obligation BLOB NOT NULL,
    attempt    INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    source     INTEGER NOT NULL,
    identity   BLOB NOT NULL,
    amount     INTEGER,
    currency   TEXT,
    booked_on  INTEGER,
    reason     TEXT,
    PRIMARY KEY (entry, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX evidence_of_payment ON evidence (series, obligation, attempt);

CREATE TRIGGER evidence_is_never_changed BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END;

CREATE TRIGGER evidence_is_never_deleted BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is never deleted'); END;

-- Debits on the payer's account that no released payment explains, and the explanations of those that one does after all.
CREATE TABLE bank_debit (
    entry     INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    source    INTEGER NOT NULL,
    identity  BLOB NOT NULL,
    amount    INTEGER NOT NULL,
    currency  TEXT NOT NULL,
    booked_on INTEGER,
    explained INTEGER NOT NULL,
    PRIMARY KEY (entry, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX bank_debit_by_identity ON bank_debit (identity);

CREATE TRIGGER bank_debit_is_never_changed BEFORE UPDATE ON bank_debit
BEGIN SELECT RAISE(ABORT, 'debits are never changed'); END;

CREATE TRIGGER bank_debit_is_never_deleted BEFORE DELETE ON bank_debit
BEGIN SELECT RAISE(ABORT, 'debits are never deleted'); END;
