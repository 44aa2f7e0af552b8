//! What whoever approves is shown: the largest payments, the names the bank gets otherwise, what was paid before, and what is new since.

use std::fs;
use std::path::PathBuf;

use stopgap::ops::batches::{self, BatchView};
use stopgap::ops::{self, Workspace};
use stopgap::payment::{Amount, BatchId, Currency, Scheme};

use super::{at, prepare, workspace};

const NOW: &str = "2026-11-20T12:00:00";

/// A town's folder, with a new list each time.
struct Town {
    folder: tempfile::TempDir,
    workspace: Workspace,
    people: u32,
}

impl Town {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let workspace = workspace(&folder.path().join("workspace"));
        Self { folder, workspace, people: 0 }
    }

    /// Somebody new for each name and amount, paid on two days by turns.
    fn list(&mut self, scheme: &str, rows: &[(&str, &str)]) -> PathBuf {
        let mut list = "cpr;navn;konto;beløb;ydelse;periode;dato\n".to_owned();
        for (name, amount) in rows {
            self.people += 1;
            let number = self.people;
            list += &format!(
                "{:02}1250{:04};{name};6471-{:010};{amount};{scheme};2022-04;2026-12-0{}\n",
                61 + number % 28,
                1000 + number,
                1_000_000 + number,
                1 + number % 2
            );
        }
        let path = self.folder.path().join(format!("list-{}.csv", self.people));
        fs::write(&path, list).expect("writes");
        path
    }

    fn prepare(&mut self, scheme: &str, rows: &[(&str, &str)]) -> BatchId {
        let list = self.list(scheme, rows);
        let report = prepare(&mut self.workspace, &at(NOW), &list, None).expect("prepares");
        assert_eq!(report.fates.prepared.count, rows.len() as u64);
        report.batch.expect("a batch").0
    }

    fn show(&mut self, batch: BatchId) -> BatchView {
        batches::show(&mut self.workspace, &at(NOW), Some("malik"), batch).expect("shows")
    }

    fn approve(&mut self, batch: BatchId) {
        let digest = self.show(batch).batch.digest;
        ops::approve::approve(&mut self.workspace, &at(NOW), Some("malik"), batch, &digest).expect("approves");
    }

    fn set(&mut self, settings: &str) {
        let path = self.workspace.folder().join("stopgap.toml");
        let kept = fs::read_to_string(&path).expect("reads");
        let kept: String = kept
            .split_inclusive("\n[")
            .filter(|table| !table.starts_with("profile]") && !table.starts_with("limits]"))
            .collect();
        fs::write(&path, format!("{}\n\n{settings}", kept.trim_end_matches('['))).expect("writes");
        self.workspace = Workspace::open(self.workspace.folder()).expect("opens");
    }
}

fn kroner(minor_units: i64) -> Amount {
    Amount::from_minor_units(minor_units, Currency::Dkk)
}

/// Ten of a dozen, the largest first; of equal ones those that come first in the batch.
#[test]
fn the_ten_largest_payments_are_shown_the_largest_first() {
    let mut town = Town::new();
    let amounts = ["3,00", "9,00", "1,00", "7,00", "5,00", "8,00", "2,00", "6,00", "4,00", "3,00", "10,00", "3,00"];
    let rows: Vec<(&str, &str)> = amounts.into_iter().map(|amount| ("Pipaluk Berthelsen", amount)).collect();
    let batch = town.prepare("Alderspension", &rows);
    let view = town.show(batch);
    let shown: Vec<i64> = view.largest.iter().map(|payment| payment.amount.minor_units()).collect();
    assert_eq!(shown, [1000, 900, 800, 700, 600, 500, 400, 300, 300, 300]);
    let two = town.prepare("Førtidspension", &[("Malik Kreutzmann", "1,00"), ("Aviaaja Møller", "2,00")]);
    let view = town.show(two);
    assert_eq!(view.largest.iter().map(|payment| payment.amount).collect::<Vec<_>>(), [kroner(200), kroner(100)]);
}

/// A name that the bank gets in other letters is counted, and shown in both forms with its row.
#[test]
fn names_that_the_bank_gets_otherwise_are_shown_in_both_forms() {
    let mut town = Town::new();
    let batch = town.prepare("Alderspension", &[("Pipaluk Berthelsen", "1,00"), ("Łukasz Żak", "2,00")]);
    let renamed = town.show(batch).renamed;
    let [one] = renamed.first.as_slice() else { panic!("{} are shown", renamed.first.len()) };
    assert_eq!((renamed.count, one.list, one.row), (1, 0, 3));
    assert_eq!((one.as_written.as_str(), one.sent.as_str()), ("Łukasz Żak", "Lukasz Zak"));
}

/// Beside each scheme stands what it came to in the last batch before that was not cancelled, all its days together.
#[test]
fn a_scheme_stands_beside_the_last_batch_that_paid_it() {
    let mut town = Town::new();
    let before = |view: &BatchView| view.schemes[0].before.map(|(batch, sum)| (batch, sum.count, sum.amount));
    let first = town.prepare("Alderspension", &[("Pipaluk Berthelsen", "1,00"), ("Malik Kreutzmann", "2,00")]);
    assert_eq!(before(&town.show(first)), None, "nothing before");
    let other = town.prepare("Førtidspension", &[("Aviaaja Møller", "4,00")]);
    assert_eq!(before(&town.show(other)), None, "another scheme");
    let second = town.prepare("ALDERSPENSION", &[("Ivik Lund", "8,00")]);
    assert_eq!(before(&town.show(second)), Some((first, 2, kroner(300))));
    let third = town.prepare("Alderspension", &[("Nivi Lund", "16,00")]);
    assert_eq!(before(&town.show(third)), Some((second, 1, kroner(800))), "the last one");
    assert_eq!(before(&town.show(first)), None, "what came later is not before");
    ops::cancel::cancel(&mut town.workspace, &at(NOW), Some("anna"), second).expect("cancels");
    assert_eq!(before(&town.show(third)), Some((first, 2, kroner(300))), "a cancelled one paid nobody");
}

/// Whoever joined or left since the last approval is named; once somebody has approved, they are known.
#[test]
fn hands_that_are_new_since_the_last_approval_are_named() {
    let mut town = Town::new();
    let changed = |view: &BatchView| view.operators_changed.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    let first = town.prepare("Alderspension", &[("Pipaluk Berthelsen", "1,00")]);
    assert!(changed(&town.show(first)).is_empty(), "those of the first day are no news");
    ops::operators::add(&mut town.workspace, &at(NOW), "sara", Some("anna"), "malik").expect("joins");
    assert_eq!(changed(&town.show(first)), ["sara"]);
    town.approve(first);
    assert_eq!(changed(&town.show(first)), ["sara"], "as it was when it was approved");
    let second = town.prepare("Alderspension", &[("Malik Kreutzmann", "2,00")]);
    assert_eq!(changed(&town.show(second)), ["sara"], "she came after the entry of the batch that was approved last");
    town.approve(second);
    let third = town.prepare("Alderspension", &[("Ivik Lund", "4,00")]);
    assert!(changed(&town.show(third)).is_empty());
    ops::operators::retire(&mut town.workspace, &at(NOW), "sara", Some("anna"), "malik").expect("leaves");
    assert_eq!(changed(&town.show(third)), ["sara"]);
    // What nobody has approved makes nobody known, and its own approval does not change what a batch is shown with.
    let fourth = town.prepare("Alderspension", &[("Nivi Lund", "8,00")]);
    let fifth = town.prepare("Alderspension", &[("Ole Lund", "16,00")]);
    town.approve(fifth);
    assert_eq!([fourth, fifth].map(|batch| changed(&town.show(batch))), [["sara"]; 2]);
}

/// Who waits because others go first is counted on the batch that goes first, and on no other.
#[test]
fn who_waits_is_told_with_the_batch_that_goes_first() {
    let mut town = Town::new();
    let other = town.prepare("Barsel", &[("Ole Lund", "1,00")]);
    let pensions = town.list("Alderspension", &[("Pipaluk Berthelsen", "1,00")]);
    let help = town.list("Hjælp", &[("Malik Kreutzmann", "2,00"), ("Ivik Lund", "4,00")]);
    let request = ops::prepare::Request {
        lists: vec![pensions, help],
        only_schemes: vec![Scheme::new("Alderspension").expect("a name")],
        ..Default::default()
    };
    let report = ops::prepare::prepare(&mut town.workspace, &at(NOW), Some("anna"), &request, false).expect("prepares");
    let first = report.batch.expect("a batch").0;
    assert_eq!([first, other].map(|batch| town.show(batch).put_off), [2, 0]);
}

/// Looking again writes the page anew.
#[test]
fn the_control_sheet_lies_beside_the_batchs_files() {
    let mut town = Town::new();
    let batch = town.prepare("Alderspension", &[("Pipaluk Berthelsen", "1,00")]);
    for page in ["<p>one</p>", "<p>two</p>"] {
        let path = batches::write_control_sheet(&mut town.workspace, &at(NOW), None, batch, page).expect("writes");
        let path = path.expect("a page");
        assert_eq!(fs::read_to_string(town.workspace.folder().join(&path)).expect("reads"), page);
        assert_eq!(path, Workspace::outbox_of(batch).join("control-sheet.html"));
    }
}

/// What the batch before was prepared under and this one is not is said in words, and nothing else is.
#[test]
fn terms_that_changed_since_the_batch_before_are_said() {
    let mut town = Town::new();
    let said = |view: &BatchView| view.changed_terms.iter().map(ToString::to_string).collect::<Vec<_>>();
    let first = town.prepare("Alderspension", &[("Pipaluk Berthelsen", "1,00")]);
    assert!(said(&town.show(first)).is_empty(), "there is none before");
    let second = town.prepare("Alderspension", &[("Malik Kreutzmann", "2,00")]);
    assert!(said(&town.show(second)).is_empty(), "nothing changed");
    town.set("[limits]\npayment = \"50000.00\"\n\n[profile]\nname = \"generic\"\nmax_payments = 7\n");
    let third = town.prepare("Alderspension", &[("Ivik Lund", "4,00")]);
    let changed = said(&town.show(third));
    assert_eq!(changed.len(), 2, "{changed:?}");
    assert!(changed[0].contains("limit for one payment") && changed[0].contains(&second.to_string()), "{changed:?}");
    assert!(changed[1].contains("most payments in a file") && changed[1].ends_with("is 7."), "{changed:?}");
    assert!(said(&town.show(first)).is_empty(), "what came later is not before");
}
