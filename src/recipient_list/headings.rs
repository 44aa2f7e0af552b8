//! The headings that a column goes by, and what the heading row of a list makes of its cells.

use unicode_normalization::UnicodeNormalization;

use crate::checks::typed;
use crate::fault::Fault;
use crate::payment::Currency;
use crate::words::Message;
use crate::{phrase, say};

use super::columns::{Column, ColumnMap, Purpose};
use super::csv_rows::refusal;
use super::first_row;
use super::row::Cells;
use super::rows_file;

/// The headings of the contract beside a column's own name, folded; Danish letters also as they are written without them.
const ALIASES: [(Column, &[&str]); Column::ALL.len()] = [
    (
        Column::PersonId,
        &[
            "cpr",
            "cprnr",
            "cprnummer",
            "personnummer",
            "personnr",
            "personnumber",
            "fødselsnummer",
            "fodselsnummer",
            "foedselsnummer",
            "fødselsnr",
            "fodselsnr",
            "samordningsnummer",
            "hetu",
            "henkilötunnus",
            "henkilotunnus",
            "nationalid",
            "id",
        ],
    ),
    (
        Column::OrganisationId,
        &[
            "cvrnr",
            "cvrnummer",
            "orgnr",
            "orgnummer",
            "organisationsnummer",
            "organisasjonsnummer",
            "organisationnumber",
            "ytunnus",
        ],
    ),
    (
        Column::Name,
        &["navn", "namn", "nimi", "modtager", "mottagare", "mottaker", "saaja", "recipient", "beneficiary", "fullname"],
    ),
    (
        Column::Account,
        &[
            "konto",
            "kontonr",
            "kontonummer",
            "bankkonto",
            "bankkontonummer",
            "tili",
            "tilinumero",
            "pankkitili",
            "bankaccount",
            "accountnumber",
            "accountno",
            "iban",
        ],
    ),
    (Column::RegNo, &["regnr", "registreringsnummer", "clearing", "clearingnr", "clearingnummer"]),
    (
        Column::Amount,
        &[
            "beløb",
            "belob",
            "beloeb",
            "beløp",
            "belop",
            "beloep",
            "belopp",
            "määrä",
            "maara",
            "summa",
            "udbetaling",
            "utbetaling",
            "utbetalning",
        ],
    ),
    (Column::Currency, &["valuta", "valuutta"]),
    (
        Column::Scheme,
        &[
            "ydelse",
            "ydelsestype",
            "ytelse",
            "ytelsestype",
            "stønad",
            "stonad",
            "formån",
            "forman",
            "formaan",
            "förmån",
            "förmånstyp",
            "etuus",
            "etuuslaji",
            "benefit",
        ],
    ),
    (
        Column::Period,
        &[
            "periode",
            "måned",
            "maaned",
            "månad",
            "manad",
            "month",
            "kausi",
            "maksukausi",
            "kuukausi",
            "jakso",
            "ajanjakso",
            "maksujakso",
        ],
    ),
    (
        Column::Part,
        &[
            "rate",
            "instalment",
            "installment",
            "erä",
            "fakturanr",
            "fakturanummer",
            "laskunro",
            "laskunumero",
            "invoice",
            "invoicenumber",
            "sagsnr",
            "sagsnummer",
            "saksnr",
            "saksnummer",
            "ärendenr",
            "ärendenummer",
            "case",
            "casenumber",
        ],
    ),
    (Column::PayeeName, &["betalingsmodtager", "betalingsmottaker", "betalningsmottagare", "maksunsaaja", "payee"]),
    (Column::PayeeAccount, &[]),
    (Column::Text, &["tekst", "besked", "meddelelse", "melding", "meddelande", "viesti", "message"]),
    (
        Column::PayOn,
        &[
            "dispdato",
            "dato",
            "datum",
            "udbetalingsdato",
            "utbetalingsdato",
            "utbetalningsdatum",
            "utbetalningsdag",
            "maksupäivä",
            "maksupaiva",
            "paymentdate",
            "paydate",
        ],
    ),
    // No translation: a column “Land” is where somebody lives, which says nothing of whose number they have.
    (Column::Country, &[]),
    (Column::Change, &["ændring", "aendring", "endring", "ändring", "muutos"]),
    (Column::Priority, &["prioritet", "prioritering", "prio", "prioriteetti", "tärkeysjärjestys", "urgency"]),
    (
        Column::PaymentReference,
        &["kid", "kidnr", "kidnummer", "ocr", "ocrnr", "ocrnummer", "fik", "betalingsid", "viite", "viitenumero"],
    ),
    (Column::Status, &["tilstand"]),
    (Column::PaidOn, &["betalt", "betaltden", "udbetalt", "udbetaltden", "betalingsdato"]),
    (Column::Reference, &["ref", "betalingsreference"]),
];

/// Without regard to case, spaces, dots, hyphens and underscores, and with each letter in one piece (NFC).
pub(super) fn fold(heading: &str) -> String {
    heading
        .nfc()
        .filter(|c| !super::is_blank(*c) && !matches!(c, '.' | '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Headings of a workspace's own, from `[columns]`, and of one command, from `--map`; and what a list must have.
#[derive(Clone, Debug, Default)]
pub struct ColumnAliases {
    own: Vec<(String, Meant)>,
    purpose: Purpose,
}

/// What a heading of one's own stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meant {
    Column(Column),
    /// No column, whatever it looks like.
    Nothing,
}

/// What leaves a heading out that would be understood otherwise.
const IGNORE: &str = "ignore";

impl ColumnAliases {
    /// `pairs` are a heading and the name of the column it stands for, such as `("Modtagers navn", "name")`; `ignore` stands for none.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Fault> {
        Self::read(pairs, "settings.columns", "[columns]")
    }

    /// The same headings for lists that are only compared with, and need not have all that it takes to pay.
    pub fn for_comparing(&self) -> Self {
        Self { purpose: Purpose::Comparing, ..self.clone() }
    }

    /// The same headings for lists of changes, which need not say what of the ended.
    pub fn for_changing(&self) -> Self {
        Self { purpose: Purpose::Changing, ..self.clone() }
    }

    /// The same headings for lists that only name people.
    pub fn for_naming(&self) -> Self {
        Self { purpose: Purpose::Naming, ..self.clone() }
    }

    /// These, and before them those of one command: `Ydelse=scheme`.
    pub fn with_maps(&self, maps: &[String]) -> Result<Self, Fault> {
        let pairs: Result<Vec<_>, Fault> = maps.iter().map(|map| parted(map)).collect();
        let mut all = Self::read(pairs?, "arguments", "--map")?.own;
        let others = self.own.iter().filter(|(heading, _)| all.iter().all(|(known, _)| known != heading));
        let others: Vec<_> = others.cloned().collect();
        all.extend(others);
        Ok(Self { own: all, purpose: self.purpose })
    }

    fn read(pairs: impl IntoIterator<Item = (String, String)>, code: &'static str, place: &str) -> Result<Self, Fault> {
        let mut aliases: Vec<(String, Meant)> = Vec::new();
        for (heading, name) in pairs {
            let meant = meant_by(&name).ok_or_else(|| no_such_column(code, place, &heading, &name))?;
            let folded = fold(&heading);
            if folded.is_empty() {
                return Err(Fault::input(code, say!("{place} gives {name} a heading without letters.", place, name))
                    .remedy(say!("Write the heading as it stands in the list.")));
            }
            match aliases.iter().find(|(known, _)| *known == folded) {
                Some((_, other)) if *other != meant => return Err(two_columns(code, place, &heading, &name)),
                _ => aliases.push((folded, meant)),
            }
        }
        Ok(Self { own: aliases, purpose: Purpose::Paying })
    }

    /// The column that a heading names. `currency` tells in which unit an amount may be announced: `Beløb (kr.)`.
    pub(super) fn recognise(&self, heading: &str, currency: Currency) -> Option<Column> {
        let folded = fold(heading);
        if let Some((_, meant)) = self.own.iter().find(|(heading, _)| *heading == folded) {
            return match meant {
                Meant::Column(column) => Some(*column),
                Meant::Nothing => None,
            };
        }
        self.column(&folded).or_else(|| {
            let bare = without_unit(&folded, currency)?;
            self.column(bare).filter(|column| *column == Column::Amount)
        })
    }

    fn column(&self, folded: &str) -> Option<Column> {
        let own = self.own.iter().find(|(heading, _)| heading == folded).and_then(|(_, meant)| match meant {
            Meant::Column(column) => Some(*column),
            Meant::Nothing => None,
        });
        own.or_else(|| Column::ALL.into_iter().find(|column| fold(column.as_str()) == folded))
            .or_else(|| ALIASES.iter().find(|(_, headings)| headings.contains(&folded)).map(|(column, _)| *column))
    }
}

/// The maps whose heading stands in none of these heading rows, as they were written.
pub fn unused_maps<'m>(maps: &'m [String], lists: &[&ColumnMap]) -> Vec<&'m str> {
    let stands = |heading: &str| lists.iter().any(|list| list.headings().any(|known| fold(known) == fold(heading)));
    let unused = maps.iter().filter(|map| map.rsplit_once('=').is_some_and(|(heading, _)| !stands(heading)));
    unused.map(String::as_str).collect()
}

/// `Ydelse=scheme`. A heading may hold an equals sign, a column's name does not.
fn parted(map: &str) -> Result<(String, String), Fault> {
    let pair = map.rsplit_once('=').map(|(heading, column)| (heading.trim().to_owned(), column.trim().to_owned()));
    pair.ok_or_else(|| {
        Fault::input("arguments", say!("--map “{map}” has no equals sign.", map = typed(map)))
            .remedy(say!("Write the list's own heading and the column that it is: --map \"Ydelse=scheme\"."))
    })
}

fn meant_by(name: &str) -> Option<Meant> {
    let folded = fold(name);
    if folded == IGNORE {
        return Some(Meant::Nothing);
    }
    Column::ALL.into_iter().find(|column| fold(column.as_str()) == folded).map(Meant::Column)
}

fn no_such_column(code: &'static str, place: &str, heading: &str, name: &str) -> Fault {
    let names: Vec<&str> = Column::ALL.iter().map(|column| column.as_str()).collect();
    Fault::input(
        code,
        say!(
            "{place} gives “{heading}” to “{name}”, which is no column of a list.",
            place,
            heading = typed(heading),
            name = typed(name)
        ),
    )
    .remedy(say!("The columns are {names}; “{ignore}” leaves one out.", names = names.join(", "), ignore = IGNORE))
}

fn two_columns(code: &'static str, place: &str, heading: &str, name: &str) -> Fault {
    Fault::input(
        code,
        say!(
            "{place} gives “{heading}” to {name} and to another column as well.",
            place,
            heading = typed(heading),
            name = typed(name)
        ),
    )
    .remedy(say!("Leave it to one of them."))
}

/// `beløb(kr)`, `beløbikr`, `beløbdkk` without the unit.
fn without_unit(folded: &str, currency: Currency) -> Option<&str> {
    let unit = match currency {
        Currency::Eur => "€",
        Currency::Dkk | Currency::Nok | Currency::Sek => "kr",
    };
    let inner = folded.strip_suffix(')').unwrap_or(folded);
    let code = currency.code().to_lowercase();
    let bare = inner.strip_suffix(unit).or_else(|| inner.strip_suffix(code.as_str()))?;
    Some(bare.strip_suffix(['(', 'i']).unwrap_or(bare))
}

/// What the heading row makes of the cells below it; refuses one from which a list cannot be read.
pub(super) fn map(
    record: &Cells,
    row: u32,
    list: &str,
    aliases: &ColumnAliases,
    currency: Currency,
) -> Result<ColumnMap, Fault> {
    let ours = rows_file::begins(record);
    let mut columns = ColumnMap::new(ours);
    for (at, heading) in record.iter().map(super::trim).enumerate() {
        if heading.is_empty() || (ours && at < rows_file::HEADINGS.len()) {
            continue;
        }
        match aliases.recognise(heading, currency) {
            None => columns.ignore(heading, at),
            Some(column) => match columns.cell(column) {
                None => columns.assign(column, heading, at),
                Some(before) => return Err(heading_twice(record, row, list, column, before, at)),
            },
        }
    }
    let lacking = missing(&columns, aliases.purpose);
    if lacking.is_empty() { Ok(columns) } else { Err(heading_missing(record, &columns, &lacking, row, list)) }
}

/// How much of a heading row a row is: whether all that is needed is there, and how many different columns it names.
pub(super) fn likeness(record: &Cells, aliases: &ColumnAliases, currency: Currency) -> (bool, usize) {
    let mut columns = ColumnMap::new(false);
    for (at, heading) in record.iter().map(super::trim).enumerate().filter(|(_, heading)| !heading.is_empty()) {
        if let Some(column) = aliases.recognise(heading, currency) {
            columns.assign(column, heading, at);
        }
    }
    (missing(&columns, aliases.purpose).is_empty(), columns.iter().count())
}

fn heading_twice(record: &Cells, row: u32, list: &str, column: Column, before: usize, at: usize) -> Fault {
    let heading = |at: usize| excerpt(record.get(at).unwrap_or_default());
    let what = say!(
        "the headings “{first}” (column {at_first}) and “{second}” (column {at_second}) both stand for {column}.",
        first = heading(before),
        at_first = letters(before),
        second = heading(at),
        at_second = letters(at),
        column = column.as_str()
    );
    let remedy = say!(
        "Rename the one that is not meant, or leave it out with --map \"{heading}={ignore}\".",
        heading = heading(at),
        ignore = IGNORE
    );
    refusal("list.heading_twice", list, row, what).remedy(remedy)
}

/// The needed columns that a list lacks. A person or an organisation will do.
fn missing(columns: &ColumnMap, purpose: Purpose) -> Vec<Column> {
    let somebody = columns.has(Column::PersonId) || columns.has(Column::OrganisationId);
    let needed = [
        (Column::PersonId, somebody),
        (Column::Name, columns.has(Column::Name) || purpose != Purpose::Paying),
        (Column::Amount, columns.has(Column::Amount) || matches!(purpose, Purpose::Changing | Purpose::Naming)),
        (Column::Change, columns.has(Column::Change) || purpose != Purpose::Changing),
    ];
    needed.into_iter().filter(|(_, there)| !there).map(|(column, _)| column).collect()
}

fn heading_missing(record: &Cells, columns: &ColumnMap, missing: &[Column], row: u32, list: &str) -> Fault {
    if columns.iter().next().is_none()
        && let Some(headings) = first_row::guessed_headings(record)
    {
        let what = say!("there are no headings: the first row looks like a payment.");
        return refusal("list.heading_missing", list, row, what).remedy(say!(
            "Put a row above it that says what each column is. By its contents it would be: {headings}",
            headings
        ));
    }
    let lacking: Vec<String> = missing.iter().map(|column| also_written(*column).to_string()).collect();
    let found: Vec<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
    let found = if found.is_empty() { say!("none that is known").to_string() } else { found.join(", ") };
    let lacking = lacking.join(&format!(", {} ", phrase!("nor for")));
    // A list without headings begins with a person: whatever holds digits may be somebody's number.
    let unknown: Vec<String> = columns
        .ignored_headings()
        .iter()
        .filter(|heading| !heading.contains(|c: char| c.is_numeric()))
        .take(8)
        .map(|heading| format!("“{}”", excerpt(heading)))
        .collect();
    let what = if unknown.is_empty() {
        say!("there is no heading for {lacking}. Found: {found}.", lacking, found)
    } else {
        let unknown = unknown.join(", ");
        say!("there is no heading for {lacking}. Found: {found}; not understood: {unknown}.", lacking, found, unknown)
    };
    let maps: Vec<String> = missing.iter().map(|column| format!("--map \"…={}\"", column.as_str())).collect();
    refusal("list.heading_missing", list, row, what).remedy(say!(
        "Say which of the list's own headings is meant, with {maps} (or for good, under [columns] in stopgap.toml), \
         or correct the headings.",
        maps = maps.join(" ")
    ))
}

fn also_written(column: Column) -> Message {
    let aliases = ALIASES.iter().find(|(known, _)| *known == column).map_or(&[][..], |(_, headings)| headings);
    say!("{column} (also {aliases})", column = column.as_str(), aliases = aliases.join(", "))
}

/// Enough of a cell to know it by.
fn excerpt(cell: &str) -> String {
    const CHARACTERS: usize = 40;
    let cell = super::trim(cell);
    let shown: String = cell.chars().take(CHARACTERS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cell.chars().count() > CHARACTERS { shown + "…" } else { shown }
}

/// A column as a spreadsheet letters it, from 0: A, B … Z, AA.
pub(super) fn letters(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (at % 26) as u8));
        match (at / 26).checked_sub(1) {
            Some(rest) => at = rest,
            None => return letters.iter().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(headings: &[&str]) -> Result<ColumnMap, Fault> {
        let record = Cells::from_iter(headings.iter().copied());
        map(&record, 1, "a.csv", &ColumnAliases::default(), Currency::Dkk)
    }

    fn refused(headings: &[&str]) -> (&'static str, String) {
        let fault = mapped(headings).expect_err("headings that are refused");
        (fault.code, fault.to_string())
    }

    #[test]
    fn every_heading_of_the_contract_is_known_however_it_is_written() {
        let table = [
            (Column::PersonId, "person_id Person-ID cpr CPR CPR-nr. cpr.nr cprnummer Personnummer fodselsnummer"),
            (Column::PersonId, "fødselsnummer FØDSELSNUMMER foedselsnummer hetu id ID"),
            (Column::OrganisationId, "cvr CVR-nr. orgnr Org.nr. organisationsnummer"),
            (Column::Name, "name navn NAVN namn Modtager recipient"),
            (Column::Account, "account konto kontonr Konto-nr. kontonummer IBAN"),
            (Column::RegNo, "reg_no regnr Reg.nr. Registreringsnummer clearing"),
            (Column::Amount, "amount Beløb BELØB belob beloeb belopp Udbetaling"),
            (Column::Amount, "Beløb(kr.) Beløb_i_kr. Beløb-DKK"),
            (Column::Currency, "currency Valuta"),
            (Column::Scheme, "scheme ydelse ydelsestype benefit formån forma\u{30A}n forman"),
            (Column::Period, "period Periode"),
            (Column::Part, "part rate instalment fakturanr Faktura-nr. invoice sagsnr case"),
            (Column::PayeeName, "payee_name PayeeName"),
            (Column::PayeeAccount, "payee_account"),
            (Column::Text, "text tekst besked message"),
            (Column::PayOn, "pay_on disp.dato dato"),
        ];
        let none = ColumnAliases::default();
        for (column, headings) in table {
            for heading in headings.split(' ') {
                assert_eq!(none.recognise(heading, Currency::Dkk), Some(column), "{heading}");
            }
        }
        assert_eq!(none.recognise("Konto nr.", Currency::Dkk), Some(Column::Account));
        for heading in ["", "kr", "navnkr", "adresse", "cpr2", "Beløb (EUR)", "total"] {
            assert_eq!(none.recognise(heading, Currency::Dkk), None, "{heading}");
        }
        assert_eq!(none.recognise("Beløb (kr.)", Currency::Eur), None, "kroner are not euros");
    }

    #[test]
    fn a_workspace_adds_headings_and_wins_over_ours() {
        let pairs = |pairs: &[(&str, &str)]| {
            ColumnAliases::new(pairs.iter().map(|(heading, name)| (heading.to_string(), name.to_string())))
        };
        let aliases = pairs(&[("Borgerens Nr.", "person_id"), ("tekst", "part")]).expect("good aliases");
        assert_eq!(aliases.recognise("BORGERENS-NR", Currency::Dkk), Some(Column::PersonId));
        assert_eq!(aliases.recognise("Tekst", Currency::Dkk), Some(Column::Part));
        for wrong in [&[("x", "sum")][..], &[("..", "name")], &[("x", "name"), ("X.", "amount")]] {
            assert_eq!(pairs(wrong).map(|_| ()).expect_err("refused").code, "settings.columns");
        }
    }

    #[test]
    fn headings_become_columns() {
        let columns = mapped(&["CPR", "Navn", "Adresse", "", " Beløb ", "", ""]).expect("a good heading row");
        assert_eq!(columns.cell(Column::Amount), Some(4));
        assert!(!columns.has(Column::Account));
        assert_eq!(columns.ignored_headings(), ["Adresse"]);
        assert_eq!(columns.width(), 5);
        assert!(mapped(&["orgnr", "navn", "beløb"]).is_ok(), "an organisation will do");
        assert!(mapped(&["cvr", "cpr", "navn", "beløb"]).is_ok(), "so will both");
    }

    #[test]
    fn two_headings_for_one_column_are_refused_by_name_and_place() {
        let (code, message) = refused(&["cpr", "navn", "konto", "beløb", "IBAN"]);
        assert_eq!(code, "list.heading_twice");
        assert!(message.contains("row 1: the headings “konto” (column C) and “IBAN” (column E)"), "{message}");
        assert_eq!(refused(&["cpr", "navn", "beløb", "Beløb"]).0, "list.heading_twice");
    }

    #[test]
    fn a_missing_heading_is_named_with_what_may_stand_there() {
        let (code, message) = refused(&["cpr", "modtagerens navn", "konto"]);
        assert_eq!(code, "list.heading_missing");
        for part in ["name (also navn, namn", "amount (also beløb", "Found: person_id, account", "“modtagerens navn”"]
        {
            assert!(message.contains(part), "{part} in {message}");
        }
    }

    #[test]
    fn a_list_without_headings_shows_nobodys_number() {
        let (code, message) = refused(&["0101901234", "Aka Made-Up", "6471-1000206", "500,00"]);
        assert_eq!(code, "list.heading_missing");
        assert!(!message.contains("0101"), "{message}");
    }

    #[test]
    fn columns_are_lettered_as_in_a_spreadsheet() {
        for (at, expected) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(at), expected);
        }
    }
}
