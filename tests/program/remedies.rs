//! What follows from a reconciliation: decisions by two people, notices, repayments, and the end of the episode.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::desk::{Desk, PAY_ON, Ran};
use crate::three_paid::{HEADINGS, three_paid};

/// Three are paid; upstream paid the first again, stopped the second, and is about to pay the third.
struct Town {
    desk: Desk,
    /// End-to-end ids by amount.
    ids: BTreeMap<String, String>,
}

impl Town {
    fn new() -> Self {
        let (desk, ids) = three_paid();
        Self { desk, ids }
    }

    fn reconciled() -> Self {
        let town = Self::new();
        town.reconcile("run.csv");
        town
    }

    fn reconcile(&self, run: &str) -> Value {
        self.desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", run]).json()
    }

    fn remedy(&self, arguments: &[&str]) -> Ran {
        self.desk.json(&[&["remedy", "--operator", "anna"], arguments].concat())
    }

    fn decide(&self, finding: &str, remedy: &str, more: &[&str]) -> Ran {
        self.remedy(&[&["decide", finding, "--as", remedy, "--reason", "asked the case worker"], more].concat())
    }

    /// The finding of a kind.
    fn finding(&self, kind: &str) -> String {
        let list = self.remedy(&["list"]).json();
        let cases = list["cases"].as_array().expect("a list");
        let case = cases.iter().find(|case| case["kind"] == kind).unwrap_or_else(|| panic!("a {kind} in {list}"));
        case["finding"].as_str().expect("an id").to_owned()
    }

    fn state(&self, finding: &str) -> Value {
        self.remedy(&["show", finding]).exits(0).json()["state"].clone()
    }
}

#[test]
fn a_decision_fits_the_finding_is_made_by_two_and_stands() {
    let town = Town::reconciled();
    let (doubled, planned) = (town.finding("double_paid"), town.finding("double_planned"));
    assert_eq!(town.remedy(&["list"]).exits(1).json()["states"]["open"]["count"], 2);

    // What does not fit is refused with what does.
    let refused = town.decide(&doubled, "top_up", &["--second", "malik"]).exits(3);
    assert_eq!(refused.error_code(), "remedy.does_not_fit");
    assert!(refused.stdout.contains("recover, none"), "{}", refused.stdout);
    assert_eq!(town.decide(&doubled, "pay_again", &["--second", "malik"]).exits(3).error_code(), "remedy.does_not_fit");
    // What moves or waives money takes another operator.
    for remedy in ["recover", "none"] {
        let refused = town.decide(&doubled, remedy, &[]).exits(3);
        assert_eq!(refused.error_code(), "control.second_missing");
        assert!(refused.stdout.contains("--second NAME; others are: malik"), "{}", refused.stdout);
    }
    assert_eq!(town.decide(&doubled, "recover", &["--second", "anna"]).exits(3).error_code(), "control.same_person");
    assert_eq!(
        town.decide(&doubled, "recover", &["--second", "ivik"]).exits(3).error_code(),
        "control.unknown_operator"
    );
    let too_much = town.decide(&doubled, "recover", &["--second", "malik", "--amount", "5234,51"]).exits(3);
    assert_eq!(too_much.error_code(), "decision.amount");
    // Nothing of a findings file counts but the ledger's own findings.
    let unknown = town.decide("F0009", "stop", &[]).exits(2);
    assert_eq!(unknown.error_code(), "finding.unknown");
    assert!(unknown.stdout.contains("F0003") && unknown.stdout.contains("edited by hand"), "{}", unknown.stdout);
    assert_eq!(town.decide("B0001", "stop", &[]).exits(2).error_code(), "finding.malformed");
    assert_eq!(town.decide(&planned, "forget", &[]).exits(2).error_code(), "decision.unknown");
    let unreasoned = town.remedy(&["decide", &planned, "--as", "stop", "--reason", " "]).exits(2);
    assert_eq!(unreasoned.error_code(), "decision.reason");

    let before = town.desk.head();
    town.decide(&planned, "stop", &[]).exits(0);
    let decided = town.desk.head();
    assert_ne!(decided, before);
    let again = town.decide(&planned, "stop", &[]).exits(0).json();
    assert_eq!((&again["nothing_new"], town.desk.head()), (&true.into(), decided));
    assert_eq!(town.state(&planned), "decided");

    // It stands in the next run, and where upstream paid all the same it is to be decided again, with its history.
    town.desk.write(
        "later.csv",
        format!(
            "{HEADINGS}7012821128;Pension;2022-04;5234,50;paid;2022-04-29;r1\n\
             6112903338;Pension;2022-04;200,00;stopped;;r2\n6506751118;Pension;2022-04;300,00;paid;2022-05-02;r3\n"
        ),
    );
    let changes = town.reconcile("later.csv")["changes"].clone();
    assert_eq!((&changes["changed"], &changes["decided_before"]), (&1.into(), &1.into()), "{changes}");
    assert_eq!(changes["findings"][0]["decided"], "stop");
    assert_eq!(town.state(&planned), "decide_again");
    town.decide(&planned, "none", &["--second", "malik"]).exits(0);
    let shown = town.remedy(&["show", &planned]).exits(0).json();
    assert_eq!((shown["state"].as_str(), shown["history"].as_array().map(Vec::len)), (Some("closed"), Some(2)));
    assert_eq!(shown["history"][1]["second"], "malik");
    town.desk.json(&["verify"]).exits(0);
}

#[test]
fn a_notice_says_what_was_paid_and_how_it_could_be_paid_back_and_names_nobody_in_its_file_name() {
    let town = Town::reconciled();
    let doubled = town.finding("double_paid");
    let decided = town.decide(&doubled, "recover", &["--second", "malik"]).exits(0).json();
    let notices: Vec<String> = decided["notices"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|path| path.as_str().expect("a path").to_owned())
        .collect();
    assert_eq!(notices.len(), 2);
    let names: Vec<&str> = notices.iter().filter_map(|path| path.rsplit('/').next()).collect();
    assert_eq!(names, [format!("{doubled}-da.html"), format!("{doubled}-en.html")]);
    let shown = town.remedy(&["show", &doubled]).json();
    let reference = shown["payment_reference"].as_str().expect("a reference");
    assert!(
        reference.len() == 16
            && reference.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
    );
    let plan = shown["history"][0]["plan"].as_array().expect("a plan");
    let total: i64 = plan
        .iter()
        .map(|one| one["amount"].as_str().expect("an amount").replace('.', "").parse::<i64>().expect("digits"))
        .sum();
    assert_eq!((plan.len(), total), (3, 523_450));
    for (path, amount) in notices.iter().zip(["5.234,50", "5,234.50"]) {
        let page = fs::read_to_string(town.desk.path(path)).expect("reads");
        for said in ["Pipaluk Berthelsen", amount, reference, "6471", "29", "2022", "class=\"blank\""] {
            assert!(page.contains(said), "{said} in {page}");
        }
        for outside in ["7012821128", "701282", "http", "<script", "src=", "href=", "url("] {
            assert!(!page.contains(outside), "{outside} in {page}");
        }
    }
    // Once more, elsewhere, in one language: the same letter.
    let again = town.remedy(&["notice", &doubled, "--out", "letters", "--notice-language", "da"]).exits(0).json();
    assert_eq!(again["notices"].as_array().map(Vec::len), Some(1));
    let written = |path: &str| fs::read(town.desk.path(path)).expect("reads");
    assert_eq!(written(&notices[0]), written(&format!("letters/{doubled}-da.html")));
    let other = town.finding("double_planned");
    assert_eq!(town.remedy(&["notice", &other]).exits(3).error_code(), "notice.not_recovered");
    // Limits that do not allow it refuse before anything is decided.
    let settings = town.desk.workspace().join("stopgap.toml");
    let text = fs::read_to_string(&settings).expect("reads").replace("most_instalments = 24", "most_instalments = 2");
    fs::write(&settings, text).expect("writes");
    let head = town.desk.head();
    let refused = town.decide(&doubled, "recover", &["--second", "malik", "--amount", "5000,00"]).exits(3);
    assert_eq!((refused.error_code().as_str(), town.desk.head()), ("recovery.limits", head));
    let screen = town.desk.run(&["remedy", "list", "--operator", "anna"]).stdout;
    assert!(screen.contains("P•••••• B•••••••••") && !screen.contains("Pipaluk"), "{screen}");
    let screen = town.desk.run(&["remedy", "show", &doubled, "--operator", "anna"]).stdout;
    assert!(screen.contains("7012••-••••") && !screen.contains("Pipaluk") && screen.contains(reference), "{screen}");
}

/// A fee that the bank books under a payment's reference is counted as what it is, in the letter as in the finding.
#[test]
fn a_notice_asks_for_what_is_out_and_not_for_a_payment_more_because_of_a_fee() {
    let town = Town::new();
    town.desk.write("booked.xml", debits(&town));
    town.desk.write("fee.xml", statement("FEES", &debit(&town.ids["5234.50"], "7.00", "FEE")));
    for report in ["booked.xml", "fee.xml"] {
        town.desk.json(&["outcome", report, "--operator", "anna"]);
    }
    town.reconcile("run.csv");
    let doubled = town.finding("double_paid");
    let decided = town.decide(&doubled, "recover", &["--second", "malik"]).exits(0).json();
    let english = decided["notices"][1].as_str().expect("a path");
    let page = fs::read_to_string(town.desk.path(english)).expect("reads");
    assert!(page.contains("5,241.50") && page.contains("10,476.00") && !page.contains("15,703.50"), "{page}");
}

/// A camt.053 with these credits: amount, what the sender wrote.
fn credits(id: &str, entries: &[(&str, &str)]) -> String {
    let entries: String = entries
        .iter()
        .enumerate()
        .map(|(at, (amount, text))| {
            format!(
                "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>\
                 <BookgDt><Dt>2022-06-0{}</Dt></BookgDt><AcctSvcrRef>{id}-{at}</AcctSvcrRef><BkTxCd/>\
                 <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>\
                 <RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>",
                at + 1
            )
        })
        .collect();
    statement(id, &entries)
}

fn statement(id: &str, entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>{id}</MsgId><CreDtTm>2022-06-03T06:00:00</CreDtTm></GrpHdr><Stmt><Id>{id}</Id>\
         <CreDtTm>2022-06-03T06:00:00</CreDtTm><Acct><Id><Othr><Id>64710001234567</Id></Othr></Id><Ccy>DKK</Ccy></Acct>\
         {entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

fn debit(end_to_end_id: &str, amount: &str, reference: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"DKK\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2022-04-29</Dt></BookgDt>\
         <AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>\
         </TxDtls></NtryDtls></Ntry>"
    )
}

/// Every payment is booked, once.
fn debits(town: &Town) -> String {
    let entries: String = town.ids.iter().map(|(amount, id)| debit(id, amount, &format!("D-{amount}"))).collect();
    statement("DEBITS", &entries)
}

#[test]
fn from_a_double_payment_to_the_closed_episode() {
    let town = Town::new();
    let desk = &town.desk;
    let outcome = |name: &str, content: String, code: i32| {
        desk.write(name, content);
        desk.json(&["outcome", name, "--operator", "anna"]).exits(code).json()
    };
    town.reconcile("run.csv");
    let (doubled, planned) = (town.finding("double_paid"), town.finding("double_planned"));
    town.decide(&doubled, "recover", &["--second", "malik"]).exits(0);
    let shown = town.remedy(&["show", &doubled]).json();
    let reference = shown["payment_reference"].as_str().expect("a reference").to_owned();

    // A first instalment, in words of the sender's own; somebody else's credit; and a reference that nobody was given.
    let typed = format!("Tilbage {}", reference.to_lowercase().replace('-', " "));
    let first = credits("S1", &[("2000.00", &typed), ("50.00", "Husleje"), ("60.00", "REC-ABCDEFGHJKLM")]);
    let told = outcome("first.xml", first.clone(), 0);
    assert_eq!((&told["files"][0]["matched"], &told["files"][0]["unmatched"]), (&1.into(), &2.into()), "{told}");
    let came_back = &told["repayments"][0];
    assert_eq!(
        (&came_back["finding"], &came_back["outstanding"]),
        (&doubled.as_str().into(), &"3234.50".into()),
        "{told}"
    );
    assert_eq!(town.state(&doubled), "decided");
    // Read again, and told again in another kind of report: it came back once.
    let head = desk.head();
    let again = outcome("again.xml", first, 0);
    assert_eq!((&again["files"][0]["already_seen"], desk.head()), (&true.into(), head));
    let mt940 = format!(
        ":20:X1\n:25:64710001234567\n:28C:1/1\n:60F:C220531DKK0,00\n:61:2206010601C2000,00NTRF{reference}//B1\n:86:Tilbage\n\
         :62F:C220601DKK2000,00\n-\n"
    );
    let told = outcome("mt940.txt", mt940, 0);
    assert_eq!(
        (&told["repayments"][0]["in_all"], &told["repayments"][0]["outstanding"]),
        (&"2000.00".into(), &"3234.50".into()),
        "{told}"
    );
    // The rest, and a krone too much.
    let told = outcome("rest.xml", credits("S2", &[("3234.50", &reference), ("1.00", &reference)]), 1);
    assert_eq!(told["repayments"][0]["outstanding"], "0.00", "{told}");
    assert_eq!(told["warnings"][0]["code"], "outcome.repaid_beyond", "{told}");
    // That is not forgotten: it stands wherever people look, until somebody has said what becomes of it.
    let shown = town.remedy(&["show", &doubled]).json();
    assert_eq!((&shown["state"], &shown["back_too_much"]), (&"decide_again".into(), &"1.00".into()), "{shown}");
    assert_eq!(town.remedy(&["list"]).json()["recoveries"]["back_too_much"], "1.00");
    for screen in [&["remedy", "list"][..], &["remedy", "show", &doubled]] {
        let screen = desk.run(&[screen, &["--operator", "anna"]].concat()).stdout;
        assert!(screen.contains("1.00 DKK came back beyond what was asked"), "{screen}");
    }
    desk.json(&["verify"]).exits(0);
    assert_eq!(town.state(&planned), "open");
    // Nobody is asked twice: the list of the next run says so.
    town.reconcile("run.csv");
    let recover = fs::read_to_string(desk.path("found/recover.csv")).expect("reads");
    assert!(recover.contains(&doubled) && recover.contains("What was asked back has come back."), "{recover}");

    // The episode is not over while anything is open, and says what.
    let close = |more: &[&str]| desk.json(&[&["episode", "close", "attack", "--operator", "anna"], more].concat());
    let said = |ran: Ran| {
        assert_eq!(ran.error_code(), "episode.open_matters");
        ran.stdout
    };
    let open = said(close(&[]).exits(3));
    assert!(open.contains("1 finding needs a decision") && open.contains("of 3 payments"), "{open}");
    assert!(open.contains("1 recovery brought more back than was asked, 1.00"), "{open}");
    outcome("debits.xml", debits(&town), 0);
    let open = said(close(&[]).exits(3));
    assert!(open.contains("1 finding needs a decision") && !open.contains("payments"), "{open}");
    town.decide(&planned, "stop", &[]).exits(0);
    let asks = || desk.json(&["status"]).json()["next"].to_string().contains("\"decide\"");
    assert!(asks(), "what came back too much is all that is left to decide");
    town.decide(&doubled, "none", &["--second", "malik"]).exits(0);
    assert!(!asks() && town.state(&doubled) == "closed");
    assert!(said(close(&[]).exits(3)).contains("stopgap copies end"));
    let ended = desk.json(&["copies", "end", "--all", "--operator", "anna"]).exits(0).json();
    let letters = ended["left"].as_array().expect("a list").iter().filter(|one| one["why"] == "to_be_sent");
    assert!(letters.count() > 0, "nobody has said that the letters were sent: {ended}");
    desk.end_every_copy();
    close(&[]).exits(0);
    assert_eq!(desk.json(&["episode", "list"]).json()[0]["open"], false);
    desk.json(&["verify"]).exits(0);
}

/// A finding says what was so when it was found. What the bank has said since makes another one of it, and nobody acts on the old one.
#[test]
fn what_the_bank_says_after_a_comparison_is_compared_before_money_moves_or_the_episode_ends() {
    let town = Town::reconciled();
    let desk = &town.desk;
    let (doubled, planned) = (town.finding("double_paid"), town.finding("double_planned"));
    desk.write("debits.xml", debits(&town));
    desk.json(&["outcome", "debits.xml", "--operator", "anna"]).exits(0);
    let close = || desk.json(&["episode", "close", "attack", "--operator", "anna"]).exits(3).stdout;
    assert!(!close().contains("since the last reconciliation"), "that they are booked changes nothing");
    let back = debits(&town).replace("DBIT", "CRDT").replace("D-", "C-").replace("DEBITS", "BACK");
    desk.write("back.xml", back);
    desk.json(&["outcome", "back.xml", "--operator", "anna"]).exits(1);
    assert_eq!(town.decide(&doubled, "recover", &["--second", "malik"]).exits(3).error_code(), "remedy.stale");
    town.decide(&planned, "stop", &[]).exits(0);
    let open = close();
    assert!(open.contains("since the last reconciliation the bank has said of 3 payments"), "{open}");
    town.reconcile("run.csv");
    assert_eq!(town.decide(&doubled, "recover", &["--second", "malik"]).exits(3).error_code(), "remedy.does_not_fit");
    let open = close();
    assert!(!open.contains("since the last reconciliation"), "{open}");
    // Who is to be paid again is not done with before it is paid.
    town.decide(&town.finding("returned"), "pay_again", &["--second", "malik"]).exits(0);
    let open = close();
    assert!(open.contains("1 payment was decided and is not made"), "{open}");
    desk.json(&["verify"]).exits(0);
}

/// What has come back is not asked for again, and not asked of the bank either.
#[test]
fn a_letter_after_a_part_came_back_asks_for_what_is_outstanding() {
    let town = Town::reconciled();
    let doubled = town.finding("double_paid");
    let recover = |more: &[&str]| town.decide(&doubled, "recover", &[&["--second", "malik"], more].concat());
    recover(&["--amount", "1000,00"]).exits(0);
    let shown = town.remedy(&["show", &doubled]).json();
    let reference = shown["payment_reference"].as_str().expect("a reference").to_owned();
    let read = |name: &str, amount: &str| {
        town.desk.write(&format!("{name}.xml"), credits(name, &[(amount, &reference)]));
        town.desk.json(&["outcome", &format!("{name}.xml"), "--operator", "anna"]).exits(0);
    };
    let page =
        |said: &Value| fs::read_to_string(town.desk.path(said["notices"][1].as_str().expect("a path"))).expect("reads");
    read("S1", "234.50");
    let decided = recover(&[]).exits(0).json();
    let plan = decided["decided"][0]["history"][1]["plan"].as_array().expect("a plan").clone();
    let total: i64 = plan
        .iter()
        .map(|one| one["amount"].as_str().expect("text").replace('.', "").parse::<i64>().expect("digits"))
        .sum();
    assert_eq!(total, 500_000);
    let letter = page(&decided);
    for said in ["pay back <b>5,000.00 DKK</b>", "Paid back already", ">234.50<"] {
        assert!(letter.contains(said), "{said} in {letter}");
    }
    // And the same letter later, when more has come back.
    read("S2", "4000.00");
    let again = town.remedy(&["notice", &doubled, "--out", "letters"]).exits(0).json();
    let letter = page(&again);
    assert!(letter.contains("pay back <b>1,000.00 DKK</b>") && letter.contains(">4,234.50<"), "{letter}");
    assert_eq!(letter.matches("1,000.00").count(), 4, "{letter}");
    // Nothing outstanding, no letter.
    let screen = town.desk.run(&[
        "remedy",
        "decide",
        &doubled,
        "--as",
        "recover",
        "--amount",
        "4234,50",
        "--reason",
        "enough",
        "--second",
        "malik",
        "--operator",
        "anna",
    ]);
    assert!(screen.stdout.contains("no letter is written") && !screen.stdout.contains(".html"), "{}", screen.stdout);
    assert_eq!(town.remedy(&["notice", &doubled]).exits(3).error_code(), "notice.not_recovered");
    assert_eq!(town.state(&doubled), "closed");
    let recall = || town.remedy(&["recall", &doubled, "--second", "malik"]).exits(3).error_code();
    assert_eq!(recall(), "remedy.same_money");
    town.decide(&doubled, "none", &["--second", "malik"]).exits(0);
    assert_eq!(recall(), "remedy.same_money");
    let screen = town.desk.run(&["remedy", "show", &doubled, "--operator", "anna"]).stdout;
    assert!(!screen.contains("stopgap remedy recall"), "{screen}");
    town.desk.json(&["verify"]).exits(0);
}

/// A letter calls people what they are called, not what the bank's characters make of it, and says who got the money for them.
#[test]
fn a_letter_has_the_names_as_the_list_writes_them_and_names_the_payee() {
    let desk = Desk::new();
    desk.write(
        "list.csv",
        "cpr;navn;konto;beløb;ydelse;periode;payee_name\n\
         7012821128;Łukasz Żiżek;6471-0000100001;5.234,50;Pension;2022-04;Małgorzata Wójcik\n",
    );
    desk.run(&["episode", "open", "attack", "--operator", "anna"]).exits(0);
    desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0);
    desk.approve("B0001").exits(0);
    desk.release("B0001").exits(0);
    desk.write("run.csv", format!("{HEADINGS}7012821128;Pension;2022-04;5234,50;paid;2022-04-29;r1\n"));
    desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]).exits(1);
    let decided = desk
        .json(&[
            "remedy",
            "decide",
            "F0001",
            "--as",
            "recover",
            "--reason",
            "x",
            "--second",
            "malik",
            "--operator",
            "anna",
        ])
        .exits(0)
        .json();
    for (at, paid) in [(0, "nødudbetaling, til Małgorzata Wójcik"), (1, "emergency payment, to Małgorzata Wójcik")]
    {
        let page = fs::read_to_string(desk.path(decided["notices"][at].as_str().expect("a path"))).expect("reads");
        assert!(page.contains("Łukasz Żiżek") && page.contains(paid), "{page}");
        assert!(!page.contains("udbetalt mere til dig") && !page.contains("you were paid more"), "{page}");
    }
}

/// Where what the bank said since changes no finding, comparing again is known all the same, and nothing waits for ever.
#[test]
fn a_word_that_changes_nothing_is_done_with_when_it_was_compared() {
    let town = Town::reconciled();
    let desk = &town.desk;
    let doubled = town.finding("double_paid");
    desk.write("debits.xml", debits(&town));
    desk.json(&["outcome", "debits.xml", "--operator", "anna"]).exits(0);
    town.reconcile("run.csv");
    // Two debits that nothing explains, of one day and amount, told by one report and then by another: one finding.
    let fee = |kind: &str| credits("FEE", &[("7.00", "gebyr")]).replace("CRDT", "DBIT").replace("camt.053", kind);
    let id = &town.ids["5234.50"];
    let refused = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{}</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>X</OrgnlPmtInfId><TxInfAndSts>\
         <OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>",
        desk.json(&["release", "B0001", "--operator", "anna"]).json()["files"][0]["message_id"]
            .as_str()
            .expect("an id")
    );
    desk.write("refused.xml", refused);
    let told = desk.json(&["outcome", "refused.xml", "--operator", "anna"]).exits(1).json();
    assert_eq!(told["warnings"][0]["code"], "outcome.contradiction", "{told}");
    desk.write("fee.xml", fee("camt.053"));
    desk.json(&["outcome", "fee.xml", "--operator", "anna"]);
    assert_eq!(town.decide(&doubled, "recover", &["--second", "malik"]).exits(3).error_code(), "remedy.stale");
    town.reconcile("run.csv");
    town.decide(&doubled, "recover", &["--second", "malik"]).exits(0);
    let head = desk.head();
    town.reconcile("run.csv");
    assert_eq!(desk.head(), head, "and the same once more records nothing");
    desk.write(
        "told-again.xml",
        fee("camt.054").replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn").replace("Stmt>", "Ntfctn>"),
    );
    desk.json(&["outcome", "told-again.xml", "--operator", "anna"]);
    town.reconcile("run.csv");
    let close = desk.json(&["episode", "close", "attack", "--operator", "anna"]).exits(3).stdout;
    assert!(!close.contains("since the last reconciliation"), "{close}");
}

#[test]
fn an_episode_is_closed_over_open_matters_by_two_with_a_reason() {
    let town = Town::new();
    let desk = &town.desk;
    let close = |more: &[&str]| desk.json(&[&["episode", "close", "attack", "--operator", "anna"], more].concat());
    let refused = close(&[]).exits(3);
    assert!(
        refused.stdout.contains("never reconciled") && refused.stdout.contains("stopgap reconcile"),
        "{}",
        refused.stdout
    );
    town.reconcile("run.csv");
    town.decide(&town.finding("double_paid"), "recover", &["--second", "malik"]).exits(0);
    let refused = close(&[]).exits(3);
    assert!(refused.stdout.contains("1 recovery is not repaid, 5,234.50 outstanding"), "{}", refused.stdout);
    assert_eq!(close(&["--second", "malik"]).exits(2).error_code(), "arguments");
    assert_eq!(close(&["--reason", "handed over"]).exits(2).error_code(), "arguments");
    assert_eq!(close(&["--second", "anna", "--reason", "x"]).exits(3).error_code(), "control.same_person");
    let closed = close(&["--second", "malik", "--reason", "the rest goes to the debt office"]).exits(0).json();
    let left: Vec<&str> =
        closed[0]["closed_over"].as_array().expect("a list").iter().filter_map(|one| one["matter"].as_str()).collect();
    assert_eq!(left, ["findings_undecided", "recoveries_outstanding", "payments_without_word", "copies_open"]);
    desk.json(&["verify"]).exits(0);
    let ledger = fs::read(desk.workspace().join("ledger.db")).expect("reads");
    assert!(!ledger.windows(11).any(|window| window == b"debt office"), "the reason is sealed");
    // Repayments are still found when the episode is over.
    let shown = town.remedy(&["show", &town.finding("double_paid")]).json();
    let reference = shown["payment_reference"].as_str().expect("a reference").to_owned();
    desk.write("late.xml", credits("S9", &[("5234.50", &reference)]));
    desk.json(&["outcome", "late.xml", "--operator", "anna"]).exits(0);
    assert_eq!(town.state(&town.finding("double_paid")), "closed");
}

/// What was decided is asked for only as long as that much is owed back: where less is, or nothing, the finding is open again, and no letter goes.
#[test]
fn what_was_decided_is_decided_again_where_the_amount_is_another_by_now() {
    let town = Town::reconciled();
    let doubled = town.finding("double_paid");
    town.decide(&doubled, "recover", &["--second", "malik"]).exits(0);
    let first = "7012821128;Pension;2022-04;5234,50;paid;2022-04-29;r1\n";
    let run = |more: &str| {
        town.desk.write("later.csv", format!("{HEADINGS}{first}{more}"));
        town.reconcile("later.csv")
    };
    run("7012821128;Pension;2022-04;600,00;stopped;;r1b\n");
    assert_eq!(town.state(&doubled), "decide_again");
    assert_eq!(town.remedy(&["notice", &doubled]).exits(3).error_code(), "notice.not_recovered");
    town.decide(&doubled, "recover", &["--second", "malik"]).exits(0);
    let shown = town.remedy(&["show", &doubled]).exits(0).json();
    assert_eq!((&shown["state"], &shown["outstanding"]), (&"decided".into(), &"4634.50".into()), "{shown}");
    // What has come back in part counts: the rest of it is still owed back.
    let reference = shown["payment_reference"].as_str().expect("a reference");
    let read = |name: &str, content: String, code: i32| {
        town.desk.write(name, content);
        town.desk.json(&["outcome", name, "--operator", "anna"]).exits(code)
    };
    read("part.xml", credits("S1", &[("1000.00", reference)]), 0);
    run("7012821128;Pension;2022-04;1600,00;stopped;;r1b\n");
    assert_eq!(town.state(&doubled), "decided");
    run("7012821128;Pension;2022-04;1600,01;stopped;;r1b\n");
    assert_eq!(town.state(&doubled), "decide_again");
    run("7012821128;Pension;2022-04;1600,00;stopped;;r1b\n");
    // All of it comes back, and the bank takes the rest of it back again: somebody has to look.
    read("rest.xml", credits("S2", &[("3634.50", reference)]), 0);
    assert_eq!(town.state(&doubled), "closed");
    let taken = credits("S3", &[("3634.50", reference)])
        .replace("<CdtDbtInd>CRDT</CdtDbtInd>", "<CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>")
        .replace("2022-06-01", "2022-06-09");
    let told = read("taken.xml", taken, 1).json();
    assert_eq!(told["repayments"][0]["outstanding"], "3634.50", "{told}");

    // What is missing is paid whole, or decided again.
    let stopped = |amount: &str| run(&format!("6112903338;Pension;2022-04;{amount};stopped;;r2\n"));
    stopped("800,00");
    let missing = town.finding("underpaid");
    town.decide(&missing, "top_up", &["--second", "malik"]).exits(0);
    assert_eq!(town.state(&missing), "decided");
    for other in ["1100,00", "300,00"] {
        stopped(other);
        assert_eq!(town.state(&missing), "decide_again", "{other}");
    }
    stopped("800,00");
    assert_eq!(town.state(&missing), "decided");
}

/// Two findings that may be the same money are two views of it: it is asked back once.
#[test]
fn of_two_findings_that_may_be_the_same_money_one_is_asked_back() {
    let town = Town::new();
    town.desk.write("vague.csv", format!("{HEADINGS}7012821128;Pension;;5234,50;paid;2022-04-29;r1\n"));
    town.reconcile("vague.csv");
    let list = town.remedy(&["list"]).json();
    let sides = list["cases"].as_array().expect("a list").iter().filter(|case| case["kind"] == "possible_double");
    let sides: Vec<&str> = sides.filter_map(|case| case["finding"].as_str()).collect();
    let [one, other] = sides.as_slice() else { panic!("two sides in {list}") };
    let recover = ["--as", "recover", "--amount", "5234,50", "--reason", "asked", "--second", "malik"];
    let both = town.remedy(&[&["decide", *one, *other], &recover[..]].concat()).exits(3);
    assert_eq!(both.error_code(), "remedy.same_money");
    town.remedy(&[&["decide", *one], &recover[..]].concat()).exits(0);
    let second = town.remedy(&[&["decide", *other], &recover[..]].concat()).exits(3);
    assert_eq!(second.error_code(), "remedy.same_money");
    assert!(second.stdout.contains(one), "{}", second.stdout);
    town.decide(other, "none", &["--second", "malik"]).exits(0);
    town.remedy(&[&["decide", *one], &recover[..]].concat()).exits(0);
}

/// A camt.053 with these entries of one day each: mark, end-to-end id, amount.
fn booked(id: &str, entries: &[(&str, &str, &str)]) -> String {
    let entry = |(at, (mark, payment, amount)): (usize, &(&str, &str, &str))| {
        debit(payment, amount, &format!("{id}-{at}")).replace("DBIT", mark)
    };
    statement(id, &entries.iter().enumerate().map(entry).collect::<String>())
}

/// Where the bank gave a part back, what is out is what it booked less that, in the finding, in the list and in the letter.
#[test]
fn what_the_bank_gave_back_in_part_is_not_asked_of_anybody() {
    let town = Town::new();
    let ids: Vec<&str> = ["5234.50", "200.00", "300.00"].iter().map(|amount| town.ids[*amount].as_str()).collect();
    let entries = [
        ("DBIT", ids[0], "5234.50"),
        ("DBIT", ids[0], "5234.50"),
        ("CRDT", ids[0], "1000.00"),
        ("DBIT", ids[1], "200.00"),
        ("DBIT", ids[1], "200.00"),
        ("CRDT", ids[1], "200.00"),
        ("CRDT", ids[1], "50.00"),
        ("DBIT", ids[2], "300.00"),
        ("CRDT", ids[2], "100.00"),
    ];
    town.desk.write("bank.xml", booked("S1", &entries));
    town.desk.json(&["outcome", "bank.xml", "--operator", "anna"]).exits(1);
    town.desk.write(
        "run.csv",
        format!(
            "{HEADINGS}7012821128;Pension;2022-04;5234,50;stopped;;r1\n6112903338;Pension;2022-04;200,00;stopped;;r2\n\
             6506751118;Pension;2022-04;300,00;paid;2022-04-29;r3\n"
        ),
    );
    let found = town.reconcile("run.csv");
    let money = |kind: &str, side: &str| found["findings"][kind][side].as_str().unwrap_or_default().to_owned();
    assert_eq!(money("bank_double", "overpaid"), "4234.50", "{found}");
    assert_eq!((money("underpaid", "underpaid"), money("double_paid", "overpaid")), ("50.00".into(), "200.00".into()));
    assert_eq!(found["balanced"], true);
    let recover = fs::read_to_string(town.desk.path("found/recover.csv")).expect("reads");
    assert!(recover.contains("1000.00 of 5234.50 came back, and the rest did not: 9469.00 is out."), "{recover}");
    let decided = town.decide(&town.finding("double_paid"), "recover", &["--second", "malik"]).exits(0).json();
    let page = fs::read_to_string(town.desk.path(decided["notices"][1].as_str().expect("a path"))).expect("reads");
    assert!(page.contains("200.00") && page.contains("500.00") && !page.contains("600.00"), "{page}");
}

/// What came back is owed as what it was: under another part it would be paid beside its second attempt.
#[test]
fn a_true_up_pays_what_came_back_as_what_it_was_and_once() {
    let town = Town::new();
    let desk = &town.desk;
    let first = &town.ids["5234.50"];
    desk.write("bank.xml", booked("S1", &[("DBIT", first, "5234.50"), ("CRDT", first, "5234.50")]));
    desk.json(&["outcome", "bank.xml", "--operator", "anna"]).exits(1);
    desk.write(
        "owed.csv",
        "cpr;navn;konto;beløb;ydelse;periode\n7012821128;Pipaluk Berthelsen;6471-0000100001;5.234,50;Pension;2022-04\n\
         6112903338;Malik Kreutzmann;6471-0000100002;250,00;Pension;2022-04\n\
         6506751118;Aviaaja Møller;6471-0000100003;300,00;Pension;2022-04\n",
    );
    let true_up = |code: i32| {
        let arguments = ["true-up", "--owed", "owed.csv", "--out", "truth", "--operator", "anna", "--batch", "B0001"];
        desk.json(&arguments).exits(code);
        fs::read_to_string(desk.path("truth/top_up_list.csv")).expect("reads")
    };
    let list = true_up(1);
    assert!(list.contains("5234.50,DKK,Pension,2022-04,\n") && list.contains("50.00,DKK,Pension,2022-04,true-up-1\n"));
    // Prepared from either list, it is the same obligation.
    let prepared = desk.prepare(&["list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(prepared["rows"]["prepared"], 1, "{prepared}");
    let other = desk.prepare(&["truth/top_up_list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!((&other["rows"]["duplicate"], &other["amount"]["prepared"]), (&1.into(), &"50.00".into()), "{other}");
    // Paid again in another batch, it is paid: nothing of it is missing.
    desk.approve("B0002").exits(0);
    desk.release("B0002").exits(0);
    let list = true_up(1);
    assert!(!list.contains("5234.50") && list.contains("50.00,DKK,Pension,2022-04,true-up-1\n"), "{list}");
}

/// Until it was prepared the list is the only one, and what was found waits for a decision on the screen of `status` as well.
#[test]
fn a_top_up_list_is_kept_until_it_was_prepared() {
    let town = Town::new();
    let desk = &town.desk;
    desk.write("owed.csv", OWED);
    let arguments = ["true-up", "--owed", "owed.csv", "--out", "truth", "--operator", "anna", "--batch", "B0001"];
    desk.json(&arguments).exits(1);
    let screen = desk.run(&["status"]).exits(1).stdout;
    assert!(screen.contains("4 findings wait for a decision"), "{screen}");
    assert_eq!(town.remedy(&["list"]).json()["cases"].as_array().map(Vec::len), Some(4));
    let left = || {
        let ended = desk.json(&["copies", "end", "--all", "--operator", "anna"]).exits(0).json();
        let why = |one: &Value| one["why"].as_str().expect("a word").to_owned();
        ended["left"].as_array().expect("a list").iter().map(why).collect::<Vec<_>>()
    };
    assert!(left().contains(&"to_be_prepared".to_owned()));
    desk.prepare(&["truth/top_up_list.csv", "--pay-on", PAY_ON]).exits(0);
    assert!(!left().contains(&"to_be_prepared".to_owned()));
    assert!(!desk.path("truth/top_up_list.csv").exists());
}

/// Lists for those who act are kept as long as somebody must decide.
#[test]
fn what_findings_are_acted_on_with_is_kept_until_they_are_decided() {
    let town = Town::new();
    let desk = &town.desk;
    town.reconcile("run.csv");
    let files = ["recover.csv", "stop.csv", "top_up.csv", "write_back.csv"];
    let end = || desk.json(&["copies", "end", "--all", "--operator", "anna"]).exits(0).json();
    let left = end().to_string();
    let screen = desk.run(&["copies", "end", "--all", "--operator", "anna"]).stdout;
    for file in files.iter().filter(|file| desk.path("found").join(file).exists()) {
        assert!(left.contains("findings_open") && screen.contains(file), "{file}: {screen}");
    }
    assert!(desk.path("found/recover.csv").exists(), "{left}");
}

const OWED: &str = "cpr;navn;konto;beløb;ydelse;periode
7012821128;Pipaluk Berthelsen;6471-0000100001;5.000,00;Pension;2022-04
6112903338;Malik Kreutzmann;6471-0000100002;250,00;Pension;2022-04
7110801116;Naja Olsen;6471-0000100009;70,05;Pension;2022-04
7012821128;Pipaluk Berthelsen;6471-0000100001;9.000,00;Pension;2022-03
";

#[test]
fn provisional_pay_is_trued_up_to_the_ore_and_the_top_up_pays_once() {
    let town = Town::new();
    let desk = &town.desk;
    desk.write("owed.csv", OWED);
    let true_up = |more: &[&str], code: i32| {
        let arguments = ["true-up", "--owed", "owed.csv", "--out", "truth", "--operator", "anna"];
        desk.json(&[&arguments, more].concat()).exits(code).json()
    };
    let first = true_up(&["--batch", "B0001"], 1);
    let figures = |found: &Value| {
        let side = |name: &str| (found[name]["count"].as_u64(), found[name]["amount"].as_str().map(str::to_owned));
        (side("over"), side("under"), found["balanced"].as_bool())
    };
    // Too much for two, one of whom nobody lists; too little for two, one of whom was in no batch.
    let expected = ((Some(2), Some("534.50".to_owned())), (Some(2), Some("120.05".to_owned())), Some(true));
    assert_eq!(figures(&first), expected, "{first}");
    assert_eq!((&first["paid"], &first["owed"]), (&"5734.50".into(), &"5320.05".into()));
    desk.write("may.csv", OWED.replace("2022-04", "2022-05").replace("2022-03", "2022-06"));
    let may = ["true-up", "--owed", "may.csv", "--out", "truth", "--operator", "anna", "--batch", "B0001"];
    assert_eq!(desk.json(&may).exits(2).error_code(), "true_up.other_days", "everybody would have been paid too much");
    // March was never paid here: what was owed for it is no top-up of April.
    assert_eq!(first["of_other_days"], serde_json::json!({ "count": 1, "amount": "9000.00" }));
    let head = desk.head();
    assert_eq!(figures(&true_up(&["--batch", "B0001"], 1)), expected);
    assert_eq!(desk.head(), head, "the same once more records nothing");
    let screen = desk.run(&["true-up", "--owed", "owed.csv", "--out", "truth", "--operator", "anna"]).exits(1).stdout;
    assert!(
        screen.contains("It balances") && screen.contains("P•••••• B•••••••••") && !screen.contains("7012"),
        "{screen}"
    );

    // What was paid too much is decided on like any finding, and not a second time as another one.
    town.reconcile("run.csv");
    let over = town.finding("overpaid");
    assert!(over.starts_with('T'), "{over}");
    town.decide(&town.finding("double_paid"), "recover", &["--second", "malik"]).exits(0);
    let cases = town.remedy(&["list"]).json();
    let same =
        cases["cases"].as_array().expect("a list").iter().find(|case| case["overpaid"] == "234.50").expect("is there");
    let same = same["finding"].as_str().expect("an id").to_owned();
    assert_eq!(town.decide(&same, "recover", &["--second", "malik"]).exits(3).error_code(), "remedy.same_money");
    town.decide(&same, "none", &["--second", "malik"]).exits(0);

    // The list of what is missing is paid as it is, once, and then nothing is missing.
    let list = fs::read_to_string(desk.path("truth/top_up_list.csv")).expect("reads");
    assert!(list.contains("50.00,DKK,Pension,2022-04,true-up-1"), "{list}");
    let prepared = desk.prepare(&["truth/top_up_list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(
        (&prepared["rows"]["prepared"], &prepared["amount"]["prepared"]),
        (&2.into(), &"120.05".into()),
        "{prepared}"
    );
    true_up(&["--batch", "B0001"], 1);
    assert_eq!(fs::read_to_string(desk.path("truth/top_up_list.csv")).expect("reads"), list);
    let again = desk.prepare(&["truth/top_up_list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(again["rows"]["duplicate"], 2, "{again}");
    desk.approve("B0002").exits(0);
    desk.release("B0002").exits(0);
    let after = true_up(&["--batch", "B0001"], 1);
    assert_eq!((&after["under"]["count"], &after["paid"]), (&0.into(), &"5854.55".into()), "{after}");
    assert_eq!(fs::read_to_string(desk.path("truth/top_up_list.csv")).expect("reads").lines().count(), 1);
    desk.json(&["verify"]).exits(0);
}

#[test]
fn what_cannot_be_compared_is_named() {
    let town = Town::new();
    let true_up = |list: &str, more: &[&str]| {
        let arguments = ["true-up", "--owed", list, "--out", "truth", "--operator", "anna"];
        town.desk.json(&[&arguments, more].concat())
    };
    town.desk.write("owed.csv", "cpr;beløb;ydelse\n7012821128;elleve;Pension\n6112903338;1,00;\n");
    let refused = true_up("owed.csv", &[]).exits(2);
    assert_eq!(refused.error_code(), "true_up.unreadable_rows");
    assert!(refused.stdout.contains("row 2") && refused.stdout.contains("row 3"), "{}", refused.stdout);
    town.desk.write("good.csv", "cpr;beløb;ydelse\n7012821128;1,00;Pension\n");
    assert_eq!(true_up("good.csv", &["--batch", "B0009"]).exits(2).error_code(), "batch.unknown");
    assert_eq!(true_up("good.csv", &["--episode", "storm"]).exits(2).error_code(), "episode.unknown");
    assert!(!town.desk.path("truth").exists());
}

/// Of what is paid, and of what is owed.
const PARTS: &str = "cpr;navn;konto;beløb;ydelse;periode;rate;payee_name;payee_account\n";

/// A desk that has paid these rows.
fn paid(rows: &str) -> Desk {
    let desk = Desk::new();
    desk.write("paid.csv", format!("{PARTS}{rows}"));
    desk.prepare(&["paid.csv", "--pay-on", PAY_ON]).exits(0);
    leaves(&desk, "B0001");
    desk
}

fn leaves(desk: &Desk, batch: &str) {
    desk.approve(batch).exits(0);
    desk.release(batch).exits(0);
}

/// What it comes to, and the list of what is missing without its headings.
fn trued_up(desk: &Desk, truth: &str) -> (Value, String) {
    desk.write("truth.csv", format!("{PARTS}{truth}"));
    let found = desk.json(&["true-up", "--owed", "truth.csv", "--out", "truth", "--operator", "anna"]).json();
    let list = fs::read_to_string(desk.path("truth/top_up_list.csv")).expect("reads");
    (found, list.split_once('\n').expect("has headings").1.to_owned())
}

const AVIAAJA: &str = "6506751118;Aviaaja Møller;6471-0000100003;1.000,00;Pension;2022-04;";
const PIPALUK: &str = "7012821128;Pipaluk Berthelsen;6471-0000100001;333,00;Pension;2022-04;;;\n";

/// Whoever was never paid is paid from either list, and once.
#[test]
fn what_was_never_paid_is_topped_up_as_what_it_is_and_once() {
    for first_the_truth in [false, true] {
        let desk = paid(&format!("{AVIAAJA}1;;\n"));
        let (_, list) = trued_up(&desk, &format!("{AVIAAJA}1;;\n{PIPALUK}"));
        assert!(list.ends_with(",333.00,DKK,Pension,2022-04,\n") && list.lines().count() == 1, "{list}");
        let mut lists = ["truth/top_up_list.csv", "truth.csv"];
        if first_the_truth {
            lists.reverse();
        }
        let prepared = desk.prepare(&[lists[0], "--pay-on", PAY_ON]).exits(0).json();
        assert_eq!(prepared["amount"]["prepared"], "333.00", "{prepared}");
        leaves(&desk, "B0002");
        let again = desk.prepare(&[lists[1], "--pay-on", PAY_ON]).exits(0).json();
        assert_eq!((&again["batch"], &again["amount"]["prepared"]), (&Value::Null, &"0.00".into()), "{again}");
    }
}

/// What is topped up of a part is known as a part of it: upstream, which names the part alone, is not told to pay it again.
#[test]
fn a_top_up_of_a_part_is_counted_for_it_when_upstream_is_about_to_pay() {
    let desk = paid(&format!("{AVIAAJA}1;;\n{AVIAAJA}2;;\n"));
    let truth = format!("{AVIAAJA}1;;\n{}2;;\n", AVIAAJA.replace("1.000", "1.250"));
    let (_, list) = trued_up(&desk, &truth);
    assert!(list.ends_with(",250.00,DKK,Pension,2022-04,2 true-up-1\n") && list.lines().count() == 1, "{list}");
    desk.prepare(&["truth/top_up_list.csv", "--pay-on", PAY_ON]).exits(0);
    leaves(&desk, "B0002");
    assert_eq!(trued_up(&desk, &truth).0["as_owed"], 2);
    let rows = truth.replace('\n', ";planned\n");
    desk.write("run.csv", format!("{}{rows}", PARTS.replace('\n', ";status\n")));
    let found = desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]).json();
    let totals = &found["totals"];
    assert_eq!((&totals["fallback"], &totals["underpaid"]), (&"2250.00".into(), &"0.00".into()), "{found}");
    let findings = fs::read_to_string(desk.path("found/findings.csv")).expect("reads");
    assert!(findings.contains(",2+2 true-up-1,1250.00,"), "{findings}");
    assert!(!findings.contains("still owed") && !findings.contains("reduce"), "{findings}");
}

/// What the ledger has on record as paid by upstream is not paid once more.
#[test]
fn what_upstream_was_found_to_have_paid_is_not_topped_up() {
    let desk = paid(&format!("{AVIAAJA}1;;\n{AVIAAJA}2;;\n"));
    let run = "6506751118;Pension;2022-04;1;250,00;STATUS\n7012821128;Pension;2022-04;;333,00;STATUS\n";
    let truth = format!("{}1;;\n{AVIAAJA}2;;\n{PIPALUK}", AVIAAJA.replace("1.000", "1.300"));
    let after = |status: &str| {
        let rows = run.replace("STATUS", status);
        desk.write("run.csv", format!("cpr;ydelse;periode;rate;beløb;status\n{rows}"));
        desk.json(&["reconcile", "--operator", "anna", "--out", "found", "--upstream", "run.csv"]).exits(1);
        trued_up(&desk, &truth)
    };
    // About to pay, it has not paid; it is said whom it will pay.
    let (found, list) = after("planned");
    assert_eq!((&found["under"]["amount"], &found["about_to_be_paid"]), (&"633.00".into(), &2.into()), "{found}");
    assert_eq!(list.lines().count(), 2, "{list}");
    let all = fs::read_to_string(desk.path("truth/true_up.csv")).expect("reads");
    assert!(all.contains("Upstream is about to pay 333.00 (F0"), "{all}");

    let (found, list) = after("paid");
    assert_eq!((&found["under"]["count"], &found["under"]["amount"]), (&1.into(), &"50.00".into()), "{found}");
    assert_eq!(
        (&found["paid"], &found["upstream_paid"], &found["balanced"]),
        (&"2000.00".into(), &"583.00".into(), &true.into())
    );
    assert!(list.ends_with(",50.00,DKK,Pension,2022-04,1 true-up-1\n") && list.lines().count() == 1, "{list}");
    let all = fs::read_to_string(desk.path("truth/true_up.csv")).expect("reads");
    assert!(
        all.contains("Upstream has paid 250.00 of it (F0") && all.contains("Upstream has paid 333.00 of it (F0"),
        "{all}"
    );
    let screen = desk.run(&["true-up", "--owed", "truth.csv", "--out", "truth", "--operator", "anna"]).exits(1).stdout;
    assert!(screen.contains("Upstream has paid 583.00 DKK of what would be missing"), "{screen}");

    // What is asked back of it will be paid back, and counts no more.
    let cases = desk.json(&["remedy", "list", "--operator", "anna"]).json();
    let cases = cases["cases"].as_array().expect("a list");
    let double =
        cases.iter().find(|case| case["kind"] == "double_paid").expect("is there")["finding"].as_str().expect("an id");
    let decide = [
        "remedy",
        "decide",
        double,
        "--as",
        "recover",
        "--amount",
        "250,00",
        "--reason",
        "asked",
        "--second",
        "malik",
        "--operator",
        "anna",
    ];
    desk.json(&decide).exits(0);
    let (found, _) = trued_up(&desk, &truth);
    assert_eq!((&found["under"]["amount"], &found["upstream_paid"]), (&"300.00".into(), &"333.00".into()), "{found}");
}

const TWO_PAYEES: &str = "7012821128;Pipaluk Berthelsen;6471-0000100001;4.000,00;Hjælp;2022-04;egen;;
7012821128;Pipaluk Berthelsen;6471-0000100001;3.000,00;Hjælp;2022-04;husleje;Boligselskab A/S;6471-0000200001
";

/// Each part by itself, to the payee of the part that is short.
#[test]
fn no_part_is_set_off_against_another_and_a_top_up_goes_to_the_payee_of_the_part() {
    let desk = paid(TWO_PAYEES);
    let (found, list) = trued_up(&desk, &TWO_PAYEES.replace("4.000", "4.500").replace("3.000", "2.500"));
    assert_eq!((&found["over"]["amount"], &found["under"]["amount"]), (&"500.00".into(), &"500.00".into()), "{found}");
    assert_eq!(list, "7012821128,,Pipaluk Berthelsen,6471-0000100001,500.00,DKK,Hjælp,2022-04,egen true-up-1\n");
    let (_, list) = trued_up(&desk, &TWO_PAYEES.replace("3.000", "3.100"));
    assert_eq!(
        list,
        "7012821128,Boligselskab A/S,Pipaluk Berthelsen,6471-0000200001,100.00,DKK,Hjælp,2022-04,husleje true-up-1\n"
    );
    let prepared = desk.prepare(&["truth/top_up_list.csv", "--pay-on", PAY_ON]).exits(0).json();
    assert_eq!(prepared["rows"]["prepared"], 1, "{prepared}");
    leaves(&desk, "B0002");
    let file = fs::read_dir(desk.workspace().join("out/B0002")).expect("a folder");
    let file =
        file.map(|entry| entry.expect("one").path()).find(|path| path.extension().is_some_and(|end| end == "xml"));
    let bank_file = fs::read_to_string(file.expect("a bank file")).expect("reads");
    assert!(bank_file.contains("Boligselskab A/S") && bank_file.contains("0000200001"), "{bank_file}");

    // Where the list of what is owed has a sum, nothing tells whose part is short: nobody's account is guessed.
    let sum = "7012821128;Pipaluk Berthelsen;;7.200,00;Hjælp;2022-04;;;\n";
    let (found, list) = trued_up(&desk, sum);
    assert_eq!(found["without_account"], 1, "{found}");
    assert_eq!(list, "7012821128,,Pipaluk Berthelsen,,100.00,DKK,Hjælp,2022-04,true-up-1\n");
    let all = fs::read_to_string(desk.path("truth/true_up.csv")).expect("reads");
    assert!(all.contains("Several accounts come into question"), "{all}");
}

/// What came back goes where the list of what is owed says, and to nobody where it says nothing.
#[test]
fn what_came_back_is_not_sent_to_the_same_account_by_itself() {
    let town = Town::new();
    let desk = &town.desk;
    let first = &town.ids["5234.50"];
    desk.write("bank.xml", booked("S1", &[("DBIT", first, "5234.50"), ("CRDT", first, "5234.50")]));
    desk.json(&["outcome", "bank.xml", "--operator", "anna"]).exits(1);
    let rest = "6112903338;Malik Kreutzmann;;200,00;Pension;2022-04;;;\n6506751118;Aviaaja Møller;;300,00;Pension;2022-04;;;\n";
    for (account, expected, without, from_there, note) in [
        ("6471-0000100091", "6471-0000100091", 0, 0, ""),
        ("", "", 1, 0, "The money came back: find out"),
        (
            "6471-0000100001",
            "6471-0000100001",
            0,
            1,
            "The money came back from the account that the list of what is owed names",
        ),
        ("not 1 account", "", 1, 0, "names no account that this can be paid to"),
    ] {
        let truth = format!("7012821128;Pipaluk B. Berthelsen;{account};5.500,00;Pension;2022-04;;;\n{rest}");
        let (found, list) = trued_up(desk, &truth);
        assert_eq!(list, format!("7012821128,,Pipaluk B. Berthelsen,{expected},5500.00,DKK,Pension,2022-04,\n"));
        assert_eq!(
            (&found["without_account"], &found["came_back_from_there"]),
            (&without.into(), &from_there.into()),
            "{found}"
        );
        let all = fs::read_to_string(desk.path("truth/true_up.csv")).expect("reads");
        assert!(all.contains(note), "{all}");
    }
}
