//! Where the personal data is, who is in it, and its end.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::desk::{Desk, LIST, PAY_ON};

fn released(desk: &Desk) -> String {
    desk.write("list.csv", LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    let released = desk.release("B0001").exits(0).json();
    released["files"][0]["path"].as_str().expect("a path").to_owned()
}

fn copies(desk: &Desk) -> Value {
    desk.json(&["copies", "list", "--operator", "anna"]).json()
}

fn states(list: &Value) -> Vec<(String, String)> {
    let copies = list["copies"].as_array().expect("copies");
    let text = |copy: &Value, key: &str| copy[key].as_str().unwrap_or_default().to_owned();
    copies.iter().map(|copy| (text(copy, "purpose"), text(copy, "state"))).collect()
}

#[test]
fn every_file_is_entered_listed_and_ended() {
    let desk = Desk::new();
    // The halves of the recovery code, C0001 and C0002, are printed and ended first.
    desk.end_every_copy();
    let bank_file = released(&desk);
    let list = copies(&desk);
    let expected = [("rows", "as_written"), ("control_sheet", "as_written"), ("bank_file", "as_written")];
    assert_eq!(states(&list), expected.map(|(purpose, state)| (purpose.to_owned(), state.to_owned())));
    assert_eq!(list["unregistered"], serde_json::json!([]));
    let bank = &list["copies"][2];
    assert_eq!((&bank["persons"], &bank["with_person_id"]), (&3.into(), &0.into()));
    assert_eq!(bank["path"].as_str(), Some(bank_file.as_str()));

    // What was changed, moved or put there is named.
    let rows = desk.workspace().join("out/B0001/rows.csv");
    fs::rename(&rows, desk.workspace().join("out/renamed.csv")).expect("renames");
    fs::write(desk.workspace().join("out/stranger.csv"), "x").expect("writes");
    fs::write(desk.workspace().join(&bank_file), "x").expect("writes");
    let ran = desk.json(&["copies", "list", "--operator", "anna"]).exits(1).json();
    assert_eq!(ran["copies"][0]["moved_to"], "out/renamed.csv", "{ran}");
    assert_eq!(ran["copies"][2]["state"], "changed");
    assert_eq!(ran["unregistered"][0]["path"], "out/stranger.csv");

    // Its end: where it lies now, or with a reason.
    let end = |what: &[&str]| desk.json(&[&["copies", "end", "--operator", "anna"], what].concat());
    assert_eq!(end(&["C0003"]).exits(3).error_code(), "copy.missing");
    assert_eq!(end(&["out/renamed.csv"]).exits(0).json()["ended"][0]["how"], "destroyed");
    assert!(!desk.workspace().join("out/renamed.csv").exists());
    assert_eq!(end(&[&bank_file]).exits(3).error_code(), "copy.changed");
    end(&[&bank_file, "--reason", "somebody wrote into it"]).exits(0);
    assert_eq!(end(&["C0005"]).exits(3).error_code(), "copy.ended");
    // The bank file is made again, to the byte, and entered again.
    desk.release("B0001").exits(0);
    assert_eq!(states(&copies(&desk)).len(), 2);
    assert_eq!(end(&["out/stranger.csv"]).exits(0).json()["ended"][0]["copy"], Value::Null);
    desk.end_every_copy();
    assert_eq!(desk.json(&["copies", "list", "--operator", "anna"]).exits(0).json()["copies"], serde_json::json!([]));
    let left: Vec<_> = desk.files().into_iter().filter(|file| file.to_string_lossy().contains("/out/")).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new());
    desk.json(&["verify"]).exits(0);
}

/// `--all` is what `episode close` names: it ends nothing that somebody may still need.
#[test]
fn all_are_those_that_are_done_with() {
    let desk = Desk::new();
    let end = || desk.json(&["copies", "end", "--all", "--operator", "anna"]).exits(0).json();
    let left = |ended: &Value| {
        let why = |one: &Value| one["why"].as_str().expect("a word").to_owned();
        ended["left"].as_array().expect("a list").iter().map(why).collect::<Vec<_>>()
    };
    assert_eq!(left(&end()), ["to_be_printed"; 2]);
    assert!(desk.workspace().join("out/recovery").read_dir().expect("a folder").count() == 2);
    let screen = desk.run(&["copies", "end", "--all", "--operator", "anna"]).stdout;
    assert!(screen.contains("to be printed first") && screen.contains("stopgap copies end C0001"), "{screen}");
    desk.json(&["copies", "end", "C0001", "C0002", "--operator", "anna"]).exits(0);

    let bank_file = desk.workspace().join(released(&desk));
    let ended = end();
    assert_eq!((left(&ended), ended["ended"].as_array().map(Vec::len)), (vec!["not_at_the_bank".into()], Some(2)));
    assert!(bank_file.exists());
    let uploaded = ["uploaded", "B0001", "--receipt", "R1", "--count", "3", "--amount", "17234,45"];
    desk.json(&[&uploaded[..], &["--operator", "anna"]].concat()).exits(0);
    let ended = end();
    assert_eq!((left(&ended).len(), ended["ended"].as_array().map(Vec::len)), (0, Some(1)));
    assert!(!bank_file.exists());
}

/// Rejected rows are corrected in `rows.csv`: it stays until everybody in it was paid.
#[test]
fn the_rows_that_wait_keep_their_file() {
    let desk = Desk::new();
    desk.end_every_copy();
    desk.write("list.csv", LIST.replace("6471-0000100002", "6471-0"));
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    let left = || {
        let ended = desk.json(&["copies", "end", "--all", "--operator", "anna"]).exits(0).json();
        ended["left"].as_array().expect("a list").iter().map(|one| one["why"].clone()).collect::<Vec<_>>()
    };
    assert!(left().contains(&"rows_wait".into()));
    let rows = fs::read_to_string(desk.workspace().join("out/B0001/rows.csv")).expect("is there");
    desk.write("corrected.csv", rows.replace("6471-0,", "6471-0000100002,"));
    desk.prepare(&["corrected.csv", "--pay-on", PAY_ON]).exits(0);
    assert!(!left().contains(&"rows_wait".into()));
    assert!(!desk.workspace().join("out/B0001/rows.csv").exists());
}

/// 607 people in a list, 222 of them with their number, some of them named twice.
fn aabenraa() -> String {
    let mut list = "cpr;navn;konto;beløb;ydelse;periode\n".to_owned();
    for number in 0..607 {
        let cpr = if number < 222 { format!("{:02}1250{:04}", 61 + number % 28, 1000 + number) } else { String::new() };
        let row = format!("{cpr};Person {number};6471-{:010};1,00;Hjælp;2022-04\n", 1000 + number);
        list.push_str(&row.repeat(1 + number % 2));
    }
    list
}

#[test]
fn exposure_counts_people_and_not_rows() {
    let desk = Desk::new();
    desk.write("list.csv", aabenraa());
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(1);
    let exposure = |what: &[&str]| desk.json(&[&["exposure", "--operator", "anna"], what].concat());
    let rows = desk.workspace().join("out/B0001/rows.csv");
    let rows = rows.to_str().expect("a path");
    for what in [&["out/B0001/rows.csv"][..], &[rows], &["rows.csv"]] {
        let found = exposure(what).exits(0).json();
        assert_eq!((&found["persons"], &found["with_person_id"]), (&607.into(), &222.into()), "{what:?}: {found}");
        assert_eq!(found["known"], true);
    }
    let listed = exposure(&[rows, "--list"]).exits(0).json();
    let people = listed["people"].as_array().expect("people");
    assert_eq!(people.len(), 607);
    assert_eq!(people.iter().filter(|person| person["person_id"].is_string()).count(), 222);
    for field in ["person_id", "name", "account", "amount", "scheme", "period"] {
        assert!(listed["fields"].as_array().expect("fields").contains(&field.into()), "{field}");
    }
    // A list that the program never wrote is looked into; so is a copy in another place; a hash is enough.
    let unknown = exposure(&["list.csv"]).exits(0).json();
    assert_eq!(
        (&unknown["known"], &unknown["persons"], &unknown["with_person_id"]),
        (&false.into(), &607.into(), &222.into())
    );
    assert!(!unknown["not_examined"].as_array().expect("words").is_empty());
    fs::copy(rows, desk.path("found.csv")).expect("copies");
    assert_eq!(exposure(&["found.csv"]).exits(0).json()["known"], true);
    let sha256 = hex(rows);
    assert_eq!(exposure(&["--sha256", &sha256]).exits(0).json()["persons"], 607);
    assert_eq!(exposure(&["--sha256", &"0".repeat(64)]).exits(2).error_code(), "exposure.unknown");
    assert_eq!(exposure(&["nothing.csv"]).exits(2).error_code(), "exposure.unknown");
    // One that was changed is counted with who is in it now and who was.
    let mut changed = fs::read_to_string(rows).expect("reads");
    changed.push_str("x.csv,,9,rejected,x,x,,,Somebody Else,,,,,,,,,,,,\n");
    fs::write(rows, changed).expect("writes");
    let found = exposure(&[rows]).exits(1).json();
    assert_eq!((&found["persons"], &found["changed"]), (&608.into(), &true.into()));
    // Letters: a copy like any other.
    exposure(&[rows, "--out", "letters.csv"]).exits(1);
    assert_eq!(exposure(&["letters.csv"]).exits(0).json()["persons"], 608);
}

/// A number that somebody wrote into the payment's text is in the bank file like any other.
#[test]
fn a_number_in_a_text_is_warned_of_and_counted() {
    let desk = Desk::new();
    let list =
        LIST.replace(";periode\n", ";periode;tekst\n").replacen("2022-04\n", "2022-04;Pension til 701282-1128\n", 1);
    desk.write("list.csv", list);
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(prepared["problems"][0]["code"], "text.person_number", "{prepared}");
    assert!(!prepared["problems"][0]["message"].to_string().contains("701282-1128"), "{prepared}");
    desk.approve("B0001").exits(0);
    let released = desk.release("B0001").exits(0).json();
    let bank_file = desk.workspace().join(released["files"][0]["path"].as_str().expect("a path"));
    let listed = copies(&desk)["copies"].as_array().expect("copies").clone();
    let bank = listed.iter().find(|copy| copy["purpose"] == "bank_file").expect("a bank file");
    assert_eq!((&bank["persons"], &bank["with_person_id"]), (&3.into(), &1.into()), "{bank}");
    let found = |path: &std::path::Path, code: i32| {
        let path = path.to_str().expect("a path");
        let found = desk.json(&["exposure", path, "--operator", "anna"]).exits(code).json();
        (found["persons"].as_u64(), found["with_person_id"].as_u64())
    };
    assert_eq!(found(&bank_file, 0), (Some(3), Some(1)));
    // One that was changed names the same three, whom the register knows by their numbers.
    let changed = fs::read_to_string(&bank_file).expect("reads").replace("999.95", "999.96");
    fs::write(&bank_file, &changed).expect("writes");
    assert_eq!(found(&bank_file, 1), (Some(3), Some(1)));
    // A stranger's is read as it lies there.
    let strange = desk.write("strange.xml", changed.replace("11000.00", "11000.01"));
    assert_eq!(found(&strange, 0), (Some(3), Some(1)));
}

/// The page of a batch is about the people who are shown on it, and is in the register as long as it lies there.
#[test]
fn the_control_sheet_is_registered_as_it_is() {
    let desk = Desk::new();
    desk.end_every_copy();
    let part = |part: u32| format!("7012821128;Pipaluk Berthelsen;6471-0000100001;100,00;Hjælp;2022-04;{part}\n");
    desk.write("list.csv", format!("cpr;navn;konto;beløb;ydelse;periode;part\n{}{}{}", part(1), part(2), part(3)));
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    let sheets = || {
        let listed = copies(&desk)["copies"].as_array().expect("copies").clone();
        listed.into_iter().filter(|copy| copy["purpose"] == "control_sheet").collect::<Vec<_>>()
    };
    assert_eq!((sheets().len(), &sheets()[0]["persons"]), (1, &1.into()), "{:?}", sheets());
    let show =
        || desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json()["control_sheet"].clone();
    assert_eq!(show(), "out/B0001/control-sheet.html");
    let end = || desk.run(&["copies", "end", "out/B0001/control-sheet.html", "--operator", "anna"]).exits(0).stdout;
    let end = || end().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(end().contains("was overwritten and removed"));
    assert_eq!(sheets(), Vec::<Value>::new());
    // Whoever looks once more has it again, and so has the register.
    assert_eq!(show(), "out/B0001/control-sheet.html");
    assert_eq!((sheets().len(), &sheets()[0]["persons"]), (1, &1.into()));
    // It is not said of one that somebody removed that it was never written.
    fs::remove_file(desk.workspace().join("out/B0001/control-sheet.html")).expect("removes");
    let ended = end();
    assert!(ended.contains("never asked for, or removed before"), "{ended}");
    // Once the batch has left nobody needs it.
    desk.approve("B0001").exits(0);
    desk.end_every_copy();
    desk.release("B0001").exits(0);
    assert_eq!(show(), Value::Null);
    assert!(!desk.workspace().join("out/B0001/control-sheet.html").exists());
    desk.json(&["verify"]).exits(0);
}

fn hex(path: &str) -> String {
    use sha2::{Digest as _, Sha256};
    data_encoding::HEXLOWER.encode(&Sha256::digest(fs::read(path).expect("reads")))
}

#[test]
fn what_leaves_is_looked_at_by_two_where_that_is_demanded() {
    let desk = Desk::new();
    released(&desk);
    let stoplist =
        |more: &[&str]| desk.json(&[&["stoplist", "--out", "stop.csv", "--operator", "anna"], more].concat());
    stoplist(&[]).exits(0);
    let mode = fs::metadata(desk.path("stop.csv")).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let find = |list: &Value| {
        let copies = list["copies"].as_array().expect("copies").clone();
        copies.into_iter().find(|copy| copy["purpose"] == "stop_list").expect("the stop list")
    };
    let copy = find(&copies(&desk));
    assert_eq!((&copy["reviewed_by"], &copy["reader"]), (&Value::Null, &"upstream system".into()));
    assert!(desk.run(&["copies", "list", "--operator", "anna"]).stdout.contains("NOT REVIEWED"));
    let review = |second: &str| desk.json(&["copies", "review", "stop.csv", "--operator", "anna", "--second", second]);
    assert_eq!(review("anna").exits(3).error_code(), "control.same_person");
    review("malik").exits(0);
    assert_eq!(find(&copies(&desk))["reviewed_by"], serde_json::json!(["anna", "malik"]));
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text + "\n[outgoing]\nsecond = \"required\"\n").expect("writes");
    assert_eq!(stoplist(&[]).exits(3).error_code(), "control.second_required");
    stoplist(&["--second", "malik"]).exits(0);
}

#[test]
fn nothing_that_lies_in_the_way_is_lost_or_followed() {
    let desk = Desk::new();
    released(&desk);
    let stoplist = |out: &str| desk.json(&["stoplist", "--out", out, "--operator", "anna"]);
    desk.write("mine.csv", "my own work");
    assert_eq!(stoplist("mine.csv").exits(3).error_code(), "out.exists");
    assert_eq!(fs::read(desk.path("mine.csv")).expect("reads"), b"my own work");
    std::os::unix::fs::symlink(desk.path("mine.csv"), desk.path("link.csv")).expect("links");
    assert_eq!(stoplist("link.csv").exits(3).error_code(), "out.link");
    assert_eq!(fs::read(desk.path("mine.csv")).expect("reads"), b"my own work");
    std::os::unix::fs::symlink("nowhere.csv", desk.path("dangling.csv")).expect("links");
    assert_eq!(stoplist("dangling.csv").exits(3).error_code(), "out.link");
    fs::create_dir(desk.path("folder.csv")).expect("makes");
    assert_eq!(stoplist("folder.csv").exits(3).error_code(), "out.not_a_file");
    // The same list once more is no harm; one that somebody wrote into is not written over.
    stoplist("stop.csv").exits(0);
    let head = desk.head();
    stoplist("stop.csv").exits(0);
    assert_eq!(desk.head(), head, "the same file in its place is not entered twice");
    desk.write("stop.csv", "notes of mine");
    assert_eq!(stoplist("stop.csv").exits(3).error_code(), "out.changed");
    // A whole reconciliation: one file in the way, and none is written.
    desk.write("run.csv", "cpr;beløb;ydelse;periode;status\n7012821128;5.234,50;Alderspension;2022-04;paid\n");
    fs::create_dir(desk.path("after")).expect("makes");
    desk.write("after/recover.csv", "mine");
    let reconcile = |out: &str| desk.json(&["reconcile", "--upstream", "run.csv", "--out", out, "--operator", "anna"]);
    assert_eq!(reconcile("after").exits(3).error_code(), "out.exists");
    assert_eq!(fs::read_dir(desk.path("after")).expect("a folder").count(), 1);
    std::os::unix::fs::symlink(desk.path("after"), desk.path("aside")).expect("links");
    assert_eq!(reconcile("aside").exits(3).error_code(), "out.link");
}

#[test]
fn a_purge_takes_two_destroys_the_people_and_still_knows_the_payments() {
    let desk = Desk::new();
    released(&desk);
    let purge = |more: &[&str]| desk.json(&[&["purge", "--operator", "anna", "--before", "2199-01-01"], more].concat());
    assert_eq!(purge(&["--second", "malik"]).exits(3).error_code(), "purge.episode_open");
    desk.end_every_copy();
    let episodes = desk.json(&["episode", "list"]).json();
    let episode = episodes[0]["episode"].as_str().expect("a name").to_owned();
    close(&desk, &episode);
    assert_eq!(purge(&["--second", "malik"]).exits(3).error_code(), "purge.too_early");
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("years = 5", "years = 0\nkey_copies = [\"USB in the safe\"]")).expect("writes");
    assert_eq!(purge(&["--second", "anna"]).exits(3).error_code(), "control.same_person");
    assert_eq!(purge(&["--second", "malik"]).exits(3).error_code(), "purge.key_copies");
    let purged = purge(&["--second", "malik", "--key-copy", "USB in the safe=malik"]).exits(0).json();
    assert_eq!((&purged["payments"], &purged["searched"]["found"]), (&3.into(), &0.into()), "{purged}");
    assert!(purged["searched"]["found_before"].as_u64() > Some(0), "what can be found was found before: {purged}");

    // Nothing opens any more, and it is said so.
    desk.json(&["verify"]).exits(0);
    for command in [&["batch", "show", "B0001"][..], &["stoplist", "--out", "after.csv"]] {
        assert_eq!(desk.json(&[command, &["--operator", "anna"]].concat()).exits(3).error_code(), "episode.purged");
    }
    let found = desk.json(&["exposure", "rows.csv", "--operator", "anna"]).exits(0).json();
    assert_eq!(found["persons"], 3, "how many stays known");
    let listed = desk.json(&["exposure", "rows.csv", "--list", "--operator", "anna"]).exits(1).json();
    assert_eq!(listed["people"], serde_json::json!([]));
    // An old copy of the ledger needs a key that is nowhere.
    assert!(!desk.files().iter().any(|file| file.to_string_lossy().contains("keys/episode-")), "{:?}", desk.files());
    let again = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(again["rows"]["duplicate"], 3, "{again}");
    // The certificate holds with public keys alone.
    let path = desk.workspace().join(purged["certificate"].as_str().expect("a path"));
    let certificate: stopgap::ops::purge::Certificate =
        serde_json::from_slice(&fs::read(path).expect("reads")).expect("JSON");
    assert!(certificate.is_signed() && certificate.statement.contains("Payments: 3."), "{}", certificate.statement);
    assert_eq!(purge(&["--second", "malik"]).exits(3).error_code(), "purge.nothing");
}

/// A workspace whose one episode may be purged now, but for what a test leaves in it.
fn may_be_purged(desk: &Desk) {
    desk.end_every_copy();
    let episodes = desk.json(&["episode", "list"]).json();
    close(desk, episodes[0]["episode"].as_str().expect("a name"));
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("years = 5", "years = 0")).expect("writes");
}

const PURGE: [&str; 7] = ["purge", "--before", "2199-01-01", "--operator", "anna", "--second", "malik"];

/// Files of the program's own that are in no register, and somebody's copy of one, stop a purge while nothing is destroyed.
#[test]
fn no_certificate_is_given_over_a_file_that_still_names_them() {
    let desk = Desk::new();
    released(&desk);
    desk.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(0);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    fs::copy(desk.path("list.csv"), desk.workspace().join("mine.txt")).expect("copies");
    may_be_purged(&desk);
    let head = desk.head();
    let refused = desk.run(&PURGE).exits(3).stderr;
    for named in ["out/check/rows.csv", "out/no-batch/rows.csv", "mine.txt", "stopgap copies end", "purge.files_left"] {
        assert!(refused.contains(named), "{named}: {refused}");
    }
    assert_eq!(desk.json(&PURGE).exits(3).error_code(), "purge.files_left");
    assert_eq!(desk.head(), head, "nothing is destroyed");
    assert!(desk.files().iter().any(|file| file.to_string_lossy().contains("keys/episode-")));
    fs::remove_file(desk.workspace().join("mine.txt")).expect("removes");
    let end = ["copies", "end", "out/check/rows.csv", "out/no-batch/rows.csv", "--operator", "anna"];
    desk.json(&end).exits(0);
    let purged = desk.json(&PURGE).exits(0).json();
    assert_eq!(purged["searched"]["found"], 0, "{purged}");
    // There is no file to upload any more, and nobody to compare.
    let next = desk.json(&["status"]).json()["next"].to_string();
    assert!(!next.contains("upload") && !next.contains("reconcile"), "{next}");
}

/// One that was interrupted does not know the names any more: it knows the numbers again by the claims.
#[test]
fn a_purge_that_is_finished_later_still_looks_for_its_people() {
    let desk = Desk::new();
    released(&desk);
    may_be_purged(&desk);
    // The certificate has nowhere to go: everything is destroyed, and the purge is not complete.
    let certificates = desk.workspace().join("out/certificates");
    fs::write(&certificates, "in the way").expect("writes");
    desk.json(&PURGE).exits(4);
    fs::remove_file(&certificates).expect("removes");
    for name in ["mine.txt", "out/check/rows.csv"] {
        let path = desk.workspace().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        fs::copy(desk.path("list.csv"), &path).expect("copies");
        for _ in 0..2 {
            let found = desk.run(&PURGE).exits(4).stderr;
            assert!(found.contains(name) && found.contains("purge.traces"), "{found}");
        }
        assert!(!certificates.exists());
        fs::remove_file(path).expect("removes");
    }
    let purged = desk.json(&PURGE).exits(0).json();
    let certificate = fs::read_to_string(desk.workspace().join(purged["certificate"].as_str().expect("a path")));
    assert!(certificate.expect("reads").contains("the numbers of 3 people"));
}

/// Who is paid every month is in the files of a living episode too: those are known, and no trace.
#[test]
fn a_purge_passes_over_open_copies_of_living_episodes() {
    let desk = Desk::new();
    desk.write("list.csv", LIST);
    let today = chrono::Local::now().date_naive();
    let soon = (1..15).map(|days| (today + chrono::Days::new(days)).to_string());
    let prepared = soon.map(|day| desk.prepare(&["list.csv", "--pay-on", &day])).find(|ran| ran.code == 0);
    assert!(prepared.is_some(), "a bank day is near");
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    may_be_purged(&desk);
    desk.json(&["episode", "open", "later", "--operator", "anna"]).exits(0);
    desk.write("may.csv", LIST.replace("2022-04", "2022-05"));
    desk.prepare(&["may.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0002").exits(0);
    desk.release("B0002").exits(0);
    close(&desk, "later");
    let purge = ["purge", "--before", "2098-01-01", "--operator", "anna", "--second", "malik"];
    let purged = desk.json(&purge).exits(0).json();
    assert_eq!((&purged["payments"], &purged["searched"]["found"]), (&3.into(), &0.into()), "{purged}");
    assert!(desk.workspace().join("out/B0002/rows.csv").exists());
}

/// Closes the episode; two people answer for what is open.
fn close(desk: &Desk, episode: &str) {
    let closed = desk.json(&["episode", "close", episode, "--operator", "anna"]);
    if closed.code == 0 {
        return;
    }
    let with_two = ["episode", "close", episode, "--operator", "anna", "--second", "malik", "--reason", "a test"];
    desk.json(&with_two).exits(0);
}

#[test]
fn the_log_tells_in_words_and_finds_a_person_without_their_number() {
    let desk = Desk::new();
    released(&desk);
    let log = |more: &[&str]| desk.json(&[&["log", "--operator", "anna"], more].concat());
    let all = log(&[]).exits(0).json();
    let said = all.to_string();
    for words in [
        "opened the ledger",
        "prepared batch B0001",
        "approved batch B0001",
        "wrote files with personal data",
        "list of rows for finance office",
        "half of the recovery code for one person",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(all.as_array().map(Vec::len), desk.json(&["verify"]).json()["entries"].as_u64().map(|n| n as usize));
    let by_malik = log(&["--by", "malik"]).exits(0).json();
    assert_eq!(by_malik.as_array().map(Vec::len), Some(3), "opening, the recovery code and approval: {by_malik}");
    desk.write("who.txt", "701282-1128\n");
    let of_person = log(&["--person-file", "who.txt"]).exits(0).json().to_string();
    assert!(of_person.contains("released batch B0001") && !of_person.contains("opened the ledger"), "{of_person}");
    desk.write("who.txt", "7011801114\n");
    assert_eq!(log(&["--person-file", "who.txt"]).exits(0).json(), serde_json::json!([]));
    assert_eq!(log(&["--person"]).exits(2).error_code(), "arguments", "there is no terminal");
}

/// Everything that is known of the people of a list, in every form in which it could lie on a disk.
struct Needles(std::collections::HashMap<[u8; 4], Vec<(Vec<u8>, String)>>);

impl Needles {
    fn new(people: &[[String; 3]]) -> Self {
        let mut needles = Self(std::collections::HashMap::new());
        for text in people.iter().flatten() {
            needles.add(text.as_bytes().to_vec(), text);
            needles.add(text.encode_utf16().flat_map(u16::to_le_bytes).collect(), text);
            needles.add(text.encode_utf16().flat_map(u16::to_be_bytes).collect(), text);
            let Ok(number) = text.parse::<u64>() else { continue };
            needles.add(number.to_le_bytes().to_vec(), text);
            needles.add(number.to_be_bytes().to_vec(), text);
            let digits: Vec<u8> = text.bytes().map(|digit| digit - b'0').collect();
            needles.add(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect(), text);
        }
        needles
    }

    fn add(&mut self, needle: Vec<u8>, text: &str) {
        let first = *needle.first_chunk().expect("long enough");
        self.0.entry(first).or_default().push((needle, text.to_owned()));
    }

    fn hits(&self, file: &[u8]) -> usize {
        let at = |from: usize| {
            let rest = &file[from..];
            let of_start = rest.first_chunk::<4>().and_then(|first| self.0.get(first));
            of_start.is_some_and(|needles| needles.iter().any(|(needle, _)| rest.starts_with(needle)))
        };
        (0..file.len()).filter(|from| at(*from)).count()
    }
}

/// Hits in every file of the workspace that `looked_at` takes, by file.
fn hits(desk: &Desk, needles: &Needles, looked_at: impl Fn(&str) -> bool) -> Vec<(String, usize)> {
    let files = desk.files().into_iter().map(|path| (path.to_string_lossy().into_owned(), path));
    let files = files.filter(|(name, _)| looked_at(name));
    let counted = files.map(|(name, path)| (name, needles.hits(&fs::read(path).unwrap_or_default())));
    counted.filter(|(_, hits)| *hits > 0).collect()
}

/// 200 people by default; `STOPGAP_LEAK_PEOPLE=1000` for more.
#[test]
fn nobody_can_be_read_outside_the_files_that_are_made_to_leave() {
    let people: usize = std::env::var("STOPGAP_LEAK_PEOPLE").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let desk = Desk::new();
    let known: Vec<[String; 3]> = (0..people)
        .map(|n| {
            let number = format!("{:02}{:02}{:02}{:04}", 61 + n % 28, 1 + n % 12, n % 90, 1000 + n);
            [number, format!("Lækkelund Testesen {n:05}"), format!("6471{:010}", 7_000_000 + n)]
        })
        .collect();
    let list = |people: &[[String; 3]]| {
        let rows = people.iter().map(|[number, name, account]| {
            format!("{number};{name};{}-{};1,00;Hjælp;2022-04\n", &account[..4], &account[4..])
        });
        format!("cpr;navn;konto;beløb;ydelse;periode\n{}", rows.collect::<String>())
    };
    let (first, second) = known.split_at(people / 2);
    desk.write("first.csv", list(first));
    desk.write("second.csv", list(second));
    let needles = Needles::new(&known);
    let outside = |name: &str| !name.contains("/workspace/out/");
    desk.prepare(&["first.csv", "--pay-on", PAY_ON]).exits(0);
    let bank_side = hits(&desk, &needles, |name| name.ends_with("out/B0001/rows.csv"));
    assert!(bank_side.iter().any(|(_, hits)| *hits >= first.len() * 2), "what can be found is found: {bank_side:?}");
    assert_eq!(hits(&desk, &needles, outside), [], "after prepare");
    for milliseconds in [20, 200, 260, 300, 340, 400] {
        let mut child = desk
            .command(&["prepare", "second.csv", "--operator", "anna", "--pay-on", PAY_ON, "--json"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("starts");
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().expect("ends");
        assert_eq!(hits(&desk, &needles, outside), [], "after a crash at {milliseconds} ms");
    }
    desk.prepare(&["second.csv", "--pay-on", PAY_ON]).exits(0);
    for batch in desk.json(&["batch", "list"]).json().as_array().expect("batches") {
        let batch = batch["batch"].as_str().expect("a batch");
        desk.approve(batch).exits(0);
        desk.release(batch).exits(0);
    }
    desk.json(&["check", "second.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(0);
    assert_eq!(hits(&desk, &needles, outside), [], "after release");
    desk.end_every_copy();
    for working in ["out/check/rows.csv", "out/no-batch/rows.csv"] {
        if desk.workspace().join(working).exists() {
            desk.json(&["copies", "end", working, "--operator", "anna"]).exits(0);
        }
    }
    let episodes = desk.json(&["episode", "list"]).json();
    close(&desk, episodes[0]["episode"].as_str().expect("a name"));
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads").replace("years = 5", "years = 0");
    fs::write(&settings, text).expect("writes");
    let purged =
        desk.json(&["purge", "--before", "2199-01-01", "--operator", "anna", "--second", "malik"]).exits(0).json();
    assert_eq!(purged["payments"].as_u64(), Some(people as u64));
    assert_eq!(hits(&desk, &needles, |_| true), [], "after the purge, nowhere");
    for file in desk.files() {
        let mode = fs::metadata(&file).expect("is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.display());
    }
    desk.json(&["verify"]).exits(0);
}

#[test]
fn a_row_without_a_part_recognises_purged_payments_that_have_one() {
    let desk = Desk::new();
    desk.write(
        "list.csv",
        "cpr;navn;konto;beløb;ydelse;periode;part\n7012821128;Pipaluk Made-Up;6471-0000100001;100,00;Pension;2022-03;1\n\
         7012821128;Pipaluk Made-Up;6471-0000100001;150,00;Pension;2022-03;2\n",
    );
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    desk.end_every_copy();
    let episodes = desk.json(&["episode", "list"]).json();
    close(&desk, episodes[0]["episode"].as_str().expect("a name"));
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("years = 5", "years = 0")).expect("writes");
    desk.json(&["purge", "--operator", "anna", "--before", "2199-01-01", "--second", "malik"]).exits(0);
    desk.json(&["episode", "open", "second", "--operator", "anna"]).exits(0);
    desk.write(
        "later.csv",
        "cpr;navn;konto;beløb;ydelse;periode\n7110801116;Nivi Made-Up;6471-0000100009;70,00;Pension;2022-05\n",
    );
    desk.prepare(&["later.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0002").exits(0);
    desk.release("B0002").exits(0);
    let run = |account: &str| {
        desk.write(
            "run.csv",
            format!("cpr;navn;konto;ydelse;periode;beløb;status\n7012821128;PIPALUK Made-Up;{account};Pension;2022-03;250,00;paid\n"),
        );
        desk.json(&["reconcile", "--upstream", "run.csv", "--out", "found", "--operator", "anna"]).exits(1).json()
    };
    let found = run("6471-0000100001");
    assert_eq!(found["findings"]["double_paid"]["count"], 1, "{found}");
    assert_eq!(found["findings"]["double_paid"]["overpaid"], "250.00", "{found}");
    let found = run("6471-0000100002");
    assert_eq!(found["findings"]["upstream_only"]["count"], 1, "another account is another payee: {found}");
}

#[test]
fn who_was_purged_is_still_recognised_when_upstream_pays_again() {
    let desk = Desk::new();
    released(&desk);
    let run = "cpr;ydelse;periode;beløb;status\n\
               7012821128;Alderspension;2022-03..2022-04;5234,50;paid\n\
               6112903338;Alderspension;2022-04;11000,00;planned\n\
               7110801116;Pension;2022-05;70,00;paid\n";
    desk.write("run.csv", run);
    let reconcile = || desk.json(&["reconcile", "--upstream", "run.csv", "--out", "found", "--operator", "anna"]);
    reconcile().exits(1);
    desk.end_every_copy();
    let episodes = desk.json(&["episode", "list"]).json();
    close(&desk, episodes[0]["episode"].as_str().expect("a name"));
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads");
    fs::write(&settings, text.replace("years = 5", "years = 0")).expect("writes");
    desk.json(&["purge", "--operator", "anna", "--before", "2199-01-01", "--second", "malik"]).exits(0);
    // Nothing is left under whose key findings could be sealed.
    assert_eq!(reconcile().exits(3).error_code(), "episode.purged");

    desk.json(&["episode", "open", "second", "--operator", "anna"]).exits(0);
    desk.write(
        "later.csv",
        "cpr;navn;konto;beløb;ydelse;periode\n7110801116;Nivi Made-Up;6471-0000100009;70,00;Pension;2022-05\n",
    );
    desk.prepare(&["later.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0002").exits(0);
    desk.release("B0002").exits(0);
    let ran = reconcile().exits(1);
    let found = ran.json();
    assert!(ran.stderr.contains("upstream names 2 of them") && ran.stderr.contains("the other 1"), "{}", ran.stderr);
    let count = |kind: &str| found["findings"][kind]["count"].as_u64().unwrap_or(0);
    assert_eq!(["double_paid", "double_planned", "upstream_only", "fallback_only"].map(count), [2, 1, 0, 0], "{found}");
    assert_eq!((&found["balanced"], &found["totals"]["fallback"]), (&true.into(), &"16304.50".into()));
    // The same once more records nothing; and the numbers of before the purge are not given again.
    let head = desk.head();
    reconcile().exits(1);
    assert_eq!(desk.head(), head);
    let findings = fs::read_to_string(desk.path("found/findings.csv")).expect("reads");
    assert!(!findings.contains("F0001,") && !findings.contains("Pipaluk"), "{findings}");
    desk.json(&["verify"]).exits(0);
}

#[test]
fn the_duplicate_key_ends_last_and_nobody_is_paid_from_the_ledger_after_it() {
    let desk = Desk::new();
    desk.add_baseline(desk.write("list.csv", LIST).to_str().expect("a path"), "2022-04").exits(0);
    released(&desk);
    desk.json(&["backup", "stick", "--keys", "safe", "--operator", "anna"]).exits(0);
    let end = |second: &str, more: &[&str]| {
        let words = ["purge", "--duplicate-key", "--before", "2199-01-01", "--operator", "anna", "--second", second];
        desk.json(&[&words, more].concat())
    };
    let refused = |code: &str, more: &[&str]| assert_eq!(end("malik", more).exits(3).error_code(), code);
    refused("purge.episode_open", &[]);
    let episode = desk.json(&["episode", "list"]).json()[0]["episode"].as_str().expect("a name").to_owned();
    desk.end_every_copy();
    close(&desk, &episode);
    refused("purge.episodes_first", &[]);
    let settings = desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads").replace("years = 5", "years = 0");
    fs::write(&settings, &text).expect("writes");
    let purge =
        ["purge", "--before", "2199-01-01", "--operator", "anna", "--second", "malik", "--key-copy", "safe=sara"];
    desk.json(&purge).exits(0);

    // Halves of the recovery code are copies too, and hold nobody.
    desk.json(&["operator", "recovery", "--operator", "anna", "--second", "malik"]).exits(0);
    let open = end("malik", &[]).exits(3).stdout;
    assert!(
        open.contains("purge.open_copies") && open.contains("a half of the recovery code, is still open"),
        "{open}"
    );
    desk.end_every_copy();

    // Its own time, every copy of it, and another person than the first.
    refused("purge.too_early", &[]);
    fs::write(&settings, text.replace("years = 0", "years = 0\nduplicate_years = 0")).expect("writes");
    refused("purge.key_copies", &[]);
    assert_eq!(end("malik", &["--key-copy", "a=b", "--key-copy", "A=c"]).exits(2).error_code(), "arguments");
    assert_eq!(end("anna", &["--key-copy", "safe=sara"]).exits(3).error_code(), "control.same_person");
    // What a check left names people as well.
    desk.json(&["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"]).exits(0);
    refused("purge.files_left", &["--key-copy", "safe=sara"]);
    desk.json(&["copies", "end", "out/check/rows.csv", "--operator", "anna"]).exits(0);
    let before = fs::read(desk.workspace().join("ledger.db")).expect("reads");
    let copied = std::process::Command::new("cp").arg("-a").args([desk.workspace(), desk.path("as-it-was")]).status();
    assert!(copied.expect("runs").success());
    // A key that a purge has ended, put back from a copy.
    let episode_key = names_in(&desk.path("safe"), "episode-").pop().expect("a key");
    let back = desk.workspace().join("keys").join(&episode_key);
    fs::copy(desk.path("safe").join(&episode_key), &back).expect("copies");
    assert_eq!(desk.json(&["verify"]).exits(4).error_code(), "keys.came_back");
    fs::remove_file(back).expect("removes");
    let stray = desk.workspace().join("keys/episode-0123456789abcdef.json");
    fs::write(&stray, "{}").expect("writes");
    assert_eq!(desk.json(&["verify"]).exits(0).json()["stray_keys"][0], "episode-0123456789abcdef.json");
    fs::remove_file(stray).expect("removes");
    let ended = end("malik", &["--key-copy", "safe=sara"]).exits(0).json();
    assert_eq!((&ended["claims"], &ended["evidence"], &ended["searched"]["found"]), (&3.into(), &0.into(), &0.into()));
    assert!(ended["searched"]["found_before"].as_u64() >= Some(3), "{ended}");
    assert_eq!(ended["key_copies"][0]["ended_by"], "sara");
    let names: Vec<String> = desk.files().iter().map(|file| file.display().to_string()).collect();
    assert!(
        !names.iter().any(|name| ["duplicate-", "baseline-", "episode-"].iter().any(|key| name.contains(key))),
        "{names:?}"
    );
    let certificate = fs::read(desk.workspace().join(ended["certificate"].as_str().expect("a path"))).expect("reads");
    let certificate: stopgap::ops::purge::Certificate = serde_json::from_slice(&certificate).expect("reads");
    assert!(certificate.is_signed() && certificate.statement.contains("ended by sara: safe"));
    assert_eq!(refused("purge.nothing", &[]), ());

    // Nobody is paid any more, whoever asks and however; what needs no people goes on.
    for words in [
        &["prepare", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"][..],
        &["check", "list.csv", "--pay-on", PAY_ON, "--operator", "anna"],
        &["episode", "open", "again", "--operator", "anna"],
        &["release", "B0001", "--operator", "anna"],
        &["baseline", "add", "list.csv", "--period", "2022-04", "--operator", "anna"],
        &["stoplist", "--out", "stop.csv", "--operator", "anna"],
        &["exposure", "list.csv", "--operator", "anna"],
        &["desk", "add", "second", "--operator", "anna"],
        &["compare", "as-it-was"],
    ] {
        assert_eq!(desk.json(words).exits(3).error_code(), "ledger.duplicate_key_ended", "{words:?}");
    }
    desk.json(&["verify"]).exits(0);
    desk.json(&["operator", "add", "sara", "--operator", "anna", "--second", "malik"]).exits(0);
    desk.json(&["batch", "list"]).exits(0);
    let status = desk.json(&["status"]).exits(0).json();
    assert_eq!((&status["next"], status["duplicate_key_ended"]["entry"].is_u64()), (&serde_json::json!([]), true));
    let shown = desk.run(&["status"]).exits(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("nobody is paid from this ledger any more"), "{shown}");
    assert!(desk.json(&["log"]).exits(0).stdout.contains("ended the duplicate key, with 3 claims"));
    let backup = desk.json(&["backup", "last", "--operator", "anna"]).exits(0).json();
    assert_eq!(backup["keys_without_copy"], serde_json::json!([]));

    // What was there is not believed again.
    let after = fs::read(desk.workspace().join("ledger.db")).expect("reads");
    fs::write(desk.workspace().join("ledger.db"), before).expect("writes");
    desk.json(&["verify"]).exits(4);
    fs::write(desk.workspace().join("ledger.db"), after).expect("writes");
    desk.json(&["verify"]).exits(0);
}

fn names_in(folder: &std::path::Path, beginning: &str) -> Vec<String> {
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    names.filter_map(|name| name.into_string().ok()).filter(|name| name.starts_with(beginning)).collect()
}

#[test]
fn wrong_passphrases_are_counted_told_and_listed() {
    let desk = Desk::new();
    let right = fs::read(desk.path("passphrases/anna")).expect("reads");
    let open = || desk.json(&["episode", "open", "attack", "--operator", "anna"]);
    desk.write("passphrases/anna", "anna har en anden adgangssætning\n");
    let [first, second] = [open().exits(3), open().exits(3)];
    assert_eq!((first.error_code(), first.stdout), ("passphrase.wrong".to_owned(), second.stdout), "always the same");
    assert!(second.stderr.contains("1 second"), "{}", second.stderr);
    let status = desk.json(&["status"]).json();
    assert_eq!(status["wrong_passphrases"], serde_json::json!({ "anna": 2 }));
    fs::write(desk.path("passphrases/anna"), right).expect("writes");
    let ran = open().exits(0);
    assert!(ran.stderr.contains("2 wrong passphrases"), "{}", ran.stderr);
    let listed = desk.json(&["operator", "list"]).exits(0).json();
    assert_eq!([&listed[0]["wrong_passphrases"], &listed[1]["wrong_passphrases"]], [&2, &0]);
    let names = |folder: &str| fs::read_dir(desk.path(folder)).expect("a folder").count();
    let keys = names("workspace/keys");
    assert!(!desk.json(&["episode", "close", "attack", "--operator", "anna"]).exits(0).stderr.contains("wrong"));
    desk.json(&["backup", "stick", "--keys", "safe", "--operator", "anna"]).exits(0);
    assert_eq!(names("safe"), keys - 1, "the count is no key");
}
