//! Where the money goes: the account is read as what it is, an IBAN or a domestic account, and never turned from one into the other.
//!
//! A domestic account of the Danish realm is a registration number (four digits, the bank) and an account of up to ten digits. There is no
//! check digit, so its spelling is read strictly: where a lost zero could make another account of it, it is refused.
//!
//! A row with a Danish payment slip has no account: the slip says where its money goes.

use std::borrow::Cow;

use iban::{Iban as ParsedIban, IbanLike, ParseBaseIbanError, ParseIbanError};
use smol_str::{SmolStr, format_smolstr};

use super::account_se::CheckDigit;
use super::iban_country::payable_length;
use super::spelling::{NUMBER_REMEDY, SCIENTIFIC_REMEDY, all_digits, compact, has_decimals, is_scientific, plain};
use super::{Code, Judged, Problem, Said, Severity, account_no, account_se, shown, slip};
use crate::bank::door::Door;
use crate::bank::pain001::AccountForm;
use crate::payment::{Account, Country, DomesticAccount, Iban};
use crate::phrase;
use crate::recipient_list::{Column, Instruction};
use crate::say;
use crate::words::{Message, Phrase};

/// The account to pay on; `Some(None)`: pay by person number. Where the payee has an account of its own, that alone is read. `country` is the
/// row's, by which a domestic account is read.
pub(super) fn check(
    instruction: &Instruction,
    country: Country,
    payer: Country,
    door: &Door,
) -> Judged<Option<Account>> {
    let cell = |column| instruction.cell(column);
    if let Some(judged) = slip_instead(instruction) {
        return judged;
    }
    let read_payable =
        |written, reg_no, column| payable(read_account(written, reg_no, country, column), written, column, payer, door);
    let (account, reg_no, payee) = (cell(Column::Account), cell(Column::RegNo), cell(Column::PayeeAccount));
    let read = match (payee, account, reg_no) {
        ("", "", "") if !cell(Column::PayeeName).is_empty() => Judged::wrong(
            Code::AccountMissing,
            Column::PayeeAccount,
            say!("The row names another payee but no account: by person number the beneficiary would be paid instead."),
        ),
        ("", "", "") if door.pays_by_person_number() => return by_person_number(),
        ("", "", "") => Judged::wrong(
            Code::AccountMissing,
            Column::Account,
            match door.no_person_number() {
                Some(why) => say!(
                    "The row has no account, and the file of the profile \"{profile}\" {why}. Add the account; or pay such rows in pain.001 or by hand in the portal, under a profile that pays by number.",
                    profile = &door.profile.name,
                    why
                ),
                None => say!(
                    "The row has no account, and the bank profile \"{profile}\" does not pay by person number. Fill in the account; or, if the bank \
                 has agreed to pay by number, set pay_by_person_number under [profile].",
                    profile = &door.profile.name
                ),
            },
        ),
        ("", "", reg_no) => Judged::wrong(
            Code::AccountMissing,
            Column::Account,
            say!("The row has a registration number, {shown}, but no account number.", shown = shown::quoted(reg_no)),
        ),
        ("", account, "") => read_payable(account, None, Column::Account),
        ("", account, reg_no) => read_payable(account, Some(reg_no), Column::Account),
        (payee, _, _) => read_payable(payee, None, Column::PayeeAccount),
    };
    read.map(Some)
}

/// What there is to say where the row holds a payment slip.
fn slip_instead(instruction: &Instruction) -> Option<Judged<Option<Account>>> {
    if !instruction.may_hold_rare() {
        return None;
    }
    if let Some(slip) = slip::read(instruction.cell(Column::PaymentReference)) {
        return Some(by_slip(slip, instruction));
    }
    let is_slip = |column: &Column| slip::read(instruction.cell(*column)).is_some();
    let column = [Column::Account, Column::PayeeAccount].into_iter().find(is_slip)?;
    let message = say!(
        "{shown} is a payment slip. Write it in the column payment_reference, and leave the account empty.",
        shown = shown::quoted_account(instruction.cell(column))
    );
    Some(Judged::wrong(Code::AccountMalformed, column, message))
}

/// The slip's own payee, where the row names no other. What is wrong with the slip is said of its column.
fn by_slip(slip: Result<slip::Slip, Problem>, instruction: &Instruction) -> Judged<Option<Account>> {
    let accounts = [Column::Account, Column::RegNo, Column::PayeeAccount];
    if let Some(column) = accounts.into_iter().find(|column| instruction.is_filled(*column)) {
        return Judged::wrong(
            Code::AccountBesideSlip,
            column,
            say!(
                "The row names two places for the money: this account, and the creditor of its payment slip. Leave one of the two out."
            ),
        );
    }
    Judged { value: slip.ok().map(|slip| Some(Account::Slip(slip.payee))), problems: Said::NOTHING }
}

/// Payable, and marked: whether there is an account behind the number is not known here before the bank has booked the payment.
fn by_person_number() -> Judged<Option<Account>> {
    Judged::sound(None).noting(
        Code::AccountByNumber,
        Column::Account,
        say!(
            "The row has no account, so the bank pays to the NemKonto of the number. Unverified until the bank has booked it: whether there is \
             one is not known here."
        ),
    )
}

/// Reads an account that stands by itself, outside a list, such as the payer's own.
pub fn read_own_account(written: &str, country: Country) -> Result<Account, Problem> {
    let Judged { value, problems } = read_account(written, None, country, Column::Account);
    let cannot_pay = || {
        Problem::new(
            Code::AccountCountry,
            Column::Account,
            say!("No bank file can name this account as the payer's. Give its IBAN."),
        )
    };
    let value =
        value.map(|account| if AccountForm::of_payer(&account).is_some() { Ok(account) } else { Err(cannot_pay()) });
    value.transpose()?.ok_or_else(|| {
        let error = problems.into_iter().find(|problem| problem.severity() == Severity::Error);
        error.unwrap_or_else(|| Problem::new(Code::AccountMalformed, Column::Account, say!("This is no account.")))
    })
}

/// Reads an account that another system's bank file names, beside what the file says of its bank. `None` where no bank file can name it.
pub fn read_told_account(written: &str, bank: Option<&str>, country: Country) -> Option<Account> {
    let account = read_account(written, bank, country, Column::Account).value?;
    AccountForm::of(&account).is_some().then_some(account)
}

/// Reads an IBAN, or an account as its country writes it. `reg_no`: what the row says of the bank in a cell of its own.
fn read_account(written: &str, reg_no: Option<&str>, country: Country, column: Column) -> Judged<Account> {
    let text = plain(written);
    let read = match country {
        // A giro may begin with letters too, but with one of its own two words for it.
        _ if begins_like_iban(&text) && !(country == Country::Se && is_giro(&text)) => {
            Judged::from(read_iban(written, column))
        }
        _ if has_decimals(&text) => Judged::from(Err(with_decimals(written, column))),
        _ if reg_no.is_some_and(|reg_no| has_decimals(&plain(reg_no))) => {
            Judged::from(Err(with_decimals(reg_no.unwrap_or_default(), Column::RegNo)))
        }
        Country::Dk | Country::Fo | Country::Gl => match reg_no {
            None => Judged::from(read_danish(written, &text, country, column)),
            Some(reg_no) => Judged::from(read_two_cells(reg_no, written, &text, country)),
        },
        Country::Se => read_swedish(written, &text, reg_no, column),
        Country::No => read_norwegian(written, &text, column),
        Country::Fi => {
            let message =
                say!("{shown} is no IBAN. Accounts are given as IBANs here.", shown = shown::quoted_account(written));
            Judged::wrong(Code::AccountMalformed, column, message)
        }
    };
    // Nothing that Excel has shortened can be read as an account.
    if read.value.is_none() && is_scientific(&text) { Judged::from(Err(scientific(written, column))) } else { read }
}

/// Rejects an account that is sound, but that the bank file has no form for.
fn payable(read: Judged<Account>, written: &str, column: Column, payer: Country, door: &Door) -> Judged<Account> {
    match read.value {
        Some(account) if !door.carries(&account, payer) => {
            let shown = shown::quoted_account(written);
            let message = match account {
                Account::Iban(iban) if !door.profile.message.is_flat() => no_sepa_country(&shown, iban.country_code()),
                Account::Iban(_) => say!(
                    "{shown} is an IBAN, and the bank file {format} takes none. Give registration number and account.",
                    shown,
                    format = door.profile.message.as_str()
                ),
                Account::Domestic(account) if !account.country.shares_accounts_with(payer) => say!(
                    "{shown} is a domestic account of {country}, and is paid from {payer}, where its digits would be another account. Give the account's IBAN.",
                    shown,
                    country = account.country.code(),
                    payer = payer.code()
                ),
                Account::Domestic(_) | Account::Slip(_) => say!(
                    "{shown} is a domestic account that this bank profile cannot pay. Give the account's IBAN.",
                    shown
                ),
            };
            Judged { value: None, ..read }.noting(Code::AccountCountry, column, message)
        }
        value => Judged { value, problems: read.problems },
    }
}

fn no_sepa_country(shown: &str, country: &str) -> Message {
    say!(
        "{shown} is an account in {country}, which is no SEPA country: this bank profile does not pay there. \
         Pay it by hand in the bank's portal, or ask for another account.",
        shown,
        country
    )
}

fn read_danish(written: &str, text: &str, country: Country, column: Column) -> Result<Account, Problem> {
    read_whole(text).and_then(|(bank, number)| domestic(country, bank, number)).map_err(|fault| {
        let message = say!(
            "{shown} is no account: {fault}. Write registration number and account with a hyphen, as in 6471-0001234567, or an IBAN.",
            shown = shown::quoted_account(written),
            fault
        );
        Problem::new(Code::AccountMalformed, column, message)
    })
}

/// Registration number and account in two cells. The account's cell may repeat the registration number, but not contradict it.
fn read_two_cells(reg_no: &str, account: &str, text: &str, country: Country) -> Result<Account, Problem> {
    let Some(bank) = read_reg_no(reg_no) else {
        let message = say!("{shown} is no registration number: it has four digits.", shown = shown::quoted(reg_no));
        return Err(Problem::new(Code::AccountMalformed, Column::RegNo, message));
    };
    read_beside(&bank, text).and_then(|number| domestic(country, bank, number)).map_err(|fault| {
        let message = say!(
            "{shown} is no account beside the registration number {bank}: {fault}. Write up to ten digits.",
            shown = shown::quoted_account(account),
            bank = shown::quoted(reg_no),
            fault
        );
        Problem::new(Code::AccountMalformed, Column::Account, message)
    })
}

fn read_swedish(written: &str, text: &str, clearing: Option<&str>, column: Column) -> Judged<Account> {
    let read = match clearing {
        Some(clearing) if !is_giro(text) => account_se::read_beside(&plain(clearing), text),
        _ => account_se::read(text),
    };
    let (account, check) = match read {
        Ok(read) => read,
        Err(fault) => {
            let message = say!(
                "{shown} is no Swedish account: {fault}. Write clearing number and account with a hyphen, a giro with BG or PG before it, \
                 or an IBAN.",
                shown = shown::quoted_account(written),
                fault
            );
            return Judged::wrong(Code::AccountMalformed, column, message);
        }
    };
    match check {
        CheckDigit::Holds => Judged::sound(Account::Domestic(account)),
        CheckDigit::Fails => Judged::from(Err(wrong_check_digit(written, column))),
        CheckDigit::FailsAsSomeDo => {
            let message = say!(
                "{shown} does not pass Swedbank's check, which some of its older accounts do not. Compare it with the source.",
                shown = shown::quoted_account(written)
            );
            Judged::sound(Account::Domestic(account)).noting(Code::AccountUnverified, column, message)
        }
    }
}

/// `BG 5050-1055`, and not `BG80BNBG96611020345678`, an IBAN from Bulgaria.
fn is_giro(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["bankgiro", "plusgiro", "bg", "pg"].iter().any(|word| {
        let digits = |rest: &str| rest.chars().filter(char::is_ascii_digit).count() <= 8;
        let only = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || " :.-".contains(c));
        text.strip_prefix(word).is_some_and(|rest| digits(rest) && only(rest))
    })
}

fn read_norwegian(written: &str, text: &str, column: Column) -> Judged<Account> {
    match account_no::read(text) {
        Ok((account, true)) => Judged::sound(Account::Domestic(account)),
        Ok((_, false)) => Judged::from(Err(wrong_check_digit(written, column))),
        Err(fault) => {
            let message = say!(
                "{shown} is no account: {fault}. Write all eleven digits, or an IBAN.",
                shown = shown::quoted_account(written),
                fault
            );
            Judged::wrong(Code::AccountMalformed, column, message)
        }
    }
}

fn wrong_check_digit(written: &str, column: Column) -> Problem {
    let message = say!(
        "The check digit of {shown} is wrong: a digit is mistyped, or two are swapped. Compare it with the source.",
        shown = shown::quoted_account(written)
    );
    Problem::new(Code::AccountChecksum, column, message)
}

fn scientific(written: &str, column: Column) -> Problem {
    let message =
        say!("{shown} is no longer an account. {remedy}", shown = shown::quoted(written), remedy = SCIENTIFIC_REMEDY);
    Problem::new(Code::AccountMalformed, column, message)
}

/// Whose digits, with a zero of the fraction behind them, would be another account: `10000005.0`.
fn with_decimals(written: &str, column: Column) -> Problem {
    let shown = shown::quoted_account(written);
    let message = say!("{shown} is a number with decimals, and no account. {remedy}", shown, remedy = NUMBER_REMEDY);
    Problem::new(Code::AccountMalformed, column, message)
}

const NOT_DIGITS: Fault = phrase!("it holds something other than digits");
const TOO_LONG: Fault = phrase!("an account has at most ten digits after the registration number");
const LENGTH_TELLS_NOTHING: Fault =
    phrase!("without a hyphen it must have fourteen digits, since a lost zero would make it another account");
const BANK_OF_FOUR: Fault = phrase!("the registration number before the hyphen has four digits");
const CONTRADICTS: Fault = phrase!("it begins with another registration number");
const ALL_ZEROS: Fault = phrase!("it consists of zeros");

type Fault = Phrase;

/// Groups of digits, and what parts the first from the second.
struct Groups<'t> {
    first: &'t str,
    /// The digits of all others, one behind the other.
    rest: Cow<'t, str>,
    /// How many there are.
    count: usize,
    /// A hyphen or a dot, which nobody puts inside an account, and not a mere space.
    firm: bool,
}

impl<'t> Groups<'t> {
    fn of(text: &'t str) -> Result<Self, Fault> {
        let (first, after) = split_where(text, |byte| !byte.is_ascii_digit());
        let (between, rest) = split_where(after, |byte| !is_between(byte));
        if first.is_empty() && !text.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_digit() || is_between(byte)) {
            return Err(NOT_DIGITS);
        }
        let others = || rest.split(|c| u8::try_from(c).is_ok_and(is_between)).filter(|group| !group.is_empty());
        let count = [first, rest].iter().filter(|group| !group.is_empty()).count();
        let firm = between.contains(['-', '.']);
        match rest.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(Self { first, rest: rest.into(), count, firm }),
            false => Ok(Self { first, rest: others().collect(), count: 1 + others().count(), firm }),
        }
    }

    /// The digits of all of them.
    fn joined(&self) -> Cow<'t, str> {
        if self.rest.is_empty() { self.first.into() } else { (self.first.to_owned() + &self.rest).into() }
    }

    /// How many digits there are in all.
    fn length(&self) -> usize {
        self.first.len() + self.rest.len()
    }
}

/// What stands between groups of digits.
fn is_between(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b' ')
}

/// The text before the first such byte, and from there on.
fn split_where(text: &str, is_next: impl Fn(u8) -> bool) -> (&str, &str) {
    let at = text.bytes().position(is_next).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Registration number and account in one text: `6471-0001234567`, `6471 1234567`, `6471.1234567`, `64710001234567`.
fn read_whole(text: &str) -> Result<(SmolStr, SmolStr), Fault> {
    let groups = Groups::of(text)?;
    if groups.length() == 14 && !groups.firm {
        let joined = groups.joined();
        let (bank, number) = joined.split_at_checked(4).ok_or(LENGTH_TELLS_NOTHING)?;
        return Ok((bank.into(), number.into()));
    }
    if groups.count < 2 || (groups.count > 2 && !groups.firm) {
        return Err(LENGTH_TELLS_NOTHING);
    }
    let Groups { first: bank, rest: number, .. } = groups;
    if bank.len() == 4 { Ok((bank.into(), SmolStr::new(number))) } else { Err(BANK_OF_FOUR) }
}

/// The account beside a registration number in a cell of its own.
fn read_beside(bank: &str, text: &str) -> Result<SmolStr, Fault> {
    let groups = Groups::of(text)?;
    let (first, rest) = (groups.first, &*groups.rest);
    if !rest.is_empty() && format!("{first:0>4}") == bank {
        return Ok(rest.into());
    }
    let joined = groups.joined();
    if joined.len() == 14 {
        return joined.strip_prefix(bank).map(SmolStr::from).ok_or(CONTRADICTS);
    }
    // Two groups are a registration number and an account, and this one is another bank's.
    if groups.count == 2 && (3..=4).contains(&first.len()) {
        return Err(CONTRADICTS);
    }
    Ok(SmolStr::new(joined))
}

/// Four digits, or three whose leading zero a spreadsheet dropped.
fn read_reg_no(written: &str) -> Option<SmolStr> {
    let digits = compact(written);
    (all_digits(&digits) && (3..=4).contains(&digits.len())).then(|| format_smolstr!("{digits:0>4}"))
}

fn domestic(country: Country, bank: SmolStr, mut number: SmolStr) -> Result<Account, Fault> {
    if number.is_empty() {
        return Err(LENGTH_TELLS_NOTHING);
    }
    if number.len() > 10 {
        return Err(TOO_LONG);
    }
    if bank == "0000" || number.bytes().all(|b| b == b'0') {
        return Err(ALL_ZEROS);
    }
    if number.len() < 10 {
        number = format_smolstr!("{number:0>10}");
    }
    Ok(Account::Domestic(DomesticAccount { country, bank, number }))
}

fn begins_like_iban(plain: &str) -> bool {
    plain.bytes().filter(|byte| *byte != b' ').take(2).filter(u8::is_ascii_alphabetic).count() == 2
}

/// Reads an IBAN with any spaces and hyphens, in either case.
fn read_iban(written: &str, column: Column) -> Result<Account, Problem> {
    let electronic: String = compact(written).chars().filter(|c| *c != '-').collect::<String>().to_ascii_uppercase();
    let shown = shown::quoted_account(written);
    let malformed = |fault: Message| {
        let message = say!("{shown} is no IBAN: {fault}. Compare it with the source.", shown = &shown, fault);
        Problem::new(Code::AccountMalformed, column, message)
    };
    let shaped = electronic.bytes().all(|b| b.is_ascii_alphanumeric())
        && electronic.bytes().skip(2).take(2).filter(u8::is_ascii_digit).count() == 2
        && (15..=34).contains(&electronic.len());
    let country_code = electronic.get(..2).unwrap_or_default();
    match payable_length(country_code) {
        None if shaped => {
            return Err(Problem::new(Code::AccountCountry, column, no_sepa_country(&shown, country_code)));
        }
        None => return Err(malformed(say!("it is two letters of a country, two digits, and the account"))),
        Some(length) if electronic.chars().count() != length => {
            let found = electronic.chars().count();
            return Err(malformed(say!(
                "one from {country} has {length} characters, and this has {found}",
                country = country_code,
                length,
                found
            )));
        }
        Some(_) => {}
    }
    match electronic.parse::<ParsedIban>() {
        Ok(iban) => Ok(Account::Iban(Iban::new_checked(iban.electronic_str()))),
        Err(ParseIbanError::InvalidBaseIban { source: ParseBaseIbanError::InvalidChecksum }) => {
            let message = say!(
                "The check digits of {shown} are wrong: a digit is mistyped, or two are swapped. Compare it with the source.",
                shown
            );
            Err(Problem::new(Code::AccountChecksum, column, message))
        }
        Err(_) => {
            Err(malformed(say!("its characters do not stand as in an account from {country}", country = country_code)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::profile::Profile;
    use crate::payment::Country::{Fi, Gl, No, Se};
    use proptest::prelude::*;

    fn judge(
        cells: &[(Column, &str)],
        country: Country,
        by_person_number: bool,
    ) -> Result<Option<String>, (Code, Column)> {
        let profile = Profile { pay_by_person_number: by_person_number, ..Profile::default() };
        let judged = check(&Instruction::for_test(cells), country, country, &Door::default().with(profile));
        match (judged.value, &*judged.problems) {
            (Some(account), []) => Ok(account.map(|account| account.whole())),
            (Some(None), [problem]) if problem.code == Code::AccountByNumber => Ok(None),
            (None, [problem]) => Err((problem.code, problem.column.expect("an account's problem has a column"))),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn domestic_accounts_are_read_strictly() {
        let sound = |text: &str| Ok(Some(text.to_owned()));
        let table = [
            ("6471-0001234567", sound("6471-0001234567")),
            ("6471 1234567", sound("6471-0001234567")),
            ("6471.1234567", sound("6471-0001234567")),
            ("6471.100.0206", sound("6471-0001000206")),
            // A number that a spreadsheet or an export wrote with its decimals.
            ("6471-10000005.0", Err(Code::AccountMalformed)),
            ("6471 10000005.00", Err(Code::AccountMalformed)),
            ("6471.10000005.0", Err(Code::AccountMalformed)),
            ("6471.12.34.56.78", sound("6471-0012345678")),
            ("12345.67", Err(Code::AccountMalformed)),
            ("64710001234567.0", Err(Code::AccountMalformed)),
            ("6471 - 1234567", sound("6471-0001234567")),
            ("6471–1234567", sound("6471-0001234567")),
            ("64710001234567", sound("6471-0001234567")),
            ("６４７１－１２３４５６７", sound("6471-0001234567")),
            ("6471 0001 2345 67", sound("6471-0001234567")),
            ("6471-123 4567", sound("6471-0001234567")),
            ("0400-440116243", sound("0400-0440116243")),
            ("64711234567", Err(Code::AccountMalformed)),
            ("4000001234567", Err(Code::AccountMalformed)),
            ("1234567", Err(Code::AccountMalformed)),
            ("1234 5678 90", Err(Code::AccountMalformed)),
            ("400-1234567", Err(Code::AccountMalformed)),
            ("6471-12345678901", Err(Code::AccountMalformed)),
            ("6471-", Err(Code::AccountMalformed)),
            ("-1234567", Err(Code::AccountMalformed)),
            ("-6471-1234567", Err(Code::AccountMalformed)),
            (".64710001234567", Err(Code::AccountMalformed)),
            ("6471-0000000000", Err(Code::AccountMalformed)),
            ("0000-1234567", Err(Code::AccountMalformed)),
            ("00000000000000", Err(Code::AccountMalformed)),
            ("6.471E+13", Err(Code::AccountMalformed)),
            ("6471/1234567", Err(Code::AccountMalformed)),
            ("se bilag", Err(Code::AccountMalformed)),
            ("6471-12345é7", Err(Code::AccountMalformed)),
        ];
        for (written, expected) in table {
            let judged = judge(&[(Column::Account, written)], Gl, false);
            assert_eq!(judged, expected.map_err(|code| (code, Column::Account)), "{written}");
        }
    }

    #[test]
    fn registration_number_and_account_may_stand_in_two_cells() {
        let sound = |text: &str| Ok(Some(text.to_owned()));
        let table = [
            ("6471", "1234567", sound("6471-0001234567")),
            ("400", "0440116243", sound("0400-0440116243")),
            ("6471", "0001234567", sound("6471-0001234567")),
            ("6471", "000 123 4567", sound("6471-0001234567")),
            ("6471", "6471-1234567", sound("6471-0001234567")),
            ("6471", "6471 1234567", sound("6471-0001234567")),
            ("6471", "64710001234567", sound("6471-0001234567")),
            ("400", "400-1234567", sound("0400-0001234567")),
            ("6471", "6471123456", sound("6471-6471123456")),
            ("6471", "GL89 6471 0001 0002 06", sound("GL8964710001000206")),
            ("6471", "6470-1234567", Err((Code::AccountMalformed, Column::Account))),
            ("6471", "64700001234567", Err((Code::AccountMalformed, Column::Account))),
            ("6471", "12345678901", Err((Code::AccountMalformed, Column::Account))),
            ("6471", "0", Err((Code::AccountMalformed, Column::Account))),
            ("6471", "1,23E+09", Err((Code::AccountMalformed, Column::Account))),
            ("64", "1234567", Err((Code::AccountMalformed, Column::RegNo))),
            ("64711", "1234567", Err((Code::AccountMalformed, Column::RegNo))),
            ("bank", "1234567", Err((Code::AccountMalformed, Column::RegNo))),
            ("0000", "1234567", Err((Code::AccountMalformed, Column::Account))),
            ("6471", "10000005.0", Err((Code::AccountMalformed, Column::Account))),
            ("6471", "10000005,00", Err((Code::AccountMalformed, Column::Account))),
            ("6471", "1.000.206", sound("6471-0001000206")),
            ("6471.0", "1234567", Err((Code::AccountMalformed, Column::RegNo))),
            ("6471", "", Err((Code::AccountMissing, Column::Account))),
        ];
        for (reg_no, account, expected) in table {
            let judged = judge(&[(Column::RegNo, reg_no), (Column::Account, account)], Gl, false);
            assert_eq!(judged, expected, "{reg_no} {account}");
        }
    }

    #[test]
    fn ibans_are_checked_and_paid_within_sepa() {
        use Code::{AccountChecksum, AccountCountry, AccountMalformed};
        let table = [
            ("GL8964710001000206", Ok("GL8964710001000206")),
            ("dk50 0040 0440 1162 43", Ok("DK5000400440116243")),
            ("FO62-6460-0001-6316-34", Ok("FO6264600001631634")),
            ("NO93 8601 1117 947", Ok("NO9386011117947")),
            ("SE4550000000058398257466", Ok("SE4550000000058398257466")),
            ("FI2112345600000785", Ok("FI2112345600000785")),
            ("DE89370400440532013000", Ok("DE89370400440532013000")),
            ("GL8964710001000207", Err(AccountChecksum)),
            ("GL8964710001002006", Err(AccountChecksum)),
            ("GL896471000100020", Err(AccountMalformed)),
            ("GL89647100010002066", Err(AccountMalformed)),
            ("GLXX64710001000206", Err(AccountChecksum)),
            // Shaped like no IBAN of any country: too short, no check digits, another character.
            ("ZZ12345678901", Err(AccountMalformed)),
            ("ZZAB56789012345678", Err(AccountMalformed)),
            ("ZZ1256789012_45678", Err(AccountMalformed)),
            ("ZZ12567890123456789012345678901234567", Err(AccountMalformed)),
            ("ZZ12567890123456", Err(AccountCountry)),
            ("GL89 6471_0001 0002 06", Err(AccountMalformed)),
            ("DK", Err(AccountMalformed)),
            ("ukendt", Err(AccountMalformed)),
            ("TR330006100519786457841326", Err(AccountCountry)),
            ("UA213223130000026007233566001", Err(AccountCountry)),
        ];
        for (written, expected) in table {
            let expected = match expected {
                // Letters where the check digits belong are a matter of shape.
                Err(AccountChecksum) if written.contains("XX") => Err(AccountMalformed),
                other => other,
            };
            let judged = judge(&[(Column::Account, written)], Gl, false);
            assert_eq!(judged, expected.map(|t| Some(t.to_owned())).map_err(|c| (c, Column::Account)), "{written}");
        }
    }

    #[test]
    fn a_payees_account_stands_in_for_the_beneficiarys() {
        let payee = |text| vec![(Column::PayeeAccount, text)];
        assert_eq!(judge(&payee("6471-1"), Gl, false), Ok(Some("6471-0000000001".into())));
        assert_eq!(judge(&payee("6471"), Gl, false), Err((Code::AccountMalformed, Column::PayeeAccount)));
        let both = [(Column::Account, "6471-2"), (Column::PayeeAccount, "6471-1")];
        assert_eq!(judge(&both, Gl, false), Ok(Some("6471-0000000001".into())));
    }

    #[test]
    fn without_an_account_only_a_profile_that_allows_it_pays() {
        assert_eq!(judge(&[], Gl, true), Ok(None));
        assert_eq!(judge(&[], Gl, false), Err((Code::AccountMissing, Column::Account)));
        let another_payee = [(Column::PayeeName, "Malik Olsen")];
        assert_eq!(judge(&another_payee, Gl, true), Err((Code::AccountMissing, Column::PayeeAccount)));
        assert_eq!(judge(&[(Column::RegNo, "6471")], Gl, true), Err((Code::AccountMissing, Column::Account)));
    }

    #[test]
    fn a_slip_stands_for_the_account_and_beside_none() {
        let slip = (Column::PaymentReference, "+71<000001234567897+81234567<");
        assert_eq!(judge(&[slip], Gl, false), Ok(Some("FIK71-81234567".into())));
        // Nobody is paid by number who is to be paid by slip.
        assert_eq!(judge(&[slip], Gl, true), Ok(Some("FIK71-81234567".into())));
        assert_eq!(judge(&[slip, (Column::PayeeName, "Bygma A/S")], Gl, false), Ok(Some("FIK71-81234567".into())));
        for (column, written) in [
            (Column::Account, "6471-1"),
            (Column::RegNo, "6471"),
            (Column::PayeeAccount, "6471-1"),
            (Column::Account, "x"),
        ] {
            assert_eq!(
                judge(&[slip, (column, written)], Gl, false),
                Err((Code::AccountBesideSlip, column)),
                "{written}"
            );
        }
        for column in [Column::Account, Column::PayeeAccount] {
            let row = Instruction::for_test(&[(column, "+71<000001234567897+81234567<")]);
            let told = check(&row, Gl, Gl, &Door::default()).problems;
            assert_eq!((told[0].code, told[0].column), (Code::AccountMalformed, Some(column)));
            assert!(told[0].message.contains("payment_reference"), "{}", told[0].message);
        }
        // A mistyped slip is told under its own column, and pays nobody.
        let mistyped = Instruction::for_test(&[(Column::PaymentReference, "+71<000001234567898+81234567<")]);
        let judged = check(&mistyped, Gl, Gl, &Door::default());
        assert_eq!((judged.value, judged.problems), (None, Said::NOTHING));
    }

    #[test]
    fn norwegian_accounts_and_ibans_of_every_country_are_paid() {
        use Code::{AccountChecksum, AccountMalformed};
        let table = [
            ("NO9386011117947", No, Ok("NO9386011117947")),
            ("8601 11 17947", No, Ok("8601-1117947")),
            ("86011117948", No, Err(AccountChecksum)),
            ("8601111794", No, Err(AccountMalformed)),
            ("FI2112345600000785", Fi, Ok("FI2112345600000785")),
            ("123456-785", Fi, Err(AccountMalformed)),
            ("IS14 0159 2600 7654 5510 7303 39", Gl, Ok("IS140159260076545510730339")),
        ];
        for (written, country, expected) in table {
            let judged = judge(&[(Column::Account, written)], country, false);
            let expected = expected.map(|text| Some(text.to_owned())).map_err(|code| (code, Column::Account));
            assert_eq!(judged, expected, "{written}");
        }
    }

    #[test]
    fn swedish_accounts_are_checked_and_paid() {
        use Code::{AccountChecksum, AccountMalformed, AccountUnverified};
        let table: [(&str, &str, &[Code]); 12] = [
            ("", "SE4550000000058398257466", &[]),
            ("", "BG80BNBG96611020345678", &[]),
            // As few digits as a giro has, and letters that none has.
            ("", "BG71 STSA 9300 10AB CDEF GH", &[]),
            ("", "9071-4172383", &[]),
            ("9071", "4172383", &[]),
            ("", "BG 5050-1055", &[]),
            ("9071", "Bankgiro 5050-1055", &[]),
            ("", "9071-4172384", &[AccountChecksum]),
            ("", "PG 4-1", &[AccountChecksum]),
            ("", "8424-4,983 189 224-5", &[AccountUnverified]),
            ("", "9071-417238", &[AccountMalformed]),
            ("", "BG12 3456 7890 1234 567", &[AccountMalformed]),
        ];
        for (clearing, written, codes) in table {
            let row = Instruction::for_test(&[(Column::RegNo, clearing), (Column::Account, written)]);
            let sweden = crate::bank::door::built_in("sweden").expect("a profile");
            let judged = check(&row, Se, Se, &sweden);
            assert_eq!(judged.problems.iter().map(|p| p.code).collect::<Vec<_>>(), codes, "{written}");
            let paid = codes.iter().all(|code| code.severity() < Severity::Error);
            assert_eq!(judged.value.is_some(), paid, "{written}");
        }
    }

    #[test]
    fn a_profile_takes_the_accounts_that_its_file_can_carry() {
        let door = |name: &str| crate::bank::door::built_in(name).expect("a profile");
        let table: [(&str, Country, &str, &[Code]); 9] = [
            ("generic", Gl, "6471-0001234567", &[]),
            ("generic", Se, "9071-4172383", &[Code::AccountCountry]),
            ("bec-file", Gl, "6471-0001234567", &[]),
            ("bec-file", Gl, "GL8964710001000206", &[Code::AccountCountry]),
            ("bec-file", No, "86011117947", &[Code::AccountCountry]),
            ("sepa", Fi, "FI2112345600000785", &[]),
            ("sepa", Gl, "6471-0001234567", &[Code::AccountCountry]),
            ("sepa", Fi, "GL8964710001000206", &[Code::AccountCountry]),
            ("sepa", Fi, "FO6264600001631634", &[Code::AccountCountry]),
        ];
        for (profile, country, written, codes) in table {
            let row = Instruction::for_test(&[(Column::Account, written)]);
            let judged = check(&row, country, country, &door(profile));
            assert_eq!(judged.problems.iter().map(|p| p.code).collect::<Vec<_>>(), codes, "{written} in {profile}");
            assert_eq!(judged.value.is_some(), codes.is_empty(), "{written}");
        }
    }

    /// The digits of another country's account are somebody else's at home.
    #[test]
    fn a_domestic_account_is_paid_in_its_own_country_alone() {
        use Country::{Dk, Fo};
        let table = [
            (Gl, No, "86011117947", "generic", false),
            (Gl, Dk, "6471-0001234567", "generic", true),
            (Dk, Fo, "6471-0001234567", "generic", true),
            (No, Dk, "6471-0001234567", "norway", false),
            (No, No, "86011117947", "norway", true),
            (Se, Dk, "6471-0001234567", "sweden", false),
            (Se, No, "86011117947", "sweden", false),
            (Se, Se, "9071-4172383", "sweden", true),
            (No, Gl, "GL8964710001000206", "norway", true),
        ];
        for (payer, country, written, profile, paid) in table {
            let door = crate::bank::door::built_in(profile).expect("a profile");
            let judged = check(&Instruction::for_test(&[(Column::Account, written)]), country, payer, &door);
            let codes: Vec<Code> = judged.problems.iter().map(|problem| problem.code).collect();
            let expected: &[Code] = if paid { &[] } else { &[Code::AccountCountry] };
            assert_eq!(
                (judged.value.is_some(), &codes[..]),
                (paid, expected),
                "{written} of {country} paid in {payer}"
            );
        }
    }

    /// A file with no place for a person number is told apart from a profile that merely does not allow it.
    #[test]
    fn a_row_without_an_account_says_whose_fault_it_is() {
        for (profile, is_flat) in [("bec-file", true), ("generic", false)] {
            let door = crate::bank::door::built_in(profile).expect("a profile");
            let judged = check(&Instruction::for_test(&[]), Gl, Gl, &door);
            assert_eq!(judged.problems[0].message.contains("has no place for a person number"), is_flat, "{profile}");
        }
    }

    /// The payer's account is refused for what is wrong with it, and a remark on it is no refusal.
    #[test]
    fn the_payers_own_account_is_judged_like_any_other() {
        let refused = read_own_account("GL8964710001000207", Gl).expect_err("check digits");
        assert_eq!(refused.code, Code::AccountChecksum);
        assert_eq!(read_own_account("6471", Gl).expect_err("short").code, Code::AccountMalformed);
    }

    #[test]
    fn messages_never_hold_a_whole_account() {
        for written in ["64711234567", "0101901234", "GL8964710001000207", "GL896471000100020", "6471-12345678901"] {
            let problem = read_own_account(written, Gl).expect_err(written);
            assert!(!problem.message.contains(written), "{}", problem.message);
        }
        assert!(!read_own_account("0101901234", Gl).expect_err("ten digits").message.contains("234\""));
    }

    proptest! {
        #[test]
        fn every_spelling_of_an_account_is_one_account(bank in 1u32..10_000, number in 1u64..10_000_000_000) {
            let whole = format!("{bank:04}-{number:010}");
            let expected = Ok(Some(whole.clone()));
            for spelling in [whole.replace('-', ""), whole.replace('-', " "), format!("{bank:04}-{number}"), format!("{bank:04}.{number}")] {
                prop_assert_eq!(&judge(&[(Column::Account, &spelling)], Gl, false), &expected, "{}", spelling);
            }
            for spelling in [number.to_string(), whole.clone(), format!("{number:010}")] {
                let cells = [(Column::RegNo, &*format!("{bank:04}")), (Column::Account, &*spelling)];
                prop_assert_eq!(&judge(&cells, Gl, false), &expected, "{}", spelling);
            }
        }
    }
}
