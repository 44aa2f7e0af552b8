//! The heart of protection against paying twice: obligations become tags, and new tags are judged against those already claimed and
//! against each other. New, the same, or different in a named field.

mod first_other;

use borsh::{BorshDeserialize, BorshSerialize};
use chrono::{Datelike, NaiveDate};
use first_other::first_others;
use smallvec::SmallVec;

use super::copies::ContentMark;
use super::keyed_hash::KeyedHash;
use super::seal::SecretKey;
use super::store::Claim;
use crate::checks::CheckedPayment;
use crate::payment::{
    Account, Amount, BatchId, Country, Digest, Obligation, Payer, Period, PersonId, PersonKind, Tag, likeness,
};

/// Eight bytes of HMAC-SHA256: equal where the things behind them are equal, and telling nobody without the key what they are.
pub type Pseudonym = [u8; 8];

/// The first writer ([`ReleasePlan::writer`](crate::release::ReleasePlan::writer)) whose batches claim payees by what their account's forms
/// have in common, and destinations with the reference. Claims of earlier ones stay as they are.
pub const FIRST_BY_LIKENESS: u16 = 2;

/// Turns obligations into tags under the duplicate key.
///
/// Every digest is HMAC-SHA256 over a domain and length-prefixed fields, cut to eight bytes. Amount and account are never in a tag: the
/// same obligation with another amount must meet its claim, not slip past it.
#[derive(Clone)]
pub struct Tagger {
    keyed: KeyedHash,
    payer: Pseudonym,
    payees: KeyedHash,
    payees_as_written: KeyedHash,
    accounts: KeyedHash,
    /// By country and kind.
    registers: Box<[[OfRegister; 2]; Country::ALL.len()]>,
}

/// What the digests about everybody in one register begin with.
#[derive(Clone)]
struct OfRegister {
    obligations: KeyedHash,
    series: KeyedHash,
    persons: KeyedHash,
}

impl Tagger {
    /// The scheme of spellings and digests in use. A ledger names the one it was made with; another one must refuse it.
    pub const ALGORITHM: u8 = 1;

    pub fn new(key: &SecretKey, payer: &Payer) -> Self {
        let (keyed, payer) = (KeyedHash::new(key), payer.identity());
        let of_register = |country: Country, kind: PersonKind| {
            let (register, kind) = (country.code(), name_of(kind));
            OfRegister {
                obligations: keyed.with(&["stopgap obligation 1", &payer, register, kind]),
                series: keyed.with(&["stopgap series 1", &payer, register, kind]),
                persons: keyed.with(&["stopgap person 1", register, kind]),
            }
        };
        let kinds = [PersonKind::Natural, PersonKind::Organisation];
        Self {
            registers: Box::new(Country::ALL.map(|country| kinds.map(|kind| of_register(country, kind)))),
            payees: keyed.with(&["stopgap payee 2"]),
            payees_as_written: keyed.with(&["stopgap payee 1"]),
            accounts: keyed.with(&["stopgap account 1"]),
            payer: pseudonym(&keyed, &["stopgap payer check 1", &payer]),
            keyed,
        }
    }

    fn register_of(&self, person: &PersonId) -> &OfRegister {
        &self.registers[person.register() as usize][person.kind() as usize]
    }

    /// A value by which the right duplicate key is told from a wrong one.
    pub fn key_check(&self) -> Pseudonym {
        pseudonym(&self.keyed, &["stopgap key check 1"])
    }

    /// A value by which the payer that obligations are tagged with is told from any other.
    pub fn payer_check(&self) -> Pseudonym {
        self.payer
    }

    pub fn tag(&self, obligation: &Obligation) -> Tag {
        self.tag_folded(obligation, &obligation.scheme.folded())
    }

    fn tag_folded(&self, obligation: &Obligation, scheme: &str) -> Tag {
        let part = obligation.part.folded();
        let mut period = String::with_capacity(21);
        write_day(&mut period, obligation.period.first());
        period.push('/');
        write_day(&mut period, obligation.period.last());
        let person = &obligation.person;
        let begun = &self.register_of(person).obligations;
        Tag {
            series: self.series(person, scheme, &part),
            obligation: pseudonym(begun, &[person.whole(), scheme, &part, &period]),
        }
    }

    /// Of a person, a scheme and a part, the last two folded: what all obligations have in common that differ in the period alone.
    pub fn series(&self, person: &PersonId, scheme: &str, part: &str) -> Pseudonym {
        pseudonym(&self.register_of(person).series, &[person.whole(), scheme, part])
    }

    /// Everything by which a payment is compared with others.
    pub fn fingerprint(&self, payment: &CheckedPayment) -> Fingerprint {
        self.fingerprint_of(payment, &payment.obligation.scheme.folded())
    }

    /// As [`fingerprint`](Self::fingerprint), for those who have folded the scheme's name already.
    pub fn fingerprint_of(&self, payment: &CheckedPayment, scheme: &str) -> Fingerprint {
        let obligation = &payment.obligation;
        let account = payment.account.as_ref();
        let payee = account.map(|account| self.payee(&payment.name, &account.identity(), scheme));
        let destination = account.map(|account| account.destination(payment.reference.as_ref())).unwrap_or_default();
        Fingerprint {
            tag: self.tag_folded(obligation, scheme),
            person: self.person(&obligation.person),
            payee,
            account: self.account(&destination),
            amount: payment.amount,
            period: obligation.period,
        }
    }

    /// As [`fingerprint`](Self::fingerprint), as it stands in claims of batches that were planned by a writer before
    /// [`FIRST_BY_LIKENESS`]: the payee by the account as it was written, and the reference of slips alone.
    pub fn fingerprint_as_before(&self, payment: &CheckedPayment) -> Fingerprint {
        let scheme = payment.obligation.scheme.folded();
        let mut before = self.fingerprint_of(payment, &scheme);
        if let Some(account) = &payment.account {
            before.payee = Some(self.payee_as_written(&payment.name, &account.identity(), &scheme));
            if !account.is_slip() {
                before.account = self.account(&account.identity());
            }
        }
        before
    }

    /// Of the account that a payment goes to, whatever its reference.
    pub fn account_of(&self, payment: &CheckedPayment) -> Pseudonym {
        self.account(&payment.account.as_ref().map(Account::identity).unwrap_or_default())
    }

    /// Of an account as it is compared: [`Account::destination`](crate::payment::Account::destination).
    pub fn account(&self, destination: &str) -> Pseudonym {
        pseudonym(&self.accounts, &[destination])
    }

    /// 80 bits in base32, for message ids: made from content, guessable by nobody without the key.
    pub fn reference(&self, fields: &[&str]) -> String {
        let digest = self.keyed.digest(fields);
        data_encoding::BASE32_NOPAD.encode(&digest[..10])
    }

    /// Tells a bank's entry or report from every other: equal fields, equal identity.
    pub fn identity(&self, fields: &[&str]) -> Pseudonym {
        pseudonym(&self.keyed, fields)
    }

    /// Tells a file's content from every other's, and nothing about it to anybody without the key: `sha256` of a small file could be guessed.
    pub fn content_mark(&self, sha256: &Digest) -> ContentMark {
        let digest = self.keyed.digest(&["stopgap content mark 1", &sha256.to_string()]);
        let mut mark = [0; 16];
        mark.copy_from_slice(&digest[..16]);
        mark
    }

    /// Of a name, an account by its identity, and a benefit, folded. An account is one in all its forms.
    pub fn payee(&self, name: &str, account: &str, scheme: &str) -> Pseudonym {
        match likeness(account) {
            Some((country, digits)) => pseudonym(&self.payees, &[&name.to_lowercase(), country, digits, scheme]),
            None => self.payee_as_written(name, account, scheme),
        }
    }

    /// As [`payee`](Self::payee), as it stands in claims of batches that were planned by a writer before [`FIRST_BY_LIKENESS`].
    pub fn payee_as_written(&self, name: &str, account: &str, scheme: &str) -> Pseudonym {
        pseudonym(&self.payees_as_written, &[&name.to_lowercase(), account, scheme])
    }

    /// As what claims of earlier versions may hold the payee of a payment: by the account as it was written, and by its other form where that
    /// follows.
    pub fn payees_before(&self, payment: &CheckedPayment, scheme: &str) -> [Option<Pseudonym>; 2] {
        let Some(account) = &payment.account else { return [None, None] };
        let as_written = |identity: String| self.payee_as_written(&payment.name, &identity, scheme);
        let identity = Some(account.identity()).filter(|identity| likeness(identity).is_some());
        [identity.map(as_written), account.identity_otherwise().map(as_written)]
    }

    /// Tells a person from every other, as in a claim.
    pub fn person(&self, person: &PersonId) -> Pseudonym {
        pseudonym(&self.register_of(person).persons, &[person.whole()])
    }
}

fn pseudonym(begun: &KeyedHash, fields: &[&str]) -> Pseudonym {
    let digest = begun.digest(fields);
    let mut pseudonym = [0; 8];
    pseudonym.copy_from_slice(&digest[..8]);
    pseudonym
}

/// `2022-04-01`, as a date shows itself, and without the detour that takes.
pub fn write_day(text: &mut String, day: NaiveDate) {
    let (year, month, date) = (day.year(), day.month(), day.day());
    if !(0..=9999).contains(&year) {
        text.push_str(&day.to_string());
        return;
    }
    let year = year as u32;
    let numbers = [year / 1000, year / 100, year / 10, year, month / 10, month, date / 10, date];
    let [a, b, c, d, e, f, g, h] = numbers.map(|number| b'0' + (number % 10) as u8);
    text.push_str(std::str::from_utf8(&[a, b, c, d, b'-', e, f, b'-', g, h]).unwrap_or_default());
}

fn name_of(kind: PersonKind) -> &'static str {
    match kind {
        PersonKind::Natural => "person",
        PersonKind::Organisation => "organisation",
    }
}

/// What is compared to find doubles. Holds no personal data, only pseudonyms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    pub tag: Tag,
    pub person: Pseudonym,
    /// Name, account and scheme together; `None` where there is no account.
    pub payee: Option<Pseudonym>,
    /// With the reference, where there is one: of a payment slip, creditor and payment id together.
    pub account: Pseudonym,
    pub amount: Amount,
    pub period: Period,
}

/// Where a row stands: the list's place among the command's lists, and the row that a spreadsheet shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Place {
    pub list: u16,
    pub row: u32,
}

/// The other payment that a row collides with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Other {
    /// Another row of this command.
    Row(Place),
    /// A live payment of an earlier batch.
    Live(BatchId),
}

/// What the comparison found about one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Collision {
    /// The same obligation, amount and account.
    Same(Other),
    /// The same obligation with another amount or account. `destination` is the other's.
    Conflict { other: Other, amount_differs: bool, destination: Pseudonym },
    /// The same person, scheme and part for days that overlap.
    Overlap { other: Other, period: Period },
    /// Another person number with the same name, account and scheme for days that overlap.
    Suspect(Other),
    /// Another row says that the person is dead, or that the case has ended.
    Ended { by: Place, dead: bool },
    /// The obligation was dropped by decision earlier in the episode.
    DroppedBefore,
    /// An equal row of this command, for which this one stands now, is dropped by decision.
    EqualDropped(Place),
}

/// A payable row on its way through the comparison.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub place: Place,
    pub fingerprint: Fingerprint,
    /// Held by a check of its own.
    pub held: bool,
    /// A person decided to drop it.
    pub dropped: bool,
    /// At most one of each kind.
    pub collisions: Vec<Collision>,
}

impl Candidate {
    pub fn new(place: Place, fingerprint: Fingerprint) -> Self {
        Self { place, fingerprint, held: false, dropped: false, collisions: Vec::new() }
    }

    /// Whether a live payment already is what this row asks for.
    pub fn is_already_paid(&self) -> bool {
        self.collisions.iter().any(|collision| matches!(collision, Collision::Same(Other::Live(_))))
    }

    /// Whether another payment or row stands for it.
    pub fn is_duplicate(&self) -> bool {
        self.collisions.iter().any(|collision| matches!(collision, Collision::Same(_)))
    }

    /// Whether it waits for a person, for what a check or a comparison found.
    pub fn is_held(&self) -> bool {
        self.held || self.collisions.iter().any(|collision| !matches!(collision, Collision::Same(_)))
    }

    fn as_conflict_with(&self, other: Other, account: Pseudonym, amount: Amount) -> Option<Collision> {
        let amount_differs = self.fingerprint.amount != amount;
        let conflict = Collision::Conflict { other, amount_differs, destination: account };
        (amount_differs || self.fingerprint.account != account).then_some(conflict)
    }
}

/// Judges the candidates of one series (same person, scheme and part) against the live claims of that series and against each other.
///
/// `candidates` come in order of their obligation, and within one obligation in order of their place.
pub fn judge_series(candidates: &mut [Candidate], live: &[Claim]) {
    if let ([_], []) = (&*candidates, live) {
        return;
    }
    judge_against_live(candidates, live);
    let mut from = 0;
    while from < candidates.len() {
        let obligation = candidates[from].fingerprint.tag.obligation;
        let length = candidates[from..].iter().take_while(|c| c.fingerprint.tag.obligation == obligation).count();
        judge_one_obligation(&mut candidates[from..from + length]);
        from += length;
    }
    judge_overlaps(candidates);
}

fn judge_against_live(candidates: &mut [Candidate], live: &[Claim]) {
    if live.is_empty() {
        return;
    }
    let mut claimed: SmallVec<[&Claim; 4]> = live.iter().collect();
    claimed.sort_by_key(|claim| claim.tag);
    let mut unclaimed: Vec<&mut Candidate> = Vec::new();
    for candidate in candidates {
        let tag = candidate.fingerprint.tag;
        let from = claimed.partition_point(|claim| claim.tag < tag);
        // Two desks may have claimed it, each with its own figures: the row is there already if one of them has its.
        let mut found = claimed[from..].iter().take_while(|claim| claim.tag == tag).map(|claim| {
            let other = Other::Live(claim.batch);
            let conflict = candidate.as_conflict_with(other, claim.account, claim.amount);
            conflict.unwrap_or(Collision::Same(other))
        });
        let same = found.clone().find(|collision| matches!(collision, Collision::Same(_)));
        match same.or_else(|| found.next()) {
            Some(collision) => candidate.collisions.push(collision),
            None => unclaimed.push(candidate),
        }
    }
    if unclaimed.is_empty() {
        return;
    }
    let others = first_others(
        &live.iter().map(|claim| (claim.person, claim.period)).collect::<Vec<_>>(),
        &unclaimed.iter().map(|candidate| (None, candidate.fingerprint.period)).collect::<Vec<_>>(),
    );
    for (candidate, overlapping) in unclaimed.into_iter().zip(others) {
        if let Some(claim) = overlapping.map(|at| &live[at]) {
            candidate.collisions.push(Collision::Overlap { other: Other::Live(claim.batch), period: claim.period });
        }
    }
}

/// Rows of this command that ask for one obligation: all equal, then the first stands and the others are duplicates; else all conflict.
fn judge_one_obligation(rows: &mut [Candidate]) {
    let open: Vec<usize> = (0..rows.len()).filter(|at| !rows[*at].is_already_paid()).collect();
    let [first, rest @ ..] = open.as_slice() else { return };
    let differing = rest.iter().find(|at| {
        let Fingerprint { account, amount, .. } = rows[*first].fingerprint;
        rows[**at].as_conflict_with(Other::Row(rows[*first].place), account, amount).is_some()
    });
    match differing {
        None => {
            let place = rows[*first].place;
            for at in &open[1..] {
                rows[*at].collisions.insert(0, Collision::Same(Other::Row(place)));
            }
        }
        Some(differing) => {
            for at in &open {
                let against = if at == first { *differing } else { *first };
                let Candidate { place, fingerprint: Fingerprint { account, amount, .. }, .. } = rows[against];
                // A row that equals the first still stands in a conflict: which of the rows is right, nobody knows yet.
                let conflict =
                    rows[*at].as_conflict_with(Other::Row(place), account, amount).unwrap_or(Collision::Conflict {
                        other: Other::Row(place),
                        amount_differs: false,
                        destination: account,
                    });
                if !rows[*at].collisions.iter().any(|c| matches!(c, Collision::Conflict { .. })) {
                    rows[*at].collisions.insert(0, conflict);
                }
            }
        }
    }
}

/// Where the row that stands for its equals is dropped by a decision, the next of them stands instead, and is held for the same reasons and
/// for this one: dropping a row drops that row, not the obligation, and whoever wrote the decision may not know of the other.
///
/// `rows` are those of one obligation in order of their place, after all comparisons.
pub fn let_an_equal_stand_in(rows: &mut [Candidate]) {
    let Some(mut standing) =
        rows.iter().position(|row| !row.collisions.iter().any(|c| matches!(c, Collision::Same(_))))
    else {
        return;
    };
    while rows[standing].dropped {
        let dropped = rows[standing].place;
        let follows = Collision::Same(Other::Row(dropped));
        let Some(next) = rows.iter().position(|row| row.collisions.contains(&follows)) else { return };
        let mut found = rows[standing].collisions.clone();
        found.retain(|collision| !matches!(collision, Collision::EqualDropped(_)));
        found.push(Collision::EqualDropped(dropped));
        rows[next].collisions = found;
        let stands = Collision::Same(Other::Row(rows[next].place));
        for row in rows.iter_mut() {
            for collision in row.collisions.iter_mut().filter(|collision| **collision == follows) {
                *collision = stands;
            }
        }
        standing = next;
    }
}

/// Rows of this command for the same person, scheme and part whose days overlap without being the same.
fn judge_overlaps(candidates: &mut [Candidate]) {
    let open = candidates.iter().enumerate().filter(|(_, candidate)| !candidate.is_already_paid());
    let mut by_period: Vec<(Period, usize)> = open.map(|(at, candidate)| (candidate.fingerprint.period, at)).collect();
    by_period.sort_by_key(|(period, at)| (*period, candidates[*at].place));
    // Of the rows of earlier periods the first that reaches furthest: every later row that begins within its days overlaps it.
    let mut furthest: Option<usize> = None;
    for same in by_period.chunk_by(|(a, _), (b, _)| a == b) {
        let (period, first) = same[0];
        let Some(before) = furthest else {
            furthest = Some(first);
            continue;
        };
        let earlier = candidates[before].fingerprint.period;
        if earlier.overlaps(period) {
            let (place, earlier_place) = (candidates[first].place, candidates[before].place);
            for (_, at) in same {
                let _ = mark_overlap(&mut candidates[*at], Other::Row(earlier_place), earlier);
            }
            // Its equals were marked when it was.
            if mark_overlap(&mut candidates[before], Other::Row(place), period) {
                mark_equals(candidates, before, place, period);
            }
        }
        if period.last() > earlier.last() {
            furthest = Some(first);
        }
    }
}

/// The equals of a row that overlaps overlap as well. They lie beside it.
fn mark_equals(candidates: &mut [Candidate], equal_to: usize, place: Place, period: Period) {
    let tag = candidates[equal_to].fingerprint.tag;
    let is_equal = |candidate: &&mut Candidate| candidate.fingerprint.tag == tag;
    let (before, from_it_on) = candidates.split_at_mut(equal_to);
    let equals = before.iter_mut().rev().take_while(is_equal).chain(from_it_on.iter_mut().take_while(is_equal));
    for candidate in equals.filter(|candidate| !candidate.is_already_paid()) {
        let _ = mark_overlap(candidate, Other::Row(place), period);
    }
}

/// Whether it was marked now: a duplicate is not, and nothing is twice.
fn mark_overlap(candidate: &mut Candidate, other: Other, period: Period) -> bool {
    let marked = candidate.collisions.iter().any(|c| matches!(c, Collision::Same(_) | Collision::Overlap { .. }));
    if !marked {
        candidate.collisions.push(Collision::Overlap { other, period });
    }
    !marked
}

/// A payable row as it is compared with those of the same name, account and scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    pub place: Place,
    pub person: Pseudonym,
    pub period: Period,
    /// Whether another payment or row stands for it.
    pub is_duplicate: bool,
}

/// Judges rows with one payee (same name, account and scheme) against the live claims of that payee and against each other: where they are
/// not all one person, somebody may have two numbers. Gives the suspects by their places in `rows`, each with the other.
pub fn judge_payee(rows: &[Named], live: &[Claim]) -> Vec<(usize, Other)> {
    if live.is_empty() && rows.len() < 2 {
        return Vec::new();
    }
    let asked: Vec<_> = rows.iter().map(|row| (Some(row.person), row.period)).collect();
    let claimed = first_others(&live.iter().map(|claim| (claim.person, claim.period)).collect::<Vec<_>>(), &asked);
    // Also what is paid already: it may have been paid under a name that was written otherwise.
    let twins = first_others(&rows.iter().map(|twin| (twin.person, twin.period)).collect::<Vec<_>>(), &asked);
    let mut suspects = Vec::new();
    for (at, (claimed, twin)) in claimed.into_iter().zip(twins).enumerate().filter(|(at, _)| !rows[*at].is_duplicate) {
        let claimed = claimed.map(|at| Other::Live(live[at].batch));
        suspects.extend(claimed.or_else(|| twin.map(|at| Other::Row(rows[at].place))).map(|other| (at, other)));
    }
    suspects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Country, Currency, Part, Scheme};

    fn payer() -> Payer {
        let account =
            crate::payment::DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() };
        Payer {
            name: "Kommunia".into(),
            payer_id: None,
            country: Country::Gl,
            account: crate::payment::Account::Domestic(account),
            bic: None,
        }
    }

    fn tagger() -> Tagger {
        Tagger::new(&SecretKey::new([7; 32]), &payer())
    }

    fn obligation(number: &str, scheme: &str, period: &str, part: &str) -> Obligation {
        Obligation {
            person: PersonId::new(Country::Gl, PersonKind::Natural, number),
            scheme: Scheme::new(scheme).expect("a scheme"),
            period: period.parse().expect("a period"),
            part: Part::new(part),
        }
    }

    /// The digests of all ledgers depend on it.
    #[test]
    fn a_day_is_written_as_it_shows_itself() {
        let first = NaiveDate::from_ymd_opt(1899, 12, 28).expect("a day");
        let far = ["0001-01-01", "0999-12-31", "9999-12-31", "0000-02-29", "-0044-03-15", "+10000-01-01"]
            .map(|day| day.parse::<NaiveDate>());
        for day in first.iter_days().step_by(13).take(6_000).chain(far.map(|day| day.expect("a day"))) {
            let mut text = String::new();
            write_day(&mut text, day);
            assert_eq!(text, day.to_string());
        }
    }

    /// Pseudonyms, marks and references depend on what they are of and on the key, and say nothing by themselves.
    #[test]
    fn what_is_made_of_a_key_is_of_that_key_and_of_one_thing() {
        let (one, other) = (tagger(), Tagger::new(&SecretKey::new([8; 32]), &payer()));
        let person = |number: &str| PersonId::new(Country::Gl, PersonKind::Natural, number);
        let made = |tagger: &Tagger, of: &str| {
            [
                tagger.person(&person(of)).to_vec(),
                tagger.content_mark(&Digest([of.as_bytes()[9]; 32])).to_vec(),
                tagger.reference(&[of]).into_bytes(),
                tagger.payee(of, "6471-0001234567", "hjælp").to_vec(),
                tagger.identity(&[of]).to_vec(),
            ]
        };
        let all = [made(&one, "6101010001"), made(&one, "6101010002"), made(&other, "6101010001")];
        for (at, length) in [8, 16, 16, 8, 8].into_iter().enumerate() {
            let values: std::collections::BTreeSet<_> = all.iter().map(|made| &made[at]).collect();
            assert_eq!(values.len(), 3, "{at}");
            assert!(values.iter().all(|value| value.len() == length && value.iter().any(|byte| *byte != 0)), "{at}");
        }
        assert_eq!(made(&one, "6101010001"), made(&tagger(), "6101010001"));
        assert_eq!(one.key_check(), tagger().key_check());
        assert_ne!(one.key_check(), other.key_check());
        let organisation = PersonId::new(Country::Gl, PersonKind::Organisation, "6101010001");
        assert_ne!(one.person(&organisation), one.person(&person("6101010001")));
    }

    /// The invoice counts as well as the payee, and a payee is one under an account and its IBAN.
    #[test]
    fn a_payment_is_compared_by_all_that_tells_where_it_goes() {
        use crate::payment::{DomesticAccount, Iban, PaymentReference, ReferenceKind, SlipKind, SlipPayee};
        let payment = |account: Account, reference: Option<&str>| CheckedPayment {
            obligation: obligation("6101010001", "Alderspension", "2022-04", ""),
            amount: Amount::from_minor_units(100, Currency::Dkk),
            name: "Ane Made-Up".into(),
            account: Some(account),
            as_written: Default::default(),
            payee_name: None,
            text: None,
            reference: reference.map(|text| PaymentReference::new_checked(ReferenceKind::Fik, text)),
            pay_on: NaiveDate::from_ymd_opt(2022, 4, 1).expect("a day"),
            list: 0,
            row: 2,
        };
        let tagger = tagger();
        let slip = || Account::Slip(SlipPayee::new_checked(SlipKind::K71, "81234567"));
        let account = |payment: &CheckedPayment| tagger.fingerprint_of(payment, "alderspension").account;
        let [one, other] = ["000000000000018", "000000000000026"].map(|id| account(&payment(slip(), Some(id))));
        assert_ne!(one, other);
        assert_eq!(one, account(&payment(slip(), Some("000000000000018"))));
        let norwegian = |bank: &str, number: &str| {
            Account::Domestic(DomesticAccount { country: Country::No, bank: bank.into(), number: number.into() })
        };
        let paid = payment(norwegian("8601", "1117947"), None);
        let as_written = |account: &str| Some(tagger.payee_as_written("Ane Made-Up", account, "alderspension"));
        assert_eq!(
            tagger.payees_before(&paid, "alderspension"),
            [as_written("NO86011117947"), as_written("NO9386011117947")]
        );
        assert_eq!(tagger.payees_before(&payment(slip(), None), "alderspension"), [None, None]);
        let payee = |payment: &CheckedPayment| tagger.fingerprint_of(payment, "alderspension").payee;
        let danish = Account::Domestic(DomesticAccount {
            country: Country::Dk,
            bank: "4420".into(),
            number: "0012345678".into(),
        });
        let (danish, iban) =
            (payment(danish, None), payment(Account::Iban(Iban::new_checked("DK8030000012345678")), None));
        assert_eq!(payee(&danish), payee(&iban), "the bank code of an IBAN is a hint only");
        assert_ne!(account(&danish), account(&iban), "which serves to ask, and never to say that something was paid");
        let before = tagger.fingerprint_as_before(&danish);
        assert_ne!(before.payee, payee(&danish));
        assert_eq!(tagger.payees_before(&danish, "alderspension"), [before.payee, None]);
        let invoice = |reference| payment(danish.account.clone().expect("an account"), Some(reference));
        assert_ne!(account(&invoice("1")), account(&invoice("2")), "another reference pays another invoice");
        assert_ne!(account(&invoice("1")), account(&danish));
        assert_eq!(tagger.account_of(&invoice("1")), account(&danish));
        assert_eq!(tagger.fingerprint_as_before(&invoice("1")).account, account(&danish));
    }

    /// Each register has what its digests begin with in its own place.
    #[test]
    fn a_pseudonym_is_the_digest_of_its_register_and_kind() {
        let keyed = KeyedHash::new(&SecretKey::new([7; 32]));
        for country in Country::ALL {
            for (kind, name) in [(PersonKind::Natural, "person"), (PersonKind::Organisation, "organisation")] {
                let person = PersonId::new(country, kind, "6101010001");
                let fields = ["stopgap person 1", person.register().code(), name, "6101010001"];
                assert_eq!(tagger().person(&person), keyed.digest(&fields)[..8], "{country:?} {name}");
            }
        }
    }

    #[test]
    fn spellings_of_one_obligation_have_one_tag_and_other_obligations_another() {
        let tag = |obligation: Obligation| tagger().tag(&obligation);
        let one = tag(obligation("6101010001", "Førtidspension", "2022-04", "A1"));
        assert_eq!(one, tag(obligation("6101010001", " FØRTIDSPENSION ", "2022-04-01..2022-04-30", "a1")));
        let others = [
            obligation("6101010002", "Førtidspension", "2022-04", "A1"),
            obligation("6101010001", "Alderspension", "2022-04", "A1"),
            obligation("6101010001", "Førtidspension", "2022-05", "A1"),
            obligation("6101010001", "Førtidspension", "2022-04", ""),
        ];
        for other in others {
            assert_ne!(one, tag(other));
        }
        let next_month = tag(obligation("6101010001", "Førtidspension", "2022-05", "A1"));
        assert_eq!(one.series, next_month.series, "a person's periods lie side by side");
        let key = SecretKey::new([8; 32]);
        assert_ne!(one, Tagger::new(&key, &payer()).tag(&obligation("6101010001", "Førtidspension", "2022-04", "A1")));
    }

    /// Fields are length-prefixed: moving a letter from one to the next makes another obligation.
    #[test]
    fn fields_of_an_obligation_cannot_run_into_each_other() {
        let tag = |scheme, part| tagger().tag(&obligation("6101010001", scheme, "2022-04", part));
        assert_ne!(tag("ab", "c"), tag("a", "bc"));
    }

    /// The tags of one obligation under a known key. If this changes, every ledger in use forgets whom it has paid.
    #[test]
    fn tags_never_change() {
        let id = crate::payment::EndToEndId {
            tag: tagger().tag(&obligation("6101010001", "Førtidspension", "2022-04", "A1")),
            attempt: 1,
        };
        insta::assert_snapshot!(id, @"W6LPYSSGMPEJXANCHCH3IPRFQ41");
    }

    const DKK: Currency = Currency::Dkk;

    /// person, part of the obligation, period, amount, account
    fn candidate(row: u32, person: u8, period: &str, amount: i64, account: u8) -> Candidate {
        let period: Period = period.parse().expect("a period");
        let mut obligation = [0; 8];
        obligation[..4].copy_from_slice(&chrono::Datelike::num_days_from_ce(&period.first()).to_be_bytes());
        obligation[4..].copy_from_slice(&chrono::Datelike::num_days_from_ce(&period.last()).to_be_bytes());
        let fingerprint = Fingerprint {
            tag: Tag { series: [person; 8], obligation },
            person: [person; 8],
            payee: Some([account; 8]),
            account: [account; 8],
            amount: Amount::from_minor_units(amount, DKK),
            period,
        };
        Candidate::new(Place { list: 0, row }, fingerprint)
    }

    fn claimed(batch: u32, candidate: &Candidate) -> Claim {
        let Fingerprint { tag, person, payee, account, amount, period } = candidate.fingerprint;
        Claim { tag, attempt: 1, batch: BatchId::new('B', batch), person, payee, account, amount, period }
    }

    /// Sorts, judges and says per row what was found, in the order of the rows.
    fn judged(mut rows: Vec<Candidate>, live: &[Claim]) -> Vec<String> {
        rows.sort_by_key(|row| (row.fingerprint.tag, row.place));
        judge_series(&mut rows, live);
        rows.sort_by_key(|row| row.place);
        rows.iter().map(said).collect()
    }

    fn said(row: &Candidate) -> String {
        let said = |collision: &Collision| say(collision, row.fingerprint.account);
        row.collisions.iter().map(said).collect::<Vec<_>>().join(" + ")
    }

    /// `account`: that of the row.
    fn say(collision: &Collision, account: Pseudonym) -> String {
        let other = |other: &Other| match other {
            Other::Row(place) => format!("row {}", place.row),
            Other::Live(batch) => batch.to_string(),
        };
        match collision {
            Collision::Same(same) => format!("same as {}", other(same)),
            Collision::Conflict { other: with, amount_differs, destination } => {
                let account_differs = account != *destination;
                format!("conflict with {} {amount_differs} {account_differs}", other(with))
            }
            Collision::Overlap { other: with, period } => format!("overlaps {} {period}", other(with)),
            Collision::Suspect(with) => format!("suspect {}", other(with)),
            Collision::Ended { by, dead } => format!("ended by row {} {dead}", by.row),
            Collision::DroppedBefore => "dropped before".into(),
            Collision::EqualDropped(place) => format!("instead of row {}", place.row),
        }
    }

    #[test]
    fn the_same_obligation_in_one_command_is_a_duplicate_or_a_conflict_of_all_rows() {
        let april = |row, amount, account| candidate(row, 1, "2022-04", amount, account);
        assert_eq!(
            judged(vec![april(2, 100, 1), april(3, 100, 1), april(9, 100, 1)], &[]),
            ["", "same as row 2", "same as row 2"]
        );
        assert_eq!(
            judged(vec![april(2, 100, 1), april(3, 100, 1), april(4, 200, 1)], &[]),
            ["conflict with row 4 true false", "conflict with row 2 false false", "conflict with row 2 true false"]
        );
        assert_eq!(
            judged(vec![april(2, 100, 1), april(3, 100, 2)], &[]),
            ["conflict with row 3 false true", "conflict with row 2 false true"]
        );
    }

    #[test]
    fn a_row_that_is_held_and_dropped_does_not_stand_for_its_equals() {
        let equals = || {
            vec![
                candidate(2, 1, "2022-04", 100, 1),
                candidate(3, 1, "2022-04", 100, 1),
                candidate(4, 1, "2022-04", 100, 1),
            ]
        };
        let after = |mut rows: Vec<Candidate>| {
            judge_series(&mut rows, &[]);
            let_an_equal_stand_in(&mut rows);
            rows.iter().map(said).collect::<Vec<_>>()
        };
        let mut limit = equals();
        (limit[0].held, limit[0].dropped) = (true, true);
        assert_eq!(after(limit), ["", "instead of row 2", "same as row 3"]);
        let mut both = equals();
        for row in &mut both[..2] {
            (row.held, row.dropped) = (true, true);
        }
        assert_eq!(after(both), ["", "instead of row 2", "instead of row 3"]);
        let mut not_held = equals();
        not_held[0].dropped = true;
        assert_eq!(
            after(not_held),
            ["", "instead of row 2", "same as row 3"],
            "who was dropped is not paid by the next row"
        );
    }

    #[test]
    fn a_live_payment_wins_over_everything_else_about_a_row() {
        let april = |row, amount| candidate(row, 1, "2022-04", amount, 1);
        let live = [claimed(1, &april(0, 100))];
        assert_eq!(
            judged(vec![april(2, 100), april(3, 200)], &live),
            ["same as B0001", "conflict with B0001 true false"]
        );
        let quarter = candidate(4, 1, "2022-03..2022-05", 300, 1);
        assert_eq!(judged(vec![april(2, 100), quarter], &live), ["same as B0001", "overlaps B0001 2022-04"]);
        // Two desks claimed it, with different figures.
        let mut desks = [claimed(1, &april(0, 200)), claimed(7, &april(0, 100))];
        for _ in 0..2 {
            assert_eq!(judged(vec![april(2, 100)], &desks), ["same as B0007"], "{desks:?}");
            desks.reverse();
        }
        assert_eq!(judged(vec![april(2, 300)], &desks), ["conflict with B0001 true false"]);
    }

    #[test]
    fn overlapping_periods_hold_all_rows_that_overlap_and_no_other() {
        let rows = vec![
            candidate(2, 1, "2022-01..2022-12", 100, 1),
            candidate(3, 1, "2022-02", 100, 1),
            candidate(4, 1, "2022-11", 100, 1),
            candidate(5, 1, "2023-01", 100, 1),
            candidate(6, 1, "2022-02", 100, 1),
        ];
        assert_eq!(
            judged(rows, &[]),
            ["overlaps row 3 2022-02", "overlaps row 2 2022", "overlaps row 2 2022", "", "same as row 3"]
        );
    }

    #[test]
    fn an_overlap_is_found_from_either_side_even_between_equals() {
        let rows = vec![
            candidate(2, 1, "2022-02", 100, 1),
            candidate(3, 1, "2022-02", 200, 1),
            candidate(4, 1, "2022-02-20..2022-03-10", 100, 1),
        ];
        assert_eq!(
            judged(rows, &[]),
            [
                "conflict with row 3 true false + overlaps row 4 2022-02-20..2022-03-10",
                "conflict with row 2 true false + overlaps row 4 2022-02-20..2022-03-10",
                "overlaps row 2 2022-02"
            ]
        );
        let spans = |row, amount| candidate(row, 1, "2022-03..2022-04", amount, 1);
        assert_eq!(
            judged(vec![spans(2, 200), spans(3, 100), candidate(4, 1, "2022-03", 100, 1)], &[]),
            [
                "conflict with row 3 true false + overlaps row 4 2022-03",
                "conflict with row 2 true false + overlaps row 4 2022-03",
                "overlaps row 2 2022-03..2022-04"
            ]
        );
    }

    #[test]
    fn two_numbers_with_one_name_account_and_scheme_are_suspect_only_for_overlapping_days() {
        let rows = [
            candidate(2, 1, "2022-04", 100, 1),
            candidate(3, 2, "2022-04", 100, 1),
            candidate(4, 3, "2022-05", 100, 1),
            candidate(5, 1, "2022-04", 100, 1),
        ];
        let live = [claimed(7, &candidate(0, 4, "2022-05", 100, 1))];
        let named = |is_duplicate: &[bool]| {
            let one = |(row, is_duplicate): (&Candidate, &bool)| {
                let Candidate { place, fingerprint: Fingerprint { person, period, .. }, .. } = *row;
                Named { place, person, period, is_duplicate: *is_duplicate }
            };
            rows.iter().zip(is_duplicate).map(one).collect::<Vec<_>>()
        };
        let said = |rows: Vec<Named>| {
            let found = judge_payee(&rows, &live);
            found
                .iter()
                .map(|(at, other)| format!("{at} {}", say(&Collision::Suspect(*other), [0; 8])))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            said(named(&[false; 4])),
            ["0 suspect row 3", "1 suspect row 2", "2 suspect B0007", "3 suspect row 3"]
        );
        let two_duplicates = [true, false, false, true];
        assert_eq!(said(named(&two_duplicates)), ["1 suspect row 2", "2 suspect B0007"], "they are there");
        assert_eq!(judge_payee(&named(&[false; 4])[3..], &[]), [], "one person alone");
        assert_eq!(judge_payee(&named(&[false; 4])[2..3], &live).len(), 1, "one row beside a live payment");
        assert_eq!(judge_payee(&named(&[false; 4])[..2], &[]).len(), 2, "two rows alone");
        assert_eq!(judge_payee(&named(&[false; 4])[..3], &[]).len(), 2, "and a third");
    }

    proptest::proptest! {
        /// Whatever the rows: of each obligation at most one row is free of collisions, and a row without collisions overlaps no other
        /// such row. The claims' own uniqueness stands behind this.
        #[test]
        fn rows_that_stand_never_collide(rows in proptest::collection::vec((1u8..3, 1u32..6, 0u32..3, 1i64..3, 1u8..3), 0..12)) {
            let mut candidates: Vec<Candidate> = (2..).zip(rows).map(|(row, (person, month, months, amount, account))| {
                let period = format!("2022-{month:02}..2022-{:02}", month + months);
                candidate(row, person, &period, amount, account)
            }).collect();
            candidates.sort_by_key(|row| (row.fingerprint.tag, row.place));
            for series in candidates.chunk_by_mut(|a, b| a.fingerprint.tag.series == b.fingerprint.tag.series) {
                judge_series(series, &[]);
            }
            let standing: Vec<_> = candidates.iter().filter(|c| c.collisions.is_empty()).collect();
            for (at, one) in standing.iter().enumerate() {
                for other in &standing[at + 1..] {
                    let same_series = one.fingerprint.tag.series == other.fingerprint.tag.series;
                    proptest::prop_assert!(!(same_series && one.fingerprint.period.overlaps(other.fingerprint.period)));
                }
            }
        }
    }
}
