//! What every store promises. A new store's tests call [`every_promise`] with a maker of empty stores, and [`reopened`].

use super::*;
use crate::ledger::entry::Signer;
use crate::ledger::event::{Event, LedgerId};
use crate::ledger::foreign::{ForeignClaim, Hold};
use crate::ledger::outcome::Standing;
use crate::ledger::outcome::{EvidenceKind, ReasonCode, Source};
use crate::payment::{Currency, Digest};

const LEDGER: LedgerId = LedgerId([1; 16]);

type MakeStore<'a> = &'a mut dyn FnMut() -> Box<dyn Store>;

pub fn every_promise(make: MakeStore) {
    entries_come_back_in_order(make);
    an_entry_has_one_place(make);
    one_obligation_has_one_live_claim(make);
    claims_are_found_by_series_and_by_payee(make);
    a_freed_claim_leaves_its_attempt_behind(make);
    a_batch_gives_up_its_claims_and_no_other(make);
    evidence_comes_back_by_payment_and_in_order(make);
    debits_stay_open_until_they_are_explained(make);
    what_another_desk_claims_is_claimed_here_by_nobody(make);
    chunks_come_back_in_order(make);
    parts_come_back_in_order_and_can_be_forgotten(make);
    payments_can_be_forgotten_whole_and_nothing_else_with_them(make);
    what_is_not_committed_did_not_happen(make);
}

/// `open(true)` makes a store, `open(false)` opens it again.
pub fn reopened(open: &mut dyn FnMut(bool) -> Box<dyn Store>) {
    let mut store = open(true);
    commit(&mut *store, |t| t.append(&entry(None)));
    commit(&mut *store, |t| t.claim(&[claim(1, 1, 1)]));
    let mut dropped = store.write(&mut |_| ()).expect("the writing place");
    dropped.claim(&[claim(2, 1, 1)]).expect("claims");
    drop(dropped);
    drop(store);
    let mut store = open(false);
    assert_eq!(entries(&mut *store), [entry(None)]);
    assert_eq!(claims(&mut *store), [claim(1, 1, 1)]);
    store.read().expect("reads").self_check().expect("sound");
}

fn commit(store: &mut dyn Store, work: impl FnOnce(&mut dyn Transaction) -> Result<()>) {
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    work(&mut *transaction).expect("is taken");
    transaction.commit().expect("commits");
}

fn entry(previous: Option<&Entry>) -> Entry {
    let signer = Signer::new("anna".into(), &[1; 32]);
    let second = Signer::new("malik".into(), &[2; 32]);
    let previous = previous.map(|entry| (entry.seq, entry.digest));
    let event = Event::EpisodeClosed { name: "attack".into() };
    Entry::record(LEDGER, previous.as_ref(), 1_648_000_000, &event, &signer, previous.is_some().then_some(&second))
}

fn claim(series: u8, obligation: u8, batch: u32) -> Claim {
    Claim {
        tag: Tag { series: [series; 8], obligation: [obligation; 8] },
        attempt: 1,
        batch: BatchId::new('B', batch),
        person: [series; 8],
        payee: (series != 9).then_some([7; 8]),
        account: [8; 8],
        amount: Amount::from_minor_units(-i64::from(series), Currency::Sek),
        period: "2022-04".parse().expect("a period"),
    }
}

/// A visitor that keeps what it is shown.
fn into<T>(kept: &mut Vec<T>) -> impl FnMut(T) -> Result<()> {
    |shown| {
        kept.push(shown);
        Ok(())
    }
}

fn entries(store: &mut dyn Store) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut snapshot = store.read().expect("reads");
    snapshot.entries_after(0, &mut into(&mut found)).expect("reads");
    found
}

fn claims(store: &mut dyn Store) -> Vec<Claim> {
    let mut found = Vec::new();
    store.read().expect("reads").claims(&mut into(&mut found)).expect("reads");
    found
}

fn entries_come_back_in_order(make: MakeStore) {
    let mut store = make();
    let first = entry(None);
    let second = entry(Some(&first));
    commit(&mut *store, |t| t.append(&first));
    commit(&mut *store, |t| t.append(&second));
    assert_eq!(entries(&mut *store), [first, second.clone()]);
    let mut later = Vec::new();
    store.read().expect("reads").entries_after(1, &mut into(&mut later)).expect("reads");
    assert_eq!(later, [second]);
}

fn an_entry_has_one_place(make: MakeStore) {
    let mut store = make();
    let first = entry(None);
    commit(&mut *store, |t| t.append(&first));
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    assert!(transaction.append(&first).is_err(), "the same number");
    let mut fork = entry(Some(&first));
    fork.seq = 7;
    fork.previous = Digest([0; 32]);
    assert!(transaction.append(&fork).is_err(), "the same predecessor");
}

fn one_obligation_has_one_live_claim(make: MakeStore) {
    let mut store = make();
    commit(&mut *store, |t| t.claim(&[claim(1, 1, 1)]));
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    let again = Claim { batch: BatchId::new('B', 2), attempt: 2, ..claim(1, 1, 2) };
    assert_eq!(transaction.claim(&[again]).expect_err("claimed").code, "control.already_claimed");
    transaction.claim(&[claim(1, 2, 2)]).expect("another obligation");
}

fn list_payee(transaction: &mut dyn Transaction, claim: &Claim) -> Result<()> {
    claim.payee.map_or(Ok(()), |payee| transaction.list_payees(&[(payee, claim.tag)]))
}

fn claims_are_found_by_series_and_by_payee(make: MakeStore) {
    let mut store = make();
    commit(&mut *store, |t| {
        for claim in [claim(2, 1, 1), claim(1, 2, 1), claim(1, 1, 1), claim(9, 1, 1)] {
            t.claim(std::slice::from_ref(&claim))?;
            list_payee(t, &claim)?;
        }
        Ok(())
    });
    assert_eq!(
        claims(&mut *store),
        [claim(1, 1, 1), claim(1, 2, 1), claim(2, 1, 1), claim(9, 1, 1)],
        "in order of tags"
    );
    let mut snapshot = store.read().expect("reads");
    assert_eq!(snapshot.claims_in_series(&[1; 8]).expect("reads"), [claim(1, 1, 1), claim(1, 2, 1)]);
    assert_eq!(snapshot.claims_in_series(&[3; 8]).expect("reads"), []);
    let of_payee = snapshot.claims_of_payee(&[7; 8]).expect("reads");
    assert_eq!(of_payee, [claim(1, 1, 1), claim(1, 2, 1), claim(2, 1, 1)], "one without an account has no payee");
    let mut listed = Vec::new();
    snapshot.listed_payees(&mut |payee, tag| into(&mut listed)((payee, tag))).expect("reads");
    assert_eq!(listed, [(1, 1), (1, 2), (2, 1)].map(|(series, obligation)| ([7; 8], claim(series, obligation, 1).tag)));
}

fn a_freed_claim_leaves_its_attempt_behind(make: MakeStore) {
    let mut store = make();
    let tag = claim(1, 1, 1).tag;
    commit(&mut *store, |t| {
        t.claim(&[claim(1, 1, 1)])?;
        list_payee(t, &claim(1, 1, 1))
    });
    assert_eq!(store.read().expect("reads").last_freed_attempt(&tag).expect("reads"), 0);
    commit(&mut *store, |t| t.free_claim(&tag));
    assert_eq!(claims(&mut *store), []);
    let mut snapshot = store.read().expect("reads");
    assert_eq!(snapshot.last_freed_attempt(&tag).expect("reads"), 1);
    assert_eq!(snapshot.claims_of_payee(&[7; 8]).expect("reads"), []);
    drop(snapshot);
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    assert!(transaction.free_claim(&tag).is_err(), "nothing to free");
    transaction.claim(&[Claim { attempt: 2, ..claim(1, 1, 2) }]).expect("can be claimed again");
    let mut ever = Vec::new();
    transaction.claims_ever(&mut |claim, live| into(&mut ever)((claim, live))).expect("reads");
    assert_eq!(ever, [(claim(1, 1, 1), false), (Claim { attempt: 2, ..claim(1, 1, 2) }, true)]);
}

fn a_batch_gives_up_its_claims_and_no_other(make: MakeStore) {
    let mut store = make();
    commit(&mut *store, |t| {
        for claim in [claim(1, 1, 1), claim(2, 1, 2)] {
            t.claim(std::slice::from_ref(&claim))?;
            list_payee(t, &claim)?;
        }
        Ok(())
    });
    commit(&mut *store, |t| t.drop_claims(BatchId::new('B', 1)));
    assert_eq!(claims(&mut *store), [claim(2, 1, 2)]);
    let mut snapshot = store.read().expect("reads");
    assert_eq!(snapshot.claims_of_payee(&[7; 8]).expect("reads"), [claim(2, 1, 2)]);
    assert_eq!(
        snapshot.last_freed_attempt(&claim(1, 1, 1).tag).expect("reads"),
        0,
        "what never left leaves no attempt"
    );
}

fn evidence(number: u32, payment: (u8, u8)) -> Evidence {
    let plain = number.is_multiple_of(2);
    Evidence {
        place: (1 + u64::from(number / 3), number % 3),
        payment: EndToEndId { tag: claim(payment.0, 1, 1).tag, attempt: payment.1 },
        kind: EvidenceKind::Settled,
        source: Source::Statement,
        identity: [number as u8; 8],
        amount: (!plain).then(|| Amount::from_minor_units(-7, Currency::Eur)),
        booked_on: chrono::NaiveDate::from_ymd_opt(2022, 3, 31).filter(|_| !plain),
        reason: ReasonCode::new("AC04").filter(|_| !plain),
    }
}

fn evidence_comes_back_by_payment_and_in_order(make: MakeStore) {
    let mut store = make();
    let kept =
        [evidence(0, (2, 1)), evidence(1, (1, 1)), evidence(2, (2, 1)), evidence(3, (1, 2)), evidence(4, (7, 1))];
    commit(&mut *store, |t| {
        t.claim(&[claim(1, 1, 1)])?;
        t.free_claim(&claim(1, 1, 1).tag)?;
        t.claim(&[Claim { attempt: 2, ..claim(1, 1, 2) }])?;
        t.claim(&[claim(2, 1, 1)])?;
        t.claim(&[claim(3, 1, 1)])?;
        // Written out of order.
        t.put_evidence(&[4, 2, 0, 1, 3].map(|at: usize| kept[at].clone()))
    });
    let mut snapshot = store.read().expect("reads");
    let mut all = Vec::new();
    snapshot.evidence(&mut into(&mut all)).expect("reads");
    assert_eq!(all, kept);
    assert_eq!(snapshot.evidence_of(&kept[0].payment).expect("reads"), [kept[0].clone(), kept[2].clone()]);
    let mut by_claim = Vec::new();
    snapshot
        .claims_with_evidence(&mut |claim, live, evidence| {
            by_claim.push((claim.tag.series[0], claim.attempt, live, evidence.to_vec()));
            Ok(())
        })
        .expect("reads");
    let expected = [
        (1, 1, false, vec![kept[1].clone()]),
        (1, 2, true, vec![kept[3].clone()]),
        (2, 1, true, vec![kept[0].clone(), kept[2].clone()]),
        (3, 1, true, vec![]),
    ];
    assert_eq!(by_claim, expected, "what is about no claim is left out");
    let mut heard_of = Vec::new();
    snapshot
        .claims_heard_of(&mut |claim, live, evidence| {
            heard_of.push((claim.tag.series[0], claim.attempt, live, evidence.to_vec()));
            Ok(())
        })
        .expect("reads");
    assert_eq!(heard_of, expected[..3], "and so is what nothing is said of");
    let ever = |snapshot: &mut dyn Snapshot, attempt| {
        let payment = EndToEndId { tag: claim(1, 1, 1).tag, attempt };
        snapshot.claim_ever(&payment).expect("reads").map(|(claim, live)| (claim.attempt, live))
    };
    assert_eq!([1, 2, 3].map(|attempt| ever(&mut *snapshot, attempt)), [Some((1, false)), Some((2, true)), None]);
    let asked = [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (5, 1), (7, 1)];
    let asked = asked.map(|(number, attempt)| EndToEndId { tag: claim(number, 1, 1).tag, attempt });
    let one_by_one = asked.map(|payment| Known {
        claim: snapshot.claim_ever(&payment).expect("reads"),
        evidence: snapshot.evidence_of(&payment).expect("reads"),
    });
    assert_eq!(snapshot.known_of(&asked).expect("reads"), one_by_one);
    drop(snapshot);
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    assert!(transaction.put_evidence(&kept[..1]).is_err(), "a place is written once");
}

fn debits_stay_open_until_they_are_explained(make: MakeStore) {
    let mut store = make();
    let debit = |number: u32, identity, day: u32, explained| BankDebit {
        place: (1, number),
        source: Source::Notification,
        identity: [identity; 8],
        amount: Amount::from_minor_units(i64::from(number) + 1, Currency::Dkk),
        booked_on: chrono::NaiveDate::from_ymd_opt(2022, 3, day),
        explained,
    };
    let kept = [debit(0, 1, 31, false), debit(1, 2, 30, false), debit(2, 3, 0, false), debit(3, 1, 31, true)];
    commit(&mut *store, |t| kept.iter().try_for_each(|debit| t.put_debit(debit)));
    let mut snapshot = store.read().expect("reads");
    let (mut all, mut open) = (Vec::new(), Vec::new());
    snapshot.debits(&mut into(&mut all)).expect("reads");
    snapshot.open_debits(&mut into(&mut open)).expect("reads");
    assert_eq!(all, kept);
    assert_eq!(open, [kept[2].clone(), kept[1].clone()], "by day, those without one first");
    assert_eq!(snapshot.debit(&[1; 8]).expect("reads"), Some(kept[3].clone()));
    assert_eq!(snapshot.debit(&[9; 8]).expect("reads"), None);
    drop(snapshot);
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    assert!(transaction.put_debit(&kept[0]).is_err(), "a place is written once");
}

fn what_another_desk_claims_is_claimed_here_by_nobody(make: MakeStore) {
    let mut store = make();
    let other = LedgerId([2; 16]);
    let foreign = |series, attempt, hold| ForeignClaim {
        ledger: other,
        claim: Claim { attempt, batch: BatchId::new('K', 1), ..claim(series, 1, 1) },
        hold,
        standing: Standing::Settled,
        times: 1,
        booked_on: None,
    };
    let all = [foreign(1, 1, Hold::Left), foreign(2, 1, Hold::Claimed), foreign(3, 2, Hold::Freed)];
    commit(&mut *store, |t| all.iter().try_for_each(|claim| t.put_foreign_claim(claim)));
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    for series in [1, 2] {
        let refused = transaction.claim(&[claim(series, 1, 1)]).expect_err("claimed at the other desk");
        assert_eq!(refused.code, "control.already_claimed");
    }
    transaction.claim(&[claim(3, 1, 1)]).expect("freed at the other desk");
    assert_eq!(transaction.claims_in_series(&[1; 8]).expect("reads"), [all[0].claim.clone()]);
    assert_eq!(transaction.claims_in_series(&[3; 8]).expect("reads"), [claim(3, 1, 1)]);
    let of_payee = transaction.claims_of_payee(&[7; 8]).expect("reads");
    assert_eq!(of_payee, [all[0].claim.clone(), all[1].claim.clone()], "not listed here, and live there");
    assert_eq!(transaction.last_freed_attempt(&all[2].claim.tag).expect("reads"), 2);
    assert_eq!(transaction.last_freed_attempt(&all[0].claim.tag).expect("reads"), 0);
    let mut found = Vec::new();
    transaction.foreign_claims(&mut into(&mut found)).expect("reads");
    assert_eq!(found, all);
    let mut everywhere = Vec::new();
    let mut visit = into(&mut everywhere);
    transaction.claims_everywhere(&mut |claim, holder| visit((claim.clone(), holder))).expect("reads");
    drop(visit);
    let here = (claim(3, 1, 1), Holder::Live);
    let [left, claimed, freed] = all.each_ref().map(|foreign| (foreign.claim.clone(), Holder::Elsewhere(foreign.hold)));
    assert_eq!(everywhere, [left, claimed, here, freed], "by tag, then by attempt");
    assert_eq!(everywhere.iter().map(|(_, holder)| holder.is_live()).collect::<Vec<_>>(), [true, true, true, false]);
    transaction.free_claim(&all[2].claim.tag).expect("is there");
    let third = Claim { attempt: 3, ..claim(3, 1, 2) };
    transaction.claim(std::slice::from_ref(&third)).expect("freed here and there");
    let mut attempts = Vec::new();
    let mut visit = into(&mut attempts);
    transaction
        .claims_everywhere(&mut |claim, holder| match claim.tag == third.tag {
            true => visit((claim.attempt, holder)),
            false => Ok(()),
        })
        .expect("reads");
    drop(visit);
    assert_eq!(attempts, [(1, Holder::Freed), (2, Holder::Elsewhere(Hold::Freed)), (3, Holder::Live)]);
    let payment = EndToEndId { tag: all[2].claim.tag, attempt: 2 };
    assert_eq!(transaction.foreign_claims_of(&payment).expect("reads"), [all[2].clone()]);
    transaction.forget_foreign_claims(other).expect("forgets");
    transaction.claim(&[claim(1, 1, 1)]).expect("nobody claims it any more");
}

fn chunks_come_back_in_order(make: MakeStore) {
    let mut store = make();
    let chunk = |group, number| SealedChunk {
        group,
        number,
        sealed: Sealed { nonce: [group as u8; 24], ciphertext: vec![number as u8; 70_000] },
        purged: None,
    };
    commit(&mut *store, |t| {
        for (group, number) in [(1, 0), (0, 1), (0, 0)] {
            t.put_chunk(BatchId::new('B', 1), &chunk(group, number))?;
        }
        t.put_chunk(BatchId::new('B', 2), &chunk(5, 5))
    });
    let mut found = Vec::new();
    let mut snapshot = store.read().expect("reads");
    snapshot.chunks(BatchId::new('B', 1), &mut into(&mut found)).expect("reads");
    assert_eq!(found, [chunk(0, 0), chunk(0, 1), chunk(1, 0)]);
    drop(snapshot);
    commit(&mut *store, |t| t.forget_chunk(BatchId::new('B', 1), &chunk(0, 1)));
    store.compact().expect("compacts");
    let mut left = Vec::new();
    store.read().expect("reads").chunks(BatchId::new('B', 1), &mut into(&mut left)).expect("reads");
    let forgotten = SealedChunk {
        sealed: Sealed { ciphertext: Vec::new(), ..chunk(0, 1).sealed },
        purged: Some(chunk(0, 1).digest()),
        ..chunk(0, 1)
    };
    assert_eq!(left, [chunk(0, 0), forgotten, chunk(1, 0)], "what the root is made of stays");
    assert_eq!(left[1].digest(), found[1].digest());
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    assert!(transaction.put_chunk(BatchId::new('B', 1), &chunk(0, 0)).is_err(), "a chunk is written once");
}

fn what_is_not_committed_did_not_happen(make: MakeStore) {
    let mut store = make();
    let mut transaction = store.write(&mut |_| ()).expect("the writing place");
    transaction.append(&entry(None)).expect("appends");
    transaction.claim(&[claim(1, 1, 1)]).expect("claims");
    drop(transaction);
    assert_eq!((entries(&mut *store), claims(&mut *store)), (vec![], vec![]));
}

fn parts_come_back_in_order_and_can_be_forgotten(make: MakeStore) {
    let mut store = make();
    let part = |entry, number| {
        SealedPart::new(entry, number, Sealed { nonce: [number as u8; 24], ciphertext: vec![entry as u8; 3] })
    };
    commit(&mut *store, |t| [part(2, 1), part(2, 0), part(9, 0)].iter().try_for_each(|part| t.put_part(part)));
    let parts = |store: &mut dyn Store, entry| {
        let mut found = Vec::new();
        let mut visit = |part| {
            found.push(part);
            Ok(())
        };
        store.read().expect("reads").parts(entry, &mut visit).expect("reads");
        found
    };
    assert_eq!(parts(&mut *store, 2), [part(2, 0), part(2, 1)]);
    assert_eq!(parts(&mut *store, 3), []);
    let one = |store: &mut dyn Store, entry, number| store.read().expect("reads").part(entry, number).expect("reads");
    assert_eq!(one(&mut *store, 2, 1), Some(part(2, 1)));
    assert_eq!((one(&mut *store, 2, 2), one(&mut *store, 3, 0)), (None, None));
    assert_eq!(store.read().expect("reads").entries_with_parts().expect("reads"), [2, 9]);
    commit(&mut *store, |t| t.forget_parts(2));
    let forgotten = |number| SealedPart { ciphertext: None, ..part(2, number) };
    assert_eq!(parts(&mut *store, 2), [forgotten(0), forgotten(1)]);
    assert_eq!(forgotten(1).to_bytes(), part(2, 1).to_bytes(), "what the root is made of stays");
    assert_eq!(parts(&mut *store, 9), [part(9, 0)]);
    let mut again = store.write(&mut |_| ()).expect("the writing place");
    assert!(again.put_part(&part(9, 0)).is_err(), "a place is taken once");
}

fn payments_can_be_forgotten_whole_and_nothing_else_with_them(make: MakeStore) {
    let mut store = make();
    let foreign = ForeignClaim {
        ledger: LedgerId([2; 16]),
        claim: Claim { batch: BatchId::new('K', 1), ..claim(9, 1, 1) },
        hold: Hold::Left,
        standing: Standing::Settled,
        times: 1,
        booked_on: None,
    };
    commit(&mut *store, |t| {
        t.append(&entry(None))?;
        t.claim(&[claim(1, 1, 1)])?;
        t.free_claim(&claim(1, 1, 1).tag)?;
        t.claim(&[claim(2, 1, 1)])?;
        list_payee(t, &claim(2, 1, 1))?;
        t.put_foreign_claim(&foreign)?;
        t.put_evidence(&[evidence(0, (2, 1)), evidence(1, (1, 1))])
    });
    let mut forgotten = (0, 0);
    commit(&mut *store, |t| {
        forgotten = t.forget_payments()?;
        Ok(())
    });
    assert_eq!(forgotten, (3, 2));
    let mut snapshot = store.read().expect("reads");
    let left = std::cell::Cell::new(0);
    let seen = || {
        left.set(left.get() + 1);
        Ok(())
    };
    snapshot.claims_ever(&mut |_, _| seen()).expect("reads");
    snapshot.listed_payees(&mut |_, _| seen()).expect("reads");
    snapshot.foreign_claims(&mut |_| seen()).expect("reads");
    snapshot.evidence(&mut |_| seen()).expect("reads");
    assert_eq!(left.get(), 0);
    snapshot.self_check().expect("sound");
    drop(snapshot);
    assert_eq!(entries(&mut *store), [entry(None)]);
    commit(&mut *store, |t| t.claim(&[claim(9, 1, 1)]));
}
