-- What another desk claims is refused as before. FAIL in the place of ABORT: to be able to take back one claim alone, SQLite copied every page
-- that each of a million claims changed. Whoever is refused takes back the whole transaction.

DROP TRIGGER claimed_at_another_desk;

CREATE TRIGGER claimed_at_another_desk BEFORE INSERT ON claim
WHEN EXISTS (
    SELECT 1 FROM foreign_claim WHERE series = NEW.series AND obligation = NEW.obligation AND hold < 2
)
BEGIN SELECT RAISE(FAIL, 'claimed at another desk'); END;
