-- What other desks of the same payer claim, as of the last merge with each: nothing of it is claimed here again. The columns of `claim`, and
-- how the other desk's payment stands.

CREATE TABLE foreign_claim (
    ledger       BLOB NOT NULL,
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
    -- 0 claimed, 1 left for the bank, 2 freed.
    hold         INTEGER NOT NULL,
    -- The bank's word, and how often the money is out.
    standing     INTEGER NOT NULL,
    times        INTEGER NOT NULL,
    -- Days of the common era.
    booked_on    INTEGER,
    PRIMARY KEY (ledger, series, obligation, attempt)
) STRICT, WITHOUT ROWID;

CREATE INDEX foreign_claim_by_tag ON foreign_claim (series, obligation);

CREATE INDEX foreign_claim_by_payee ON foreign_claim (payee) WHERE payee IS NOT NULL;

-- As the primary key of `claim` within this ledger, so this between the desks.
CREATE TRIGGER claimed_at_another_desk BEFORE INSERT ON claim
WHEN EXISTS (
    SELECT 1 FROM foreign_claim WHERE series = NEW.series AND obligation = NEW.obligation AND hold < 2
)
BEGIN SELECT RAISE(ABORT, 'claimed at another desk'); END;
