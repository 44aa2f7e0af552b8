//! Copies that went their own ways: each pair's fork and what both have paid, against what was done to them.

use std::collections::BTreeSet;

use stopgap::ops::compare::{Compared, Obligation, compare};
use stopgap::ops::{self, Workspace};

use crate::office::{Office, approve, copy, prepare, release, world};

/// Numbers by which the test does a little of everything.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }
}

/// Who was paid, by the person's number in the list.
fn numbers(obligations: &[Obligation]) -> BTreeSet<u32> {
    let number = |one: &Obligation| {
        let payment = one.payment.as_ref().expect("an operator's key is at hand");
        payment.obligation.person.whole()[6..].parse().expect("a number")
    };
    obligations.iter().map(number).collect()
}

#[derive(Default)]
struct Did {
    claimed: BTreeSet<u32>,
    released: BTreeSet<u32>,
}

/// Prepares a few of ten people at a time, approves and releases some of them.
fn work(office: &Office, workspace: &mut Workspace, chance: &mut Chance, before: &BTreeSet<u32>) -> Did {
    let mut did = Did::default();
    for _ in 0..=chance.below(2) {
        let people: Vec<u32> = (1..=10).filter(|_| chance.below(2) == 0).collect();
        let new: Vec<u32> =
            people.into_iter().filter(|one| !before.contains(one) && !did.claimed.contains(one)).collect();
        if new.is_empty() {
            continue;
        }
        let batch = prepare(workspace, &office.list(new.iter().copied())).expect("prepares").expect("a batch");
        did.claimed.extend(&new);
        match chance.below(4) {
            0 => {}
            1 => {
                ops::cancel::cancel(workspace, &world(), Some("anna"), batch).expect("cancels");
                did.claimed.retain(|one| !new.contains(one));
            }
            _ => {
                approve(workspace, batch).expect("approves");
                release(workspace, batch).map(drop).expect("releases");
                did.released.extend(&new);
            }
        }
    }
    did
}

#[test]
fn every_pair_that_parted_is_told_where_and_over_whom() {
    let office = Office::new();
    let mut doubles = 0;
    const PAIRS: u64 = 100;
    for seed in 1..=PAIRS {
        let mut chance = Chance(seed);
        let [one, other] = [format!("one-{seed}"), format!("other-{seed}")];
        copy(&office.workspace(), &office.path(&one));
        // Two machines that do not know of each other.
        let open = |name: &str| Workspace::open(&office.path(name)).expect("opens");
        let mut here = open(&one);
        let before = work(&office, &mut here, &mut chance, &BTreeSet::new());
        let fork = here.state.head;
        copy(&office.path(&one), &office.path(&other));
        let mut there = open(&other);
        let here_did = work(&office, &mut here, &mut chance, &before.claimed);
        let there_did = work(&office, &mut there, &mut chance, &before.claimed);
        let compared = compare(&mut here, &world(), Some("anna"), &office.path(&other)).expect("compares");
        let is_one_history = compared.is_one_history();
        let Compared { fork: found, released_in_both, claimed_in_both, only_here, only_there, .. } = compared;
        assert_eq!(found, fork, "seed {seed}");
        // What was claimed before they parted and has not left is claimed in both, unless one is only older.
        let mut open_before: BTreeSet<u32> = before.claimed.difference(&before.released).copied().collect();
        open_before.retain(|_| !is_one_history);
        let both: BTreeSet<u32> = &(&here_did.claimed & &there_did.claimed) | &open_before;
        let released = &here_did.released & &there_did.released;
        assert_eq!(numbers(&released_in_both), released, "seed {seed}");
        assert_eq!(numbers(&claimed_in_both), &both - &released, "seed {seed}");
        assert_eq!(numbers(&only_here), &here_did.claimed - &there_did.claimed, "seed {seed}");
        assert_eq!(numbers(&only_there), &there_did.claimed - &here_did.claimed, "seed {seed}");
        doubles += released.len();
        for name in [one, other] {
            std::fs::remove_dir_all(office.path(&name)).expect("removes");
        }
    }
    println!("{PAIRS} pairs, {doubles} obligations released in both, all found");
    assert!(doubles > 50, "{doubles}");
}

/// The same batch, released since the copy was made: one payment, and nothing to cancel.
#[test]
fn an_older_copy_has_no_second_claim() {
    let office = Office::new();
    let mut here = office.open().expect("opens");
    let batch = prepare(&mut here, &office.list(1..=3)).expect("prepares").expect("a batch");
    approve(&mut here, batch).expect("approves");
    copy(&office.workspace(), &office.path("older"));
    release(&mut here, batch).expect("releases");
    let compared = compare(&mut here, &world(), Some("anna"), &office.path("older")).expect("compares");
    assert!(compared.is_one_history() && compared.claimed_in_both.is_empty() && compared.only_there.is_empty());
    assert_eq!(numbers(&compared.only_here), BTreeSet::from([1, 2, 3]));
    let mut older = Workspace::open(&office.path("older")).expect("opens");
    let compared = compare(&mut older, &world(), Some("anna"), &office.workspace()).expect("compares");
    assert!(compared.claimed_in_both.is_empty() && compared.only_here.is_empty());
    assert_eq!(compared.only_there.len(), 3);
}

#[test]
fn another_ledger_is_no_copy_and_the_same_one_has_no_fork() {
    let office = Office::new();
    copy(&office.workspace(), &office.path("copy"));
    let mut here = office.open().expect("opens");
    let same = compare(&mut here, &world(), None, &office.path("copy")).expect("compares");
    assert!(same.is_one_history() && same.here == same.there);
    let other = Office::new();
    let fault = compare(&mut here, &world(), None, &other.workspace()).expect_err("refused");
    assert_eq!(fault.code, "compare.other_ledger");
}
