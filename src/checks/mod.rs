//! One named, pure rule a file. Together they are the only makers of [`CheckedPayment`].
//!
//! [`check`] judges a whole row at once: whoever made the list hears of all its faults in one go. Each rule reads its own cells and gives
//! back a [`Judged`]: what it understood, and what there is to say about it. A payment is made where nothing said is an error.

mod account;
mod account_no;
mod account_se;
mod amount;
mod broken_cells;
pub mod change;
mod checked_payment;
mod country;
mod cpr;
mod currency;
mod cvr;
mod fodselsnummer;
mod henkilotunnus;
mod hidden_row;
mod iban_country;
mod name;
pub(crate) mod obligation;
mod organisation_number;
pub mod pay_on;
mod payment_reference;
mod person_id;
mod personnummer;
pub mod priority;
mod problem;
#[cfg(test)]
mod public_vectors;
mod recent;
mod row_width;
mod shown;
mod slip;
mod spelling;
mod status;
mod text;

pub use account::{read_own_account, read_told_account};
pub use checked_payment::{CheckedPayment, NamesAsWritten};
pub(crate) use checked_payment::{read_day, write_day};
pub use person_id::{person_in_text, read_person};
use problem::Said;
pub use problem::{Code, Problem, Severity};
pub(crate) use shown::{mask_person_numbers, quoted, typed, visible};

use chrono::NaiveDate;

use smol_str::SmolStr;

use self::priority::Priority;
use self::recent::Recent;

use crate::bank::calendar::BankCalendar;
use crate::bank::door::Door;
use crate::payment::{Account, Amount, Country, Currency, Obligation, Part, Period, PersonId, Scheme};
use crate::recipient_list::{AmountStyle, Column, Instruction};
use crate::say;
use crate::words::Message;

/// What the checks need to know besides the row. Made once a list.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    /// The payer's.
    pub country: Country,
    /// The workspace's: amounts are in it.
    pub currency: Currency,
    /// For rows without one (`--scheme`).
    pub scheme: Option<Scheme>,
    /// For rows without one (`--period`).
    pub period: Option<Period>,
    /// For rows without one (`--pay-on` or the next bank day). A bank day.
    pub pay_on: NaiveDate,
    pub today: NaiveDate,
    /// A payment over it is held.
    pub payment_limit: Amount,
    /// What the bank takes.
    pub door: &'a Door,
    /// How the list at hand writes its amounts.
    pub amount_style: AmountStyle,
    pub calendar: BankCalendar,
}

/// A row, judged.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Present exactly where no problem is an error.
    pub payment: Option<CheckedPayment>,
    /// The amount in the workspace's currency wherever it could be read, for the sums. `None` counts as zero.
    pub amount: Option<Amount>,
    pub priority: Priority,
    /// All that there is to say about the row, in the order of the columns.
    pub problems: Vec<Problem>,
    /// Of a row that gives no payment, what it says of whom it is about, where that could be read.
    pub unpaid: Option<(PersonId, Option<Scheme>)>,
}

/// What one rule made of its cells. `value` is absent exactly where a problem is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Judged<T> {
    value: Option<T>,
    problems: Said,
}

impl<T> Judged<T> {
    fn sound(value: T) -> Self {
        Self { value: Some(value), problems: Said::NOTHING }
    }

    /// `code` is an error's.
    fn wrong(code: Code, column: Column, message: impl Into<Message>) -> Self {
        Self { value: None, problems: Problem::new(code, column, message).into() }
    }

    /// Adds what does not reject the row.
    fn noting(mut self, code: Code, column: impl Into<Option<Column>>, message: impl Into<Message>) -> Self {
        self.problems.push(Problem::new(code, column, message));
        self
    }

    fn from(read: Result<T, Problem>) -> Self {
        match read {
            Ok(value) => Self::sound(value),
            Err(problem) => Self { value: None, problems: problem.into() },
        }
    }

    fn map<U>(self, f: impl FnOnce(T) -> U) -> Judged<U> {
        Judged { value: self.value.map(f), problems: self.problems }
    }

    /// The value, with the problems moved to the row's.
    #[inline]
    fn take(self, problems: &mut Vec<Problem>) -> Option<T> {
        self.problems.move_to(problems);
        self.value
    }
}

/// What a row of an upstream run says, read by the same rules as a row that is to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    pub person: PersonId,
    pub amount: Amount,
    pub scheme: Scheme,
    /// `None` where the row gives none that can be read.
    pub period: Option<Period>,
    pub part: Part,
    /// `None` where the row gives none that can be read.
    pub account: Option<Account>,
}

/// Reads a row that is only compared with: it needs a person, a scheme and an amount, of whatever sign.
pub fn read_entitlement(instruction: &Instruction, terms: &Terms) -> Result<Entitlement, Vec<Problem>> {
    let mut problems = Vec::new();
    let width = row_width::check(instruction.surplus_cells()).take(&mut problems);
    let person = person_id::check(instruction, terms.country, terms.today).take(&mut problems);
    let currency = currency::check(instruction, terms.currency).take(&mut problems);
    let (amount, judged_amount) = amount::check(instruction, terms);
    if amount.is_none() {
        judged_amount.take(&mut problems);
    }
    let scheme = obligation::scheme(instruction.cell(Column::Scheme), terms.scheme.as_ref()).take(&mut problems);
    let period = obligation::period(instruction.cell(Column::Period), terms.period).value;
    let account = account::check(instruction, terms.country, terms.country, terms.door).value.flatten();
    match (width, currency, person, amount, scheme) {
        (Some(()), Some(()), Some(person), Some(amount), Some(scheme)) => {
            Ok(Entitlement { person, amount, scheme, period, part: obligation::part(instruction), account })
        }
        _ => Err(problems.into_iter().filter(|problem| problem.severity() == Severity::Error).collect()),
    }
}

/// Whom a row is about, and nothing else of it.
pub fn read_whose(instruction: &Instruction, terms: &Terms) -> Result<PersonId, Message> {
    let country = country::check(instruction, terms.country).value.unwrap_or(terms.country);
    let Judged { value, problems } = person_id::check(instruction, country, terms.today);
    value.ok_or_else(|| {
        let error = problems.into_iter().find(|problem| problem.severity() == Severity::Error);
        error.map_or_else(|| say!("The row has no person number."), |problem| problem.message)
    })
}

/// Judges one row by itself. `list` is the list's place among the command's lists, from 0.
pub fn check(list: u16, instruction: &Instruction, terms: &Terms) -> Checked {
    Checks::new(terms).check(list, instruction)
}

/// Judges the rows of a list, one after the other. Each is judged as by itself; what most rows say alike is read once.
#[derive(Debug)]
pub struct Checks<'t> {
    terms: &'t Terms<'t>,
    schemes: Recent<Scheme>,
    periods: Recent<Period>,
    texts: Recent<Option<SmolStr>>,
}

impl<'t> Checks<'t> {
    pub fn new(terms: &'t Terms<'t>) -> Self {
        Self { terms, schemes: Recent::default(), periods: Recent::default(), texts: Recent::default() }
    }

    /// Judges one row. `list` is the list's place among the command's lists, from 0.
    pub fn check(&mut self, list: u16, instruction: &Instruction) -> Checked {
        let Self { terms, schemes, periods, texts } = self;
        let terms = *terms;
        let mut problems = Vec::new();
        let country = country::check(instruction, terms.country).take(&mut problems);
        // Numbers of a country that is not known are judged as the workspace's: the row is rejected either way.
        let of = country.unwrap_or(terms.country);
        let width = row_width::check(instruction.surplus_cells()).take(&mut problems);
        let person = person_id::check(instruction, of, terms.today).take(&mut problems);
        let name = name::check(instruction, terms.door).take(&mut problems);
        let account = account::check(instruction, of, terms.country, terms.door).take(&mut problems);
        let currency = currency::check(instruction, terms.currency).take(&mut problems);
        let (read_amount, amount) = amount::check(instruction, terms);
        let amount = amount.take(&mut problems);
        let scheme = schemes
            .read(instruction.cell(Column::Scheme), |written| obligation::scheme(written, terms.scheme.as_ref()));
        let scheme = scheme.take(&mut problems);
        let period =
            periods.read(instruction.cell(Column::Period), |written| obligation::period(written, terms.period));
        let period = period.take(&mut problems);
        let part = obligation::part(instruction);
        let payee_name = name::check_payee(instruction, terms.door).take(&mut problems);
        let to = account.as_ref().and_then(Option::as_ref);
        let reference = payment_reference::check(instruction, to, scheme.as_ref(), terms.door).take(&mut problems);
        // Beside a reference no text is sent, which was said: how it would have been sent is nobody's matter.
        let text = match &reference {
            Some(Some(_)) => Some(None),
            _ => text::check(instruction, to, scheme.as_ref(), terms.door, texts).take(&mut problems),
        };
        problems.extend(text::names_somebody(text.as_ref(), instruction, of, terms.today));
        let pay_on = pay_on::check(instruction, terms).take(&mut problems);
        let priority = priority::check(instruction).take(&mut problems).flatten();
        hidden_row::check(instruction).take(&mut problems);
        status::check(instruction).take(&mut problems);
        let goes_on = change::check(instruction).take(&mut problems);
        let whole = broken_cells::check(instruction, &mut problems).take(&mut problems);
        if goes_on.is_none() {
            // Nobody has to decide about what is not paid, nor to look at it.
            problems.retain(|problem| problem.severity() == Severity::Error);
        }
        problems.sort_by_key(|problem| problem.column);
        let wrong = problems.iter().any(|problem| problem.severity() == Severity::Error);
        let unpaid = if wrong { person.clone().map(|person| (person, scheme.clone())) } else { None };

        let payment = (|| {
            let (_width, _currency, _country, _whole, _goes_on) = (width?, currency?, country?, whole?, goes_on?);
            let (name, mut payee) = (name?, payee_name?);
            Some(CheckedPayment {
                obligation: Obligation { person: person?, scheme: scheme?, period: period?, part },
                amount: amount?,
                name: name.sent,
                account: account?,
                as_written: NamesAsWritten {
                    name: name.as_written,
                    payee_name: payee.as_mut().and_then(|payee| payee.as_written.take()),
                },
                payee_name: payee.map(|payee| payee.sent),
                text: text?,
                reference: reference?,
                pay_on: pay_on?,
                list,
                row: instruction.row,
            })
        })();
        // An amount in another currency does not belong into the workspace's sums.
        let amount = read_amount.filter(|_| currency.is_some());
        Checked { payment, amount, priority, problems, unpaid }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use proptest::prelude::*;

    /// A Greenlandic payer on Friday 20 November 2026.
    pub(super) fn terms() -> Terms<'static> {
        static DOOR: LazyLock<Door> = LazyLock::new(Door::default);
        let day = |text: &str| text.parse().expect("a day");
        Terms {
            country: Country::Gl,
            currency: Currency::Dkk,
            scheme: None,
            period: None,
            pay_on: day("2026-12-01"),
            today: day("2026-11-20"),
            payment_limit: Amount::from_minor_units(10_000_000, Currency::Dkk),
            door: &DOOR,
            amount_style: AmountStyle::Unsettled,
            calendar: BankCalendar::of(Country::Gl),
        }
    }

    const SOUND: &[(Column, &str)] = &[
        (Column::PersonId, "211062-5629"),
        (Column::Name, "Ane Møller"),
        (Column::Account, "6471 1234567"),
        (Column::Amount, "5.234,50"),
        (Column::Scheme, "Alderspension"),
        (Column::Period, "2026-11"),
    ];

    /// The sound row with some cells written otherwise.
    fn row(changes: &[(Column, &str)]) -> Instruction {
        let kept = SOUND.iter().filter(|(column, _)| changes.iter().all(|(changed, _)| changed != column));
        Instruction::for_test(&kept.chain(changes).copied().collect::<Vec<_>>())
    }

    fn codes(checked: &Checked) -> Vec<Code> {
        checked.problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_sound_row_becomes_a_payment() {
        let checked = check(3, &row(&[(Column::Part, "2"), (Column::Text, "Pension")]), &terms());
        assert_eq!(checked.problems, []);
        let payment = checked.payment.expect("a sound row");
        assert_eq!(payment.obligation.person.whole(), "2110625629");
        assert_eq!(payment.obligation.part.as_str(), "2");
        assert_eq!(payment.obligation.period.to_string(), "2026-11");
        assert_eq!(payment.account.map(|a| a.whole()).as_deref(), Some("6471-0001234567"));
        assert_eq!(payment.amount.to_string(), "5234.50");
        assert_eq!(
            (payment.name.as_str(), payment.payee_name, payment.text.as_deref()),
            ("Ane Møller", None, Some("Pension"))
        );
        assert_eq!((payment.list, payment.row, payment.pay_on.to_string().as_str()), (3, 2, "2026-12-01"));
    }

    #[test]
    fn every_fault_of_a_row_is_told_at_once_in_the_order_of_the_columns() {
        let wrong = row(&[
            (Column::PersonId, "310290-1234"),
            (Column::Name, ""),
            (Column::Account, "12"),
            (Column::Amount, "1.234"),
            (Column::Currency, "EUR"),
            (Column::Scheme, ""),
            (Column::Period, "april"),
            (Column::PayeeName, "李"),
            (Column::PayOn, "1/2/2027"),
        ]);
        let checked = check(0, &wrong, &terms());
        use Code::*;
        let expected = [
            IdDate,
            NameMissing,
            AccountMalformed,
            AmountAmbiguous,
            CurrencyUnsupported,
            SchemeMissing,
            PeriodMalformed,
            NameUnrepresentable,
            DateMalformed,
        ];
        assert_eq!(codes(&checked), expected);
        assert!(checked.payment.is_none());
        assert!(checked.problems.is_sorted_by_key(|problem| problem.column));
    }

    #[test]
    fn what_is_held_or_warned_of_is_still_a_payment() {
        let checked = check(0, &row(&[(Column::PersonId, "101010000"), (Column::Amount, "100.000,01")]), &terms());
        assert_eq!(codes(&checked), [Code::IdLeadingZero, Code::IdUnverified, Code::AmountLimit]);
        assert!(checked.payment.is_some());
    }

    #[test]
    fn of_a_case_that_ended_nothing_waits_for_a_person() {
        let large = [(Column::PersonId, "101010000"), (Column::Amount, "100.000,01")];
        for (written, code) in [("replaced", Code::BaselineReplaced), ("død", Code::BaselineDead)] {
            let checked = check(0, &row(&[&large[..], &[(Column::Change, written)]].concat()), &terms());
            assert_eq!(codes(&checked), [code], "{written}");
            assert!(checked.payment.is_none() && checked.unpaid.is_some());
        }
        let wrong = check(0, &row(&[(Column::Amount, "fem"), (Column::Change, "ophørt")]), &terms());
        assert_eq!(codes(&wrong), [Code::AmountMalformed, Code::BaselineEnded], "what is wrong is still told");
    }

    #[test]
    fn the_sums_get_every_amount_that_is_read_in_the_workspaces_currency() {
        let table = [
            (Column::PersonId, "", Some(523_450)),
            (Column::Amount, "-5,00", Some(-500)),
            (Column::Amount, "fem", None),
            (Column::Currency, "EUR", None),
        ];
        for (column, written, minor_units) in table {
            let checked = check(0, &row(&[(column, written)]), &terms());
            assert!(checked.payment.is_none());
            assert_eq!(checked.amount.map(Amount::minor_units), minor_units, "{written}");
        }
    }

    #[test]
    fn a_person_number_is_never_told_whole_whichever_column_it_slipped_into() {
        for number in ["2110625628", "211062-5628", "211062 5628", "21106256281"] {
            for column in Column::ALL {
                let checked = check(0, &row(&[(column, number)]), &terms());
                let told = checked.problems.iter().find(|problem| problem.message.contains(number));
                assert!(told.is_none(), "{}: {told:?}", column.as_str());
            }
        }
    }

    /// Paid and compared alike: a row of another system's that names the same slip is about the same payee.
    #[test]
    fn a_row_with_a_slip_is_paid_to_its_creditor_and_compared_by_it() {
        let by_slip = row(&[
            (Column::Account, ""),
            (Column::PaymentReference, "+73<+81234567<"),
            (Column::Text, "Faktura 17, kunde 4711, indkøb af vinduer til ældreboligerne"),
        ]);
        let door = crate::bank::door::built_in("sdc-file").expect("a door");
        let terms = Terms { door: &door, ..terms() };
        let checked = check(0, &by_slip, &terms);
        assert_eq!(codes(&checked), []);
        let payment = checked.payment.expect("a sound row");
        assert_eq!(payment.account.as_ref().map(Account::identity).as_deref(), Some("FI81234567"));
        assert_eq!((payment.reference, payment.text.map(|text| text.chars().count())), (None, Some(60)));
        let entitled = read_entitlement(&by_slip, &terms).expect("a sound row");
        assert_eq!(entitled.account, payment.account);
    }

    #[test]
    fn what_a_row_does_not_say_the_command_may_say() {
        let mut terms = terms();
        terms.scheme = Scheme::new("Barsel");
        terms.period = "2026-10".parse().ok();
        let checked = check(0, &row(&[(Column::Scheme, ""), (Column::Period, "")]), &terms);
        let obligation = checked.payment.expect("the command says what the row does not").obligation;
        assert_eq!((obligation.scheme.as_str(), obligation.period.to_string().as_str()), ("Barsel", "2026-10"));
    }

    /// Upstream's own rows are not paid: whatever keeps no comparison from being made is let be, and only what does is told.
    #[test]
    fn a_row_to_compare_with_needs_a_person_a_benefit_and_an_amount_of_whatever_sign() {
        let bare = [(Column::Name, ""), (Column::Account, "12"), (Column::Period, "april"), (Column::Amount, "-5,00")];
        let read = read_entitlement(&row(&bare), &terms()).expect("enough to compare with");
        assert_eq!((read.person.whole(), read.amount.minor_units()), ("2110625629", -500));
        assert_eq!((read.scheme.as_str(), read.period, read.account), ("Alderspension", None, None));
        let wrong = [(Column::PersonId, "101010000"), (Column::Amount, "fem"), (Column::Scheme, "")];
        let told = read_entitlement(&row(&wrong), &terms()).expect_err("no amount and no benefit");
        let told: Vec<Code> = told.iter().map(|problem| problem.code).collect();
        assert_eq!(told, [Code::AmountMalformed, Code::SchemeMissing], "a number that is only doubtful is none of it");
        for (column, written) in [(Column::PersonId, ""), (Column::Currency, "EUR"), (Column::Amount, "")] {
            assert!(read_entitlement(&row(&[(column, written)]), &terms()).is_err(), "{written}");
        }
    }

    /// What keeps a person number from being read is told, not what is merely odd about it.
    #[test]
    fn whose_a_row_is_or_why_that_cannot_be_told() {
        let whose = |number: &str| read_whose(&row(&[(Column::PersonId, number)]), &terms());
        assert_eq!(whose("211062-5629").map(|person| person.whole().to_owned()).ok().as_deref(), Some("2110625629"));
        assert!(whose("101010000").is_ok(), "a zero was lost: odd, and still somebody");
        for number in ["", "310290-1234", "199010000"] {
            let checked = check(0, &row(&[(Column::PersonId, number)]), &terms());
            let error =
                checked.problems.iter().find(|problem| problem.severity() == Severity::Error).expect("an error");
            assert_eq!(whose(number).expect_err(number), error.message, "{number}");
        }
    }

    /// Cells that come close to what is wanted, and cells that do not.
    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(String::new()),
            "[0-9]{9,11}",
            "[0-9]{6}[-–+ A][0-9]{3}[0-9T]",
            "[0-9]{4}[-. ][0-9]{1,11}",
            "(GL|DK|SE|TR)[0-9]{14,16}",
            "-?[0-9]{1,3}[.,][0-9]{0,3}",
            "20[0-9]{2}-[0-9]{1,2}(-[0-9]{1,2})?",
            "[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}",
            "[0-9],[0-9]{2}E\\+[0-9]{2}",
            "\\+(01|04|71|73|75|99)<[0-9]{0,16}\\+[0-9]{6,9}<?",
            "\\PC{0,12}",
            "[\\x00-\\x{3000}]{0,12}",
            "[a-zæøå ]{0,160}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_row_gives_a_payment_exactly_where_nothing_is_an_error(
            cells in proptest::collection::vec((0..Column::ALL.len(), cell()), 0..10),
            country in 0..Country::ALL.len(),
        ) {
            let changes: Vec<(Column, &str)> = cells.iter().map(|(at, text)| (Column::ALL[*at], text.as_str())).collect();
            let terms = Terms { country: Country::ALL[country], ..terms() };
            for instruction in [row(&changes), Instruction::for_test(&changes)] {
                let checked = check(0, &instruction, &terms);
                let errors = checked.problems.iter().filter(|p| p.severity() == Severity::Error).count();
                prop_assert_eq!(checked.payment.is_none(), errors > 0, "{:?}", checked.problems);
                let hidden = |c: char| c.is_control() || crate::bank::text::is_invisible(c);
                prop_assert!(!checked.problems.iter().any(|p| p.message.to_string().contains(hidden)), "{:?}", checked.problems);
                if let Some(payment) = checked.payment {
                    prop_assert!(payment.name.chars().all(crate::bank::text::is_permitted));
                    prop_assert!(payment.name.chars().count() <= 70 && payment.amount.minor_units() > 0);
                    prop_assert!(terms.calendar.is_bank_day(payment.pay_on) && payment.pay_on >= terms.today);
                }
            }
        }
    }
}
