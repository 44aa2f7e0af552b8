//! One named, pure rule a file. Together they are the only makers of [`CheckedPayment`].
//!
//! [`check`] judges a whole row at once: whoever made the list hears of all its faults in one go. Each rule reads its own cells and gives
//! back a [`Judged`]: what it understood, and what there is to say about it. A payment is made where nothing said is an error.

mod account;
mod amount;
mod checked_payment;
mod cpr;
mod currency;
mod cvr;
mod fodselsnummer;
mod henkilotunnus;
mod iban_country;
mod name;
mod obligation;
mod organisation_number;
pub mod pay_on;
mod person_id;
mod personnummer;
mod problem;
mod shown;
mod spelling;
mod text;

pub use account::read_own_account;
pub use checked_payment::CheckedPayment;
pub use problem::{Code, Problem, Severity};

use chrono::NaiveDate;

use crate::bank::calendar::BankCalendar;
use crate::bank::profile::Profile;
use crate::payment::{Amount, Country, Currency, Obligation, Period, Scheme};
use crate::recipient_list::{AmountStyle, Column, Instruction};

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
    pub profile: &'a Profile,
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
    /// All that there is to say about the row, in the order of the columns.
    pub problems: Vec<Problem>,
}

/// What one rule made of its cells. `value` is absent exactly where a problem is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Judged<T> {
    value: Option<T>,
    problems: Vec<Problem>,
}

impl<T> Judged<T> {
    fn sound(value: T) -> Self {
        Self { value: Some(value), problems: Vec::new() }
    }

    /// `code` is an error's.
    fn wrong(code: Code, column: Column, message: impl Into<String>) -> Self {
        Self { value: None, problems: vec![Problem::new(code, column, message)] }
    }

    /// Adds what does not reject the row.
    fn noting(mut self, code: Code, column: Column, message: impl Into<String>) -> Self {
        self.problems.push(Problem::new(code, column, message));
        self
    }

    fn map<U>(self, f: impl FnOnce(T) -> U) -> Judged<U> {
        Judged { value: self.value.map(f), problems: self.problems }
    }

    /// The value, with the problems moved to the row's.
    fn take(mut self, problems: &mut Vec<Problem>) -> Option<T> {
        problems.append(&mut self.problems);
        self.value
    }
}

/// Judges one row. `list` is the list's place among the command's lists, from 0.
pub fn check(list: u16, instruction: &Instruction, terms: &Terms) -> Checked {
    let mut problems = Vec::new();
    let width = check_width(instruction).take(&mut problems);
    let person = person_id::check(instruction, terms.country).take(&mut problems);
    let name = name::check(instruction).take(&mut problems);
    let account = account::check(instruction, terms.country, terms.profile).take(&mut problems);
    let currency = currency::check(instruction, terms.currency).take(&mut problems);
    let (read_amount, amount) = amount::check(instruction, terms);
    let amount = amount.take(&mut problems);
    let scheme = obligation::scheme(instruction, terms.scheme.as_ref()).take(&mut problems);
    let period = obligation::period(instruction, terms.period).take(&mut problems);
    let part = obligation::part(instruction);
    let payee_name = name::check_payee(instruction).take(&mut problems);
    let text = text::check(instruction).take(&mut problems);
    let pay_on = pay_on::check(instruction, terms).take(&mut problems);
    problems.sort_by_key(|problem| problem.column);

    let payment = (|| {
        let (_width, _currency) = (width?, currency?);
        Some(CheckedPayment {
            obligation: Obligation { person: person?, scheme: scheme?, period: period?, part },
            amount: amount?,
            name: name?,
            account: account?,
            payee_name: payee_name?,
            text: text?,
            pay_on: pay_on?,
            list,
            row: instruction.row,
        })
    })();
    // An amount in another currency does not belong into the workspace's sums.
    let amount = read_amount.filter(|_| currency.is_some());
    Checked { payment, amount, problems }
}

/// A row with more cells than there are headings has slipped: what stands under a heading may belong under another.
fn check_width(instruction: &Instruction) -> Judged<()> {
    if !instruction.surplus_cells() {
        return Judged::sound(());
    }
    let message = "The row has more cells than there are headings, so its cells may stand under the wrong ones. \
                   A separator inside a value (a comma in a name or an amount) does this: put that value in quotation marks.";
    Judged { value: None, problems: vec![Problem::new(Code::RowWidth, None, message)] }
}
