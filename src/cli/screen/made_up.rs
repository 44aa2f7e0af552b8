//! Made-up batches and reports for the tests of the screens.

use chrono::NaiveDate;

use crate::bank::profile::Profile;
use crate::batch::{Fates, PaymentGroup, PreparedBatch, Sum};
use crate::checks::{CheckedPayment, Code, Problem};
use crate::ledger::LedgerState;
use crate::ledger::event::{Environment, KeyId, LedgerId};
use crate::ledger::receipt_code::ReceiptCode;
use crate::ledger::state::{BatchPhase, BatchState, Episode, Operator};
use crate::ops::batches::{BatchView, RENAMED_SHOWN, Renamed, RenamedAt, SchemeView};
use crate::ops::key_store::WrongPassphrases;
use crate::ops::operators::ListedOperator;
use crate::ops::prepare::{FilePart, ListedAt, LocatedProblem, Problems, Report, Request, in_words};
use crate::ops::{BatchNotes, DecisionNote, Now};
use crate::payment::{
    Account, Amount, BatchId, Country, Currency, Digest, DomesticAccount, Obligation, Part, Payer, Period, PersonId,
    PersonKind, Scheme,
};
use crate::recipient_list::{ColumnAliases, RecipientList};
use crate::release::{Divider, PlannedFile, ReleasePlan, Segment, file_name};
use crate::words::{Language, in_language};
use crate::{phrase, say};

/// A screen as each language has it, for a snapshot of both.
pub fn in_both(screen: impl Fn() -> String) -> String {
    let [english, danish] = Language::ALL.map(|language| in_language(language, &screen));
    format!("{english}\n==== da\n\n{danish}")
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// A Friday night in Nuuk, three hours west of the standard clock until 2023, two since.
pub fn now() -> Now {
    let local = day("2026-11-20").and_hms_opt(21, 14, 0).expect("a time");
    Now { unix: local.and_utc().timestamp() + 2 * 3600, local }
}

pub fn dkk(minor_units: i64) -> Amount {
    Amount::from_minor_units(minor_units, Currency::Dkk)
}

pub fn sum(count: u64, minor_units: i64) -> Sum {
    Sum { count, amount: dkk(minor_units) }
}

pub fn fates() -> Fates {
    Fates {
        read: sum(1007, 95_310_050),
        prepared: sum(1001, 70_000_050),
        rejected: sum(2, 10_000),
        held: sum(1, 25_000_000),
        duplicate: sum(3, 300_000),
    }
}

fn account(number: &str) -> Account {
    Account::Domestic(DomesticAccount { country: Country::Gl, bank: "6471".into(), number: number.into() })
}

fn group(scheme: &str, pay_on: &str, sum: Sum, amounts: [i64; 3]) -> PaymentGroup {
    let [smallest, median, largest] = amounts.map(dkk);
    let scheme = Scheme::new(scheme).expect("a name");
    PaymentGroup { pay_on: day(pay_on), scheme, sum, smallest, median, largest }
}

pub fn payment(minor_units: i64, name: &str) -> CheckedPayment {
    CheckedPayment {
        obligation: Obligation {
            person: PersonId::new(Country::Gl, PersonKind::Natural, "6112901234"),
            scheme: Scheme::new("Offentlig hjælp").expect("a name"),
            period: "2026-12".parse().expect("a period"),
            part: Part::new(""),
        },
        amount: dkk(minor_units),
        name: name.into(),
        account: Some(account("0001000206")),
        payee_name: None,
        as_written: Default::default(),
        text: None,
        reference: None,
        pay_on: day("2026-12-01"),
        list: 0,
        row: 12,
    }
}

/// So many changed names.
pub fn renamed(count: u64) -> Renamed {
    let name = |at: u64| RenamedAt {
        list: 0,
        row: at as u32 + 2,
        as_written: "Åge Sørensen".into(),
        sent: "Aage Soerensen".into(),
    };
    Renamed { count, first: (0..count).take(RENAMED_SHOWN).map(name).collect() }
}

pub fn file(number: u32, sum: Sum) -> PlannedFile {
    PlannedFile {
        name: file_name(Environment::Real, BatchId::new('B', 2), (number as usize, 2), day("2026-12-01"), sum, "xml"),
        message_id: format!("B0002-{number}-ABCDEFGHIJKLMNOP"),
        segments: vec![Segment { group: 0, payment_information_id: "B0002-1-1".into(), sum }],
        sum,
        sha256: Digest([0x5a_u8.wrapping_add(number as u8); 32]),
    }
}

fn prepared() -> PreparedBatch {
    PreparedBatch {
        id: BatchId::new('B', 2),
        episode: "attack-2026".into(),
        payer: Payer {
            name: "Qeqqata Kommunia".into(),
            payer_id: None,
            country: Country::Gl,
            account: account("0001234567"),
            bic: None,
        },
        profile: Profile::default(),
        payment_limit: dkk(10_000_000),
        prepared_at: now().unix - 600,
        groups: vec![
            group("Offentlig hjælp", "2026-12-01", sum(894, 469_820_487), [260_933, 325_000, 9_900_000]),
            group("Alderspension", "2026-12-01", sum(107, 6_500_000), [10_000, 20_000, 30_000]),
            group("Alderspension", "2026-12-02", sum(1, 50_000), [50_000; 3]),
        ],
        fates: fates(),
        decided_to_pay: 1,
        sealed_root: Digest([1; 32]),
        claims_root: Digest([2; 32]),
        plan: ReleasePlan { writer: 1, files: vec![file(1, sum(1000, 69_999_950)), file(2, sum(1, 100))] },
    }
}

/// A batch with something of everything that a screen can show.
pub fn view() -> BatchView {
    let prepared = prepared();
    let before = |group: &PaymentGroup| {
        (group.scheme.as_str() == "Alderspension").then(|| (BatchId::new('B', 1), sum(110, 6_346_899)))
    };
    let schemes = prepared.groups.iter().map(|group| SchemeView { before: before(group), group: group.clone() });
    let operator =
        |name: &str, enrolled, retired| Operator { name: name.into(), public_key: [0; 32], enrolled, retired };
    let guarded = CheckedPayment { payee_name: Some("Naja".into()), ..payment(9_900_000, "Ane Møller") };
    let without_account = CheckedPayment { account: None, ..payment(9_800_000, "Hans-Peter Qaavi") };
    BatchView {
        put_off: 0,
        schemes: schemes.collect(),
        largest: vec![guarded, without_account],
        renamed: renamed(2),
        notes: BatchNotes {
            lists: vec!["lists/help.csv".into()],
            decisions: vec![
                DecisionNote { list: 0, row: 9, pay: false, reason: "moved away".into() },
                DecisionNote { list: 0, row: 12, pay: true, reason: "asked 010190-1234".into() },
            ],
        },
        operators_changed: vec![operator("nivi", 9, None), operator("ole", 2, Some(7)), operator("pia", 5, None)],
        changed_terms: vec![say!(
            "{what} was {from} for batch {batch}, and is {to}.",
            what = phrase!("The limit for one payment"),
            from = dkk(5_000_000),
            batch = BatchId::new('B', 1),
            to = dkk(10_000_000)
        )],
        beside: None,
        baselines_of_preparer: Vec::new(),
        head: (12, Digest([0xab; 32])),
        receipt: receipt(),
        payer_name: "Qeqqata Kommunia".into(),
        batch: BatchState {
            prepared,
            digest: Digest([0x5a; 32]),
            phase: BatchPhase::Prepared,
            preparer: "anna".into(),
            entry: 8,
            approved_by: vec![],
            released_at: None,
            uploads: vec![],
            sheets: None,
        },
    }
}

pub fn receipt() -> ReceiptCode {
    ReceiptCode::of(LedgerId([0; 16]), (12, Digest([0xab; 32])))
}

/// A list of three rows, known under `given`, that was really read.
pub fn list(given: &str) -> RecipientList {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let rows =
        "cpr;navn;beløb;konto\n6112901234;Ane;1,50;x\n6112901235;Ib;2,00;x\n6112901236;Bo;3,00;x\nTotal;;6,50;\n";
    std::fs::write(file.path(), rows).expect("written");
    RecipientList::open(file.path(), given, &ColumnAliases::default(), Currency::Dkk).expect("a list")
}

/// In the order of their rows.
pub fn problems(all: Vec<LocatedProblem>) -> Problems {
    let mut problems = Problems::new(std::path::Path::new(".")).expect("begins");
    for of_row in all.chunk_by(|a, b| (a.list, a.row) == (b.list, b.row)) {
        let (list, row) = (of_row[0].list, of_row[0].row);
        let of_row = of_row.iter().map(|located| located.problem.clone()).collect();
        problems.add(list, row, in_words(of_row)).expect("takes");
    }
    problems
}

pub fn problem(list: u16, row: u32, code: Code, message: &str) -> LocatedProblem {
    LocatedProblem { list, row, problem: Problem::new(code, None, crate::words::Message::verbatim(message)) }
}

/// What came of two lists, of which most could be prepared.
pub fn report() -> Report {
    let none = Fates::none(Currency::Dkk);
    let mut found = vec![
        problem(0, 9, Code::IdUnverified, "The CPR number \"6112••••••\" does not pass modulus 11. Is it typed right?"),
        problem(0, 61, Code::AccountMalformed, "The account \"12\" is no account: write 6471-0001234567 or an IBAN."),
        problem(0, 70, Code::DuplicateSame, "The same as row 12 of lists/help.csv: paid once."),
        problem(1, 12, Code::AmountLimit, "250.000,00 is over the limit of 100.000,00 for one payment. Is it right?"),
    ];
    let shortened = |row| problem(1, row, Code::NameShortened, "The name is cut.");
    found.extend((20..40).map(shortened));
    found.insert(5, shortened(20));
    let help = Fates { read: sum(904, 48_000_000), prepared: sum(900, 47_000_000), ..none };
    let pension =
        Fates { read: sum(103, 47_310_050), prepared: sum(101, 23_000_050), held: sum(1, 25_000_000), ..none };
    Report {
        asked: Request { lists: vec!["lists/help.csv".into(), "lists/pension.csv".into()], ..Request::default() },
        batch: Some((BatchId::new('B', 2), Digest([0x5a; 32]))),
        currency: Currency::Dkk,
        pay_on: day("2026-12-01"),
        fates: fates(),
        by_scheme: [("Offentlig hjælp".into(), help), ("Alderspension".into(), pension)].into(),
        lists: vec![list("lists/help.csv"), list("lists/pension.csv")],
        problems: problems(found),
        rows_file: "out/B0002/rows.csv".into(),
        compared: Vec::new(),
        not_compared: Vec::new(),
        missing: Vec::new(),
        missing_file: None,
        waiting: Sum::zero(Currency::Dkk),
        not_in_lists: Vec::new(),
        nearly_alike: Vec::new(),
        outside_episode: Vec::new(),
        provisional: false,
        files: vec![file_part(1001, 70_000_050, (0, 2))],
        divider: Divider { max_payments: 1200, largest_file: None },
    }
}

pub fn file_part(payments: u64, minor_units: i64, (list, row): (u16, u32)) -> FilePart {
    FilePart { sum: sum(payments, minor_units), first: ListedAt { list, row } }
}

/// Three rows under the fates counted in `fates`, and nothing else.
pub fn report_without_batch(fates: Fates) -> Report {
    let by_scheme = [("Alderspension".into(), fates)].into();
    let rows_file = "out/no-batch/rows.csv".into();
    Report { batch: None, fates, by_scheme, problems: problems(Vec::new()), rows_file, ..report() }
}

/// A ledger with the batch of [`view`], and one before it that was released.
pub fn state() -> LedgerState {
    let mut later = view().batch;
    let mut first = view().batch;
    first.prepared.id = BatchId::new('B', 1);
    first.phase = BatchPhase::Released;
    first.approved_by = vec!["malik".into()];
    later.preparer = "Naja-Karoline".into();
    let episode = |name: &str, reason: &str, period: Option<&str>, open| Episode {
        name: name.into(),
        reason: reason.into(),
        schemes: period.iter().filter_map(|_| Scheme::new("Alderspension")).collect(),
        periods: period.iter().map(|period| period.parse::<Period>().expect("a period")).collect(),
        key: KeyId([0; 8]),
        opened: 3,
        open,
        closed_over: vec![],
        closed_at: None,
        purged: None,
    };
    LedgerState {
        recovery: None,
        recoveries: Vec::new(),
        outcomes: Default::default(),
        reports: Default::default(),
        baselines: Default::default(),
        copies: Default::default(),
        beside_baselines: Default::default(),
        put_off: Default::default(),
        rows: Default::default(),
        purges: Default::default(),
        duplicate_end: None,
        parts: Default::default(),
        comparisons: Default::default(),
        decisions: Default::default(),
        repayments: Default::default(),
        recalls: Default::default(),
        paid_elsewhere: Default::default(),
        last_told: 0,
        last_worth_a_backup: 0,
        lineage: Default::default(),
        statements: Default::default(),
        last_backup: None,
        key_copies: Default::default(),
        desk: Default::default(),
        desks: Default::default(),
        merged: Default::default(),
        ledger: LedgerId([0; 16]),
        environment: Environment::Real,
        payer: later.prepared.payer.clone(),
        currency: Currency::Dkk,
        duplicate_key: KeyId([0; 8]),
        duplicate_key_check: [0; 8],
        operators: view().operators_changed,
        episodes: vec![
            episode("2026-11-01", "", None, false),
            episode("attack-2026", "the upstream systems are down since Friday", Some("2026-12"), true),
        ],
        batches: [(first.prepared.id, first), (later.prepared.id, later)].into(),
        head: (12, Digest([0xab; 32])),
        head_at: now().unix,
    }
}

/// Operators with how often their passphrases were given wrong.
pub fn listed(operators: &[Operator], wrong: &[u32]) -> Vec<ListedOperator> {
    let wrong = wrong.iter().copied().chain(std::iter::repeat(0));
    let counted = |ever| WrongPassphrases { ever, ..WrongPassphrases::default() };
    operators
        .iter()
        .cloned()
        .zip(wrong)
        .map(|(operator, ever)| ListedOperator { operator, wrong: counted(ever) })
        .collect()
}
