//! The judge: looks only at the files that people could have uploaded or typed from and at what the program says with `--json`, and knows of the rest of
//! the program nothing. Whatever happened before, it has the work finished the way two people would, and then counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::bank_file::{self, BankFile};
use crate::desk::{Desk, Ran, for_each_file};
use crate::sheet;

/// What must never be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// A file that is not whole lay under a name that people upload.
    Torn {
        file: String,
        why: String,
    },
    /// One payment left in two messages.
    TwoMessages {
        end_to_end_id: String,
        messages: Vec<String>,
    },
    /// One message had two contents.
    TwoContents {
        message_id: String,
    },
    /// Somebody is paid this many times, and not as often as is owed: once, where nothing came back.
    NotPaidAsOwed {
        account: String,
        times: usize,
    },
    /// A batch was left in a state that is neither before nor after the command.
    HalfDone {
        batches: String,
    },
    /// The command said one thing and did another.
    Untrue {
        said: String,
    },
    /// The command panicked, or ended with another exit code than the contract's.
    WrongEnd {
        said: String,
    },
    /// Running the same command again, or the next step, took more than that.
    Stuck {
        command: String,
        said: String,
    },
    NotVerified {
        said: String,
    },
    /// A batch without the list of its rows' fates.
    NoRows {
        batch: String,
    },
    /// Payments in a file that nobody will clear away.
    LeftOver {
        file: String,
    },
    /// What the command is for is not so in the end.
    NotReached {
        why: String,
    },
}

/// Collects everything that was ever there to be uploaded or typed from.
#[derive(Clone, Default)]
pub struct Judge {
    seen: BTreeSet<(String, Vec<u8>)>,
    /// Batches whose rows need not be there.
    cleared: BTreeSet<String>,
    findings: BTreeSet<Finding>,
}

impl Judge {
    pub fn find(&mut self, finding: Finding) {
        self.findings.insert(finding);
    }

    /// A bank file that was there before what is judged.
    pub fn see(&mut self, name: &str, bytes: &[u8]) {
        self.seen.insert((name.to_owned(), bytes.to_vec()));
    }

    /// A judge who knows what was there before the command.
    pub fn before(desk: &Desk) -> Self {
        let mut judge = Self::default();
        judge.look(desk);
        judge.excuse(desk);
        judge
    }

    /// Batches whose rows are not there now need not have any later: a backup has none, and people clear them away.
    pub fn excuse(&mut self, desk: &Desk) {
        let batches = desk.copy().batches().unwrap_or_default().into_iter().map(|(batch, _)| batch);
        self.cleared.extend(batches.filter(|batch| !has_rows(desk, batch)));
    }

    /// Looks at the bank files and work sheets that lie there now. Before, after and between.
    pub fn look(&mut self, desk: &Desk) {
        for_each_file(&desk.workspace().join("out"), &mut |name, path| {
            // What asks a bank to take a payment back pays nobody.
            if !name.starts_with('.')
                && !name.starts_with("recall-")
                && (name.ends_with(".xml") || sheet::is_sheet(name))
            {
                self.seen.insert((name.to_owned(), fs::read(path).expect("reads")));
            }
        });
    }

    /// Runs what interrupted people would run: the commands again, then approval and release of whatever is there, then `verify`.
    pub fn let_people_finish(&mut self, desk: &Desk, again: &[Vec<String>]) {
        for command in again {
            let ran = desk.run(command);
            self.look(desk);
            if !matches!(ran.code, Some(0 | 1)) && !is_lawful_refusal(&ran) {
                self.find(Finding::Stuck { command: command.join(" "), said: ran.said() });
            }
        }
        for (batch, state) in desk.batches().unwrap_or_default() {
            if !has_rows(desk, &batch) && !self.cleared.contains(&batch) {
                self.find(Finding::NoRows { batch: batch.clone() });
            }
            if state == "prepared" {
                self.step(desk, &format!("approve {batch}"), desk.approve(&batch));
            }
            if ["prepared", "approved", "releasing"].contains(&state.as_str()) {
                self.step(desk, &format!("release {batch}"), desk.release(&batch));
            }
        }
        let verified = desk.run(&["verify"]);
        if verified.code != Some(0) {
            self.find(Finding::NotVerified { said: verified.said() });
        }
        for_each_file(&desk.workspace().join("out"), &mut |name, _| {
            if name.starts_with('.') {
                self.find(Finding::LeftOver { file: name.to_owned() });
            }
        });
    }

    fn step(&mut self, desk: &Desk, command: &str, ran: Ran) {
        self.look(desk);
        if ran.code != Some(0) {
            self.find(Finding::Stuck { command: command.into(), said: ran.said() });
        }
    }

    /// Counts. `owed` are the accounts to which one payment each is owed; one that is owed another is named again.
    pub fn verdict(mut self, owed: &[&str]) -> Vec<Finding> {
        let mut messages_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut times: BTreeMap<String, BTreeSet<(String, usize)>> = BTreeMap::new();
        let mut content_of: BTreeMap<String, &[u8]> = BTreeMap::new();
        let mut sheets: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, bytes) in &self.seen {
            if sheet::is_sheet(name) {
                if *content_of.entry(name.clone()).or_insert(bytes) != bytes.as_slice() {
                    self.findings.insert(Finding::TwoContents { message_id: name.clone() });
                }
                let read = sheet::accounts(name, bytes).and_then(|accounts| {
                    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
                    match *sheets.entry(stem).or_insert_with(|| accounts.clone()) == accounts && !accounts.is_empty() {
                        true => Ok(()),
                        false => Err("its page and its workbook name other accounts, or none".into()),
                    }
                });
                if let Err(why) = read {
                    self.findings.insert(Finding::Torn { file: name.clone(), why });
                }
                continue;
            }
            let BankFile { message_id, payments } = match bank_file::read(bytes) {
                Ok(file) => file,
                Err(why) => {
                    self.findings.insert(Finding::Torn { file: name.clone(), why });
                    continue;
                }
            };
            if *content_of.entry(message_id.clone()).or_insert(bytes) != bytes.as_slice() {
                self.findings.insert(Finding::TwoContents { message_id: message_id.clone() });
            }
            for (at, payment) in payments.into_iter().enumerate() {
                messages_of.entry(payment.end_to_end_id).or_default().insert(message_id.clone());
                times.entry(payment.account).or_default().insert((message_id.clone(), at));
            }
        }
        for (stem, accounts) in sheets {
            for (at, account) in accounts.into_iter().enumerate() {
                times.entry(account).or_default().insert((stem.to_owned(), at));
            }
        }
        for (end_to_end_id, messages) in messages_of {
            if messages.len() > 1 {
                self.findings.insert(Finding::TwoMessages { end_to_end_id, messages: messages.into_iter().collect() });
            }
        }
        let everybody = times.keys().map(String::as_str).chain(owed.iter().copied()).collect::<BTreeSet<_>>();
        for account in everybody {
            let times = times.get(account).map_or(0, BTreeSet::len);
            if times != owed.iter().filter(|one| **one == account).count() {
                self.findings.insert(Finding::NotPaidAsOwed { account: account.into(), times });
            }
        }
        self.findings.into_iter().collect()
    }
}

fn has_rows(desk: &Desk, batch: &str) -> bool {
    desk.workspace().join("out").join(batch).join("rows.csv").is_file()
}

/// A command that had done its work before it was interrupted refuses to do it twice, and a batch that has begun to leave cannot be
/// cancelled: both are as it should be.
fn is_lawful_refusal(ran: &Ran) -> bool {
    // A batch that has begun to leave by one door leaves by no other.
    // A whole backup is refused as older only after it was read and verified: a second one has been made since.
    let lawful = [
        "restore.older",
        "batch.not_prepared",
        "batch.cancelled",
        "batch.released",
        "workspace.exists",
        "release.other_door",
        "purge.nothing",
        "ledger.not_a_copy",
        "worksheet.not_open",
        // Of a restore that was finished. One that was not leaves nobody anything to release, which is found.
        "workspace.exists",
        // Operators took over before the interruption, with a new code or without one.
        "recovery_code.void",
        "recovery_code.none",
        "copy.ended",
        "recall.open",
    ];
    matches!(ran.code, Some(2 | 3)) && lawful.contains(&ran.error("code").as_str())
}
