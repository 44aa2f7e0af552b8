//! Texts that want to be obeyed, and things that lie where files are to be written.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::desk::{Desk, PAY_ON};

/// What a spreadsheet would calculate, a terminal obey, a page run, or an eye misread.
const TEXTS: [&str; 12] = [
    "=HYPERLINK(1)",
    "+45 cmd",
    "-2+3",
    "@SUM(A1)",
    "'=1+1",
    "＝1+1",
    "\u{1b}[2J\u{1b}]0;x\u{7}",
    "Anna \u{202e}neslreB",
    "Anna\u{200b}\u{2066}x\u{2069}",
    "<script>x</script>",
    "\"><img src=x onerror=x>",
    "{{7*7}}${x}",
];

/// Lists in which every field that takes any text holds one of these, beside rows that are paid.
fn desk_of_hostile_texts() -> Desk {
    let desk = Desk::new();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut list = "cpr;navn;konto;beløb;ydelse;periode;sagsnr;tekst;payee_name\n".to_owned();
    for (number, text) in (0..).zip(TEXTS) {
        let text = quoted(text);
        for (column, cells) in [
            ("name", format!("{text};6471-{:010};100,00;Hjælp;2022-04;;;", 1000 + number)),
            ("scheme", format!("Ole Made-Up;6471-{:010};100,00;{text};2022-04;;;", 2000 + number)),
            ("part", format!("Ole Made-Up;6471-{:010};100,00;Hjælp;2022-04;{text};;", 3000 + number)),
            (
                "text",
                format!(
                    "Ole Made-Up;6471-{:010};100,00;Hjælp;2022-04;{column};{text};",
                    4000 + number,
                    column = number
                ),
            ),
            ("payee", format!("Ole Made-Up;6471-{:010};100,00;Hjælp;2022-04;p{number};;{text}", 5000 + number)),
            ("amount", format!("Ole Made-Up;6471-{:010};{text};Hjælp;2022-04;b{number};;", 6000 + number)),
        ] {
            let of_column = column.bytes().map(u32::from).sum::<u32>() % 28;
            list += &format!("{:02}1250{:04};{cells}\n", 61 + of_column, 1000 + number);
        }
    }
    list += "7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Alderspension;2022-04;;;\n";
    desk.write("=1+1 \u{202e}list.csv", list);
    desk
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { below(&path, files) } else { files.push(path) }
    }
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Nothing in a table that leaves is a formula.
fn check_csv(path: &Path) {
    let bytes = fs::read(path).expect("reads");
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if first.contains(&b';') { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).flexible(true).from_reader(&*bytes);
    for record in reader.records() {
        for cell in &record.expect("a record") {
            let obeyed = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) && !is_number(cell);
            assert!(!obeyed, "{}: {cell:?}", path.display());
        }
    }
}

fn check_workbook(path: &Path) {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).expect("opens")).expect("a workbook");
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).expect("a part");
        let (name, mut text) = (part.name().expect("a name").into_owned(), String::new());
        if name.contains("worksheets/") && part.read_to_string(&mut text).is_ok() {
            let formula = ["<f>", "<f ", "<hyperlink", "ddeLink"].iter().find(|formula| text.contains(*formula));
            assert_eq!(formula, None, "{} {}", path.display(), name);
        }
    }
}

fn check_page(path: &Path) {
    let text = fs::read_to_string(path).expect("reads");
    for run in ["<script>x", "<img src=x", "onerror=x>\n"] {
        assert!(!text.contains(run), "{}: {run}", path.display());
    }
    check_screen(&text, &path.display().to_string());
}

/// Nothing that a terminal obeys, or that turns the direction of what is read.
fn check_screen(text: &str, what: &str) {
    let obeyed = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let found = text.find(obeyed).map(|at| text[at..].chars().take(40).collect::<String>());
    assert_eq!(found, None, "{what}");
}

#[test]
fn no_text_from_outside_is_obeyed_by_a_spreadsheet_a_page_or_a_terminal() {
    let desk = desk_of_hostile_texts();
    let list = "=1+1 \u{202e}list.csv";
    let shown = |arguments: &[&str]| {
        let ran = desk.run(&[arguments, &["--operator", "anna"]].concat());
        assert!([0, 1, 2, 3].contains(&ran.code), "{arguments:?}: {} {}", ran.code, ran.stderr);
        check_screen(&ran.stdout, &format!("stdout of {arguments:?}"));
        check_screen(&ran.stderr, &format!("stderr of {arguments:?}"));
    };
    let hostile = TEXTS[0..6].join(" ") + TEXTS[6] + TEXTS[7];
    shown(&["episode", "open", TEXTS[0], "--reason", &hostile]);
    shown(&["baseline", "add", list, "--period", "2022-04"]);
    shown(&["check", list, "--pay-on", PAY_ON]);
    shown(&["prepare", list, "--pay-on", PAY_ON]);
    shown(&["batch", "show", "B0001"]);
    let digest = desk.json(&["batch", "show", "B0001", "--operator", "malik"]).exits(0).json()["digest"].clone();
    desk.run(&["approve", "B0001", "--operator", "malik", "--digest", digest.as_str().expect("a digest")]).exits(0);
    shown(&["release", "B0001"]);
    shown(&["uploaded", "B0001", "--receipt", &hostile, "--count", "1", "--amount", "1,00"]);
    shown(&["batch", "list"]);
    shown(&["stoplist", "--out", "stop.csv"]);
    shown(&["stoplist", "--out", "stop.xlsx"]);
    let mut run = "cpr;navn;ydelse;periode;part;beløb;status;reference\n".to_owned();
    for (number, text) in (0..).zip(TEXTS) {
        let text = format!("\"{}\"", text.replace('"', "\"\""));
        run += &format!("{:02}1250{:04};{text};{text};2022-04;{text};100,00;paid;{text}\n", 61 + number, 1000 + number);
    }
    run += "7012821128;Pipaluk;Alderspension;2022-04;;5.234,50;paid;=1+1\n";
    desk.write("=run \u{202e}.csv", run);
    shown(&["reconcile", "--upstream", "=run \u{202e}.csv", "--out", "found"]);
    shown(&["remedy", "list"]);
    let findings = desk.json(&["remedy", "list", "--operator", "anna"]).json();
    let double = findings["cases"].as_array().into_iter().flatten().find(|one| one["kind"] == "double_paid");
    let double = double.and_then(|one| one["finding"].as_str()).expect("a double payment").to_owned();
    shown(&[
        "remedy", "decide", &double, "--as", "recover", "--reason", &hostile, "--second", "malik", "--out", "letters",
    ]);
    shown(&["remedy", "show", &double]);
    desk.write("owed.csv", "cpr;ydelse;periode;part;beløb;navn\n7012821128;Alderspension;2022-04;=1+1;1,00;@x\n");
    shown(&["true-up", "--owed", "owed.csv", "--out", "true"]);
    shown(&["exposure", list, "--list"]);
    shown(&["exposure", list, "--out", "who.csv"]);
    shown(&["copies", "list", "--all"]);
    shown(&["episode", "list"]);
    shown(&["baseline", "check"]);
    shown(&["log"]);
    shown(&["verify", "--deep"]);
    // By hand: sheets for clerks with such names.
    desk.write(
        "second.csv",
        "cpr;navn;konto;beløb;ydelse;periode;tekst\n6112903338;=Malik;6471-0000100002;11,00;@Hjælp;2022-04;+x\n",
    );
    desk.prepare(&["second.csv", "--pay-on", PAY_ON]);
    desk.approve("B0002");
    shown(&["release", "B0002", "--as", "worksheet", "--clerks", "=Nivi,@Ole"]);
    shown(&["worksheet", "list"]);

    let mut files = Vec::new();
    ["workspace/out", "found", "true", "letters"].iter().for_each(|folder| below(&desk.path(folder), &mut files));
    files.extend(["stop.csv", "stop.xlsx", "who.csv"].map(|name| desk.path(name)));
    let mut checked = [0; 3];
    for file in &files {
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => {
                check_csv(file);
                checked[0] += 1;
            }
            Some("xlsx") => {
                check_workbook(file);
                checked[1] += 1;
            }
            Some("html") => {
                check_page(file);
                checked[2] += 1;
            }
            _ => {}
        }
        assert_eq!(fs::metadata(file).expect("is there").permissions().mode() & 0o077, 0, "{}", file.display());
    }
    println!("{} tables, {} workbooks, {} pages", checked[0], checked[1], checked[2]);
    assert!(checked[0] >= 10 && checked[1] >= 3 && checked[2] >= 4, "{checked:?}: {files:?}");
}

/// What can lie where a file is to be written.
const OBSTACLES: [&str; 7] = ["file", "link", "dangling", "hard", "folder", "folder link", "pipe"];

fn put(desk: &Desk, place: &Path, obstacle: &str) {
    let mine = desk.path("mine.csv");
    match obstacle {
        "file" => fs::write(place, "mine").expect("writes"),
        "link" => symlink(&mine, place).expect("links"),
        "dangling" => symlink(desk.path("nowhere"), place).expect("links"),
        "hard" => fs::hard_link(&mine, place).expect("links"),
        "folder" => {
            fs::create_dir(place).expect("makes");
            fs::write(place.join("mine"), "mine").expect("writes");
        }
        "folder link" => symlink(desk.path("mine"), place).expect("links"),
        _ => rustix::fs::mknodat(rustix::fs::CWD, place, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
            .expect("makes"),
    }
}

fn kind(place: &Path) -> String {
    let there = fs::symlink_metadata(place).map(|there| there.file_type());
    there.map_or("nothing".into(), |kind| {
        format!("{} {} {} {}", kind.is_file(), kind.is_dir(), kind.is_symlink(), kind.is_fifo())
    })
}

#[test]
fn nothing_that_lies_at_an_output_path_is_followed_or_lost() {
    let desk = Desk::new();
    desk.write("list.csv", crate::desk::LIST);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    desk.write("run.csv", "cpr;beløb;ydelse;periode;status\n7012821128;5.234,50;Alderspension;2022-04;paid\n");
    desk.write("owed.csv", "cpr;ydelse;periode;beløb\n7012821128;Alderspension;2022-04;1,00\n");
    desk.write("mine.csv", "mine");
    fs::create_dir(desk.path("mine")).expect("makes");
    desk.run(&["backup", "good", "--keys", "keys", "--operator", "anna"]).exits(0);
    // The path that is written, the command, and whether a folder in its place is where it goes.
    let outputs: [(&str, &[&str], bool); 9] = [
        ("x.csv", &["stoplist", "--out", "x.csv"], false),
        ("x.csv", &["exposure", "list.csv", "--out", "x.csv"], false),
        ("x", &["reconcile", "--upstream", "run.csv", "--out", "x"], true),
        ("x/findings.csv", &["reconcile", "--upstream", "run.csv", "--out", "x"], false),
        ("x", &["true-up", "--owed", "owed.csv", "--out", "x"], true),
        ("x", &["backup", "x"], true),
        ("x", &["backup", "fresh", "--keys", "x"], true),
        ("x", &["desk", "add", "x"], false),
        ("x", &["drill", "x", "--recipients", "5"], false),
    ];
    let mut tried = 0;
    for (place, command, takes_a_folder) in outputs {
        for obstacle in OBSTACLES {
            for name in ["x", "x.csv", "fresh"] {
                let path = desk.path(name);
                let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
            }
            let path = desk.path(place);
            fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
            put(&desk, &path, obstacle);
            let before = kind(&path);
            let ran = desk.json(&[command, &["--operator", "anna"]].concat());
            let what = format!("{command:?} where a {obstacle} lies at {place}: {} {}", ran.code, ran.stdout);
            let into_a_folder = takes_a_folder && ["folder", "folder link"].contains(&obstacle);
            assert!(into_a_folder || [2, 3, 4].contains(&ran.code), "{what}");
            assert_eq!(kind(&path), before, "{what}");
            assert_eq!(fs::read(desk.path("mine.csv")).expect("is there"), b"mine", "{what}");
            assert!(!desk.path("nowhere").exists(), "{what}");
            if obstacle == "file" {
                assert_eq!(fs::read(&path).expect("is there"), b"mine", "{what}");
            }
            if obstacle == "folder" {
                assert_eq!(fs::read(path.join("mine")).expect("is there"), b"mine", "{what}");
            }
            tried += 1;
        }
    }
    println!("{tried} obstacles");
    desk.json(&["verify"]).exits(0);
}

#[test]
fn a_ledger_with_a_second_name_or_behind_a_link_is_refused() {
    let desk = Desk::new();
    let ledger = desk.workspace().join("ledger.db");
    let head = desk.head();
    fs::hard_link(&ledger, desk.path("second.db")).expect("links");
    assert_eq!(desk.json(&["verify"]).exits(3).error_code(), "ledger.linked");
    assert_eq!(desk.json(&["episode", "open", "x", "--operator", "anna"]).exits(3).error_code(), "ledger.linked");
    fs::remove_file(desk.path("second.db")).expect("removes");
    assert_eq!(desk.head(), head);
    fs::rename(&ledger, desk.path("away.db")).expect("renames");
    symlink(desk.path("away.db"), &ledger).expect("links");
    assert_eq!(desk.json(&["verify"]).code, 4);
}

#[test]
fn a_workspace_or_key_files_that_others_may_read_are_refused_or_told() {
    let desk = Desk::new();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("changes");
    for open in [0o755, 0o750, 0o701, 0o770] {
        mode(&desk.workspace(), open);
        for command in [&["verify"][..], &["batch", "list"], &["backup", "x", "--operator", "anna"], &["log"]] {
            assert_eq!(desk.json(command).exits(3).error_code(), "workspace.open_to_others", "{open:o} {command:?}");
        }
    }
    mode(&desk.workspace(), 0o700);
    desk.json(&["verify"]).exits(0);
    // Key files that lie elsewhere are not behind the workspace's door.
    fs::create_dir(desk.path("stick")).expect("makes");
    let key = desk.path("stick/operator-anna.json");
    fs::rename(desk.workspace().join("keys/operator-anna.json"), &key).expect("moves");
    let open = |name: &str| {
        let mut command = desk.command(&["episode", "open", name, "--operator", "anna"]);
        let output = command.env("STOPGAP_KEYS", desk.path("stick")).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    mode(&key, 0o644);
    mode(&desk.path("stick"), 0o755);
    let (code, said) = open("one");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Others may read the key file of anna"), "{said}");
    mode(&key, 0o600);
    desk.json(&["episode", "close", "one", "--operator", "malik"]).exits(0);
    let (code, said) = open("two");
    assert!(code == Some(0) && !said.contains("Others may read"), "{said}");
}
