//! `outcome` of a camt.053 with an entry for every payment, all matched and recorded, beside Python's lxml reading the same fields of the file.
//!
//! `cargo bench --bench outcome` takes 1,000,000 payments; `cargo bench --bench outcome -- 100000` another number. The payments are
//! prepared, approved and released first, and the statement is made of the bank files, unmeasured. `outcome` then runs in a process of its
//! own, on a fresh copy of the workspace each time, five times in turn with lxml's `iterparse` (elements cleared as they end), which keeps
//! nothing. Printed are medians of CPU seconds, the ratio (aims: at most 0.5, and 0.2 by entry) and the peak memory (aims: at most 64 MiB, and
//! 24). Without python3 or lxml the reference is skipped, and says so. `--again` reads the statement a second time as well; `--keep DIR` keeps
//! what was made, and takes it up again the next time; `--runs N` is for another number of runs.

#[path = "../tests/fixture/mod.rs"]
mod fixture;
mod floors;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::{KNOWN, new_workspace};
use floors::beside::{Measured, measured, show, tell};
use stopgap::bank::pain001::read_back;
use stopgap::ops::prepare::Request;
use stopgap::ops::{self, Now, Workspace, World};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| arguments.iter().position(|argument| argument == name).map(|at| arguments[at + 1].clone());
    if let Some(folder) = after("--child") {
        return read_once(Path::new(&folder));
    }
    let runs: usize = after("--runs").map_or(5, |runs| runs.parse().expect("a number"));
    let payments = arguments.get(1).and_then(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = after("--keep").map_or_else(|| scratch.path().to_owned(), PathBuf::from);
    if !folder.join("statement.xml").exists() {
        std::fs::create_dir_all(&folder).expect("a folder");
        pay(payments, &folder);
        write_statement(&folder);
    }
    let again = arguments.iter().any(|argument| argument == "--again");
    let (mut ours, mut second, mut theirs): (Vec<Measured>, Vec<Measured>, Vec<Measured>) = Default::default();
    for _ in 0..runs {
        let copy = folder.join("copy");
        let _ = std::fs::remove_dir_all(&copy);
        copy_folder(&folder.join("workspace"), &copy);
        let this = || std::env::current_exe().expect("this program");
        let ours_now = || measured(Command::new(this()).arg("--child").arg(&folder)).expect("reads the statement");
        ours.push(ours_now());
        if again {
            second.push(ours_now());
        }
        theirs.extend(measured(Command::new("python3").args(["-c", LXML]).arg(folder.join("statement.xml"))));
    }
    println!("{payments} entries, medians of {runs}");
    let our_cpu = show("outcome", &ours);
    if again {
        show("read again", &second);
    }
    if theirs.is_empty() {
        return println!("  lxml iterparse   skipped: no python3 with lxml here");
    }
    let their_cpu = show("lxml iterparse", &theirs);
    println!("  ratio of CPU     {:>8.2}", our_cpu / their_cpu);
}

/// The command as the command line runs it, in a fresh process.
fn read_once(folder: &Path) {
    let began = std::time::Instant::now();
    let mut workspace = Workspace::open(&folder.join("copy")).expect("opens");
    let files = [folder.join("statement.xml")];
    let request = ops::outcome::Request { files: &files, own_account: false };
    let report = ops::outcome::outcome(&mut workspace, &world(), Some("anna"), request).expect("reads");
    let [file] = report.files.as_slice() else { panic!("one file") };
    assert_eq!((file.unmatched, file.matched), (0, file.entries));
    assert!(file.already_seen || report.payments.settled == file.entries);
    tell(began);
}

fn world() -> World<'static> {
    World { now: Now::from_system_clock(), passphrases: &KNOWN, say: &|_| {} }
}

/// Prepares, approves and releases a list of its own.
fn pay(payments: u64, folder: &Path) {
    let list = folder.join("list.csv");
    let mut rows = BufWriter::with_capacity(1 << 20, File::create(&list).expect("makes"));
    writeln!(rows, "cpr;navn;konto;beløb;ydelse;periode").expect("writes");
    for number in 0..payments {
        let (day, month, serial) = (number % 28 + 61, number / 28 % 12 + 1, number / 336 % 10_000);
        let year = number / 3_360_000 % 100 + 50;
        writeln!(
            rows,
            "{day:02}{month:02}{year:02}{serial:04};Person {number};6471-{:010};{},50;Alderspension;2026-11",
            number % 10_000_000,
            number % 18_000 + 100
        )
        .expect("writes");
    }
    drop(rows);
    let place = folder.join("workspace");
    ops::init::init(&world(), &place, &new_workspace()).expect("a workspace");
    let mut workspace = Workspace::open(&place).expect("opens");
    let request = Request { lists: vec![list], ..Request::default() };
    let prepared = ops::prepare::prepare(&mut workspace, &world(), Some("anna"), &request, false).expect("prepares");
    let (batch, digest) = prepared.batch.expect("a batch");
    ops::approve::approve(&mut workspace, &world(), Some("malik"), batch, &digest).expect("approves");
    ops::release::release(&mut workspace, &world(), Some("anna"), batch).expect("releases");
}

/// An entry for every payment of the bank files, in their order, with what a Danish bank tells of each.
fn write_statement(folder: &Path) {
    let place = folder.join("workspace");
    let workspace = Workspace::open(&place).expect("opens");
    let file = File::create(folder.join("statement.xml")).expect("makes");
    let mut out = BufWriter::with_capacity(1 << 20, file);
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-23T20:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb>\
         <Acct><Id><IBAN>GL8964710001234567</IBAN></Id><Ccy>DKK</Ccy></Acct>\n"
    )
    .expect("writes");
    let mut number = 0u64;
    for batch in workspace.state.batches.values() {
        for planned in &batch.prepared.plan.files {
            let path = place.join("out").join(batch.prepared.id.to_string()).join(&planned.name);
            read_back(BufReader::with_capacity(1 << 20, File::open(path).expect("opens")), |payment| {
                number += 1;
                let amount = payment.amount;
                writeln!(
                    out,
                    "<Ntry><NtryRef>{number}</NtryRef><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
                     <BookgDt><Dt>2026-11-23</Dt></BookgDt><ValDt><Dt>2026-11-23</Dt></ValDt><AcctSvcrRef>BANK{number:012}</AcctSvcrRef>\
                     <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>\
                     <NtryDtls><TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs><Amt Ccy=\"DKK\">{amount}</Amt>\
                     <RltdPties><Cdtr><Pty><Nm>Person {number}</Nm></Pty></Cdtr></RltdPties></TxDtls></NtryDtls></Ntry>",
                    payment.end_to_end_id
                )
                .expect("writes");
                Ok(())
            })
            .expect("reads back");
        }
    }
    write!(out, "</Stmt></BkToCstmrStmt></Document>").expect("writes");
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    std::fs::set_permissions(to, from.metadata().expect("reads").permissions()).expect("closes it to others");
    for entry in std::fs::read_dir(from).expect("reads") {
        let (entry, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("reads");
        // The bank files are not needed to read a report.
        if entry.is_dir() && !entry.ends_with("out") {
            copy_folder(&entry, &to);
        } else if entry.is_file() {
            std::fs::copy(&entry, &to).expect("copies");
        }
    }
}

const LXML: &str = r#"
import resource, sys, time
from lxml import etree
began = time.time()
names = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
path = lambda *parts: "/".join(names + part for part in parts)
fields = [path("Amt"), path("CdtDbtInd"), path("Sts", "Cd"), path("BookgDt", "Dt"), path("AcctSvcrRef"),
          path("NtryDtls", "TxDtls", "Refs", "EndToEndId"), path("NtryDtls", "TxDtls", "Amt")]
entries = 0
for _, entry in etree.iterparse(sys.argv[1], events=("end",), tag=names + "Ntry"):
    row = [entry.findtext(field) for field in fields]
    entries += row[2] == "BOOK"
    entry.clear()
    while entry.getprevious() is not None:
        del entry.getparent()[0]
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, time.time() - began, used.ru_maxrss)
"#;
