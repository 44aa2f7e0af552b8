//! What people read after the outage, in both languages, from the bank's word to the last top-up: whole workspaces of made-up people at one
//! fixed hour, with the references, which come of random keys, masked.
//!
//! `INSTA_UPDATE=always cargo test --test screens` writes the snapshots anew; read the difference.

#[path = "../fixture/mod.rs"]
mod fixture;
mod town;

use std::path::{Path, PathBuf};

use stopgap::cli::screen;
use stopgap::ledger::recalls::CancellationReason;
use stopgap::ledger::remedies::Decision;
use stopgap::ops::baseline::add::{self as baseline, NewBaseline};
use stopgap::ops::remedies::decide::{self, Request as Deciding};
use stopgap::ops::{self, outcome, prepare, recalls, reconcile, remedies, true_up};
use stopgap::words::Language;
use town::{ANSWER, OWED, RUN, Seen, Town, in_turn, world};

fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

/// Everything from the bank's first report on. `dress` changes the names and amounts in all that is read.
fn after_the_outage(dress: &dyn Fn(&str) -> String) -> Vec<Seen> {
    in_turn(|| {
        let mut town = Town::new(dress);
        let mut seen = Vec::new();
        let read = |town: &mut Town, file: &str| {
            let files = paths(&[file]);
            let request = outcome::Request { files: &files, own_account: false };
            outcome::outcome(&mut town.workspace, &world(), Some("anna"), request).expect("reads")
        };
        let statement = town.statement();
        town.write("statement.xml", &dress(&statement));
        let report = read(&mut town, "statement.xml");
        seen.push(("outcome", town.both(|| screen::outcome(&report))));
        let report = read(&mut town, "statement.xml");
        seen.push(("outcome_seen_before", town.both(|| screen::outcome(&report))));

        let compare = |town: &mut Town, runs: &[&str]| {
            let upstream = paths(runs);
            let request = reconcile::Request {
                upstream: &upstream,
                defaults: Default::default(),
                statements: &[],
                out: Path::new("found"),
                second: None,
            };
            reconcile::reconcile(&mut town.workspace, &world(), Some("anna"), &request).expect("compares")
        };
        town.write("run.csv", &dress(RUN));
        let reconciled = compare(&mut town, &["run.csv"]);
        seen.push(("reconcile", town.both(|| screen::reconciled(&reconciled))));

        let list = |town: &mut Town| remedies::list(&mut town.workspace, &world(), Some("anna")).expect("lists");
        let show = |town: &mut Town, finding: &str| {
            remedies::show(&mut town.workspace, &world(), Some("anna"), finding).expect("shows")
        };
        let overview = list(&mut town);
        seen.push(("remedy_list", town.both(|| screen::remedy_list(&overview, world().now))));
        let doubled = town.finding("double_paid");
        let view = show(&mut town, &doubled);
        seen.push(("remedy_show", town.both(|| screen::remedy_shown(&view, false, world().now))));

        let findings = [doubled.clone()];
        let request = Deciding {
            findings: &findings,
            kind: None,
            decision: Decision::Recover,
            reason: "talt med sagsbehandleren, 7012821128 er orienteret",
            second: Some("malik"),
            amount: None,
            notices: (Path::new("letters"), &Language::ALL),
        };
        let decided = decide::decide(&mut town.workspace, &world(), Some("anna"), &request).expect("decides");
        let written = [PathBuf::from("letters/F0001.da.html")];
        seen.push(("remedy_decide", town.both(|| screen::remedy_decided(&decided, Decision::Recover, &written))));
        let view = show(&mut town, &doubled);
        seen.push(("remedy_show_decided", town.both(|| screen::remedy_shown(&view, false, world().now))));

        let planned = town.finding("double_planned");
        let request = recalls::Request {
            finding: &planned,
            reason: CancellationReason::Duplicate,
            payments: &[],
            second: Some("malik"),
        };
        let recalled = recalls::recall(&mut town.workspace, &world(), Some("anna"), &request).expect("calls back");
        seen.push(("remedy_recall", town.both(|| screen::recalled(&recalled))));
        let answer = ANSWER
            .replace("CASE", &recalled.recall.recorded.message_id)
            .replace("REFERENCE", &town.reference("300.00"));
        town.write("answer.xml", &answer);
        let report = read(&mut town, "answer.xml");
        seen.push(("outcome_answer", town.both(|| screen::outcome(&report))));
        let view = show(&mut town, &planned);
        seen.push(("remedy_show_recalled", town.both(|| screen::remedy_shown(&view, false, world().now))));

        // Upstream now says that it did not pay the first after all: what was decided stands open again.
        town.write("run.csv", &dress(&RUN.replace("5234,50;paid", "5234,50;stopped")));
        let reconciled = compare(&mut town, &["run.csv"]);
        seen.push(("reconcile_again", town.both(|| screen::reconciled(&reconciled))));
        let overview = list(&mut town);
        seen.push(("remedy_list_again", town.both(|| screen::remedy_list(&overview, world().now))));

        town.write("owed.csv", &dress(OWED));
        let request = true_up::Request {
            owed: &paths(&["owed.csv"]),
            scheme: None,
            period: None,
            batches: &[],
            episode: None,
            out: Path::new("trued"),
            second: None,
        };
        let trued = true_up::true_up(&mut town.workspace, &world(), Some("anna"), &request).expect("compares");
        seen.push(("true_up", town.both(|| screen::trued_up(&trued))));
        seen
    })
}

#[test]
fn from_the_banks_word_to_the_last_top_up() {
    for (name, screen) in after_the_outage(&str::to_owned) {
        town::check(name, &screen);
        insta::assert_snapshot!(name, screen);
    }
}

/// Names that want to be obeyed, that run the other way or never end, and the largest amount that a bank file holds.
#[test]
fn no_name_and_no_amount_bends_a_screen() {
    for (name, screen) in after_the_outage(&town::hostile) {
        town::check(name, &screen);
        assert!(!screen.contains(town::LONG), "{name}: {screen}");
    }
}

#[test]
fn paid_on_the_last_known_figures() {
    let seen = in_turn(|| {
        let town = &mut Town::of_nobody(&str::to_owned);
        let mut seen = Vec::new();
        town.write("march.csv", town::MARCH);
        let new = NewBaseline {
            lists: paths(&["march.csv"]),
            period: "2026-10".parse().expect("a period"),
            scheme: None,
            sheet: None,
            maps: Vec::new(),
        };
        let added = baseline::add(&mut town.workspace, &world(), Some("anna"), &new).expect("keeps");
        seen.push(("baseline_add", town.both(|| screen::baseline_added(&added))));
        town.write("changes.csv", town::CHANGES);
        let request = prepare::Request {
            from_baseline: true,
            changes: Some("changes.csv".into()),
            period: Some("2026-11".parse().expect("a period")),
            ..prepare::Request::default()
        };
        let report = ops::prepare::prepare(&mut town.workspace, &world(), Some("anna"), &request, false).expect("pays");
        seen.push(("prepare_changes", town.both(|| screen::prepared(&report, false))));
        seen
    });
    for (name, screen) in seen {
        town::check(name, &screen);
        insta::assert_snapshot!(name, screen);
    }
}
