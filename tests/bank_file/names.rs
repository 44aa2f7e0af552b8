//! Ten thousand names, made up, through every door: each arrives as it was written, or changed with both forms told, or is refused. None is
//! dropped or cut in silence.

use chrono::NaiveDate;
use stopgap::bank::calendar::BankCalendar;
use stopgap::bank::door::{Door, all_built_in};
use stopgap::checks::{self, Code, Terms};
use stopgap::payment::{Amount, Country, Currency};
use stopgap::recipient_list::{AmountStyle, Column, Instruction};
use unicode_normalization::UnicodeNormalization;

use crate::made_up::scattered;

const NAMES: u64 = 10_000;

/// Nordic, Greenlandic in the old spelling, Faroese, Sámi, Polish, Turkish, Vietnamese, Arabic as it is transliterated and as it is written,
/// and what phones put into names.
const WORDS: &[&str] = &[
    "Ane",
    "Møller",
    "Åse",
    "Ærø",
    "Sørensen",
    "Björk",
    "Ström",
    "Öberg",
    "ĸaĸortoĸ",
    "ĸujagi",
    "Aviâja",
    "Inûk",
    "Pipaluk",
    "Qaavi",
    "Jóannes",
    "Guðrun",
    "Þórir",
    "á Heygum",
    "Máret",
    "Ŋuŋŋá",
    "Čearru",
    "Łukasz",
    "Wałęsa",
    "Święcicka",
    "Żółć",
    "Gökçe",
    "Şahin",
    "İbrahim",
    "Nguyễn",
    "Đặng",
    "ʿAbd al-Raḥmān",
    "Ḥusayn",
    "Muḥammad",
    "Šarīf",
    "O’Brien",
    "d'Angelo",
    "Jean–Luc",
    "Müller-Lüdenscheidt",
    "A\u{30A}ge",
    "Bjo\u{308}rk",
    "Ǿrum",
    "ßtein",
    "🎉",
    "Ane❤️",
    "👩‍👧‍👦",
    "⭐Maria⭐",
    "محمد",
    "李",
    "Иван",
    "Ελένη",
    "\u{200B}",
    "x\u{301}",
    "(Guardian)",
    "& Søn",
    "A/S",
    "\u{202E}kcab",
    "№",
    "…",
    "Æ.",
    "1.",
    "–",
];

fn name(number: u64) -> String {
    let mut random = scattered(number);
    let mut take = |of: usize| {
        random = scattered(random ^ number);
        random as usize % of
    };
    let words = match take(8) {
        0 => 1,
        1..=5 => 2 + take(2),
        6 => 4 + take(5),
        _ => 12 + take(20),
    };
    (0..words).map(|_| WORDS[take(WORDS.len())]).collect::<Vec<_>>().join([" ", " ", " ", "  ", "-"][take(5)])
}

/// Of the words above: marks that show nothing, or turn the writing around.
const INVISIBLE: [char; 4] = ['\u{200B}', '\u{200D}', '\u{202E}', '\u{FE0F}'];

/// As written but for white space, the composition of its letters, and what nobody sees: in these nothing is lost.
fn plain(text: &str) -> String {
    let seen = text.nfc().filter(|c| !INVISIBLE.contains(c)).collect::<String>();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn terms(door: &Door) -> Terms<'_> {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    Terms {
        country: Country::Gl,
        currency: Currency::Dkk,
        scheme: None,
        period: None,
        pay_on: day("2026-12-01"),
        today: day("2026-11-20"),
        payment_limit: Amount::from_minor_units(10_000_000, Currency::Dkk),
        door,
        amount_style: AmountStyle::Unsettled,
        calendar: BankCalendar::of(Country::Gl),
    }
}

#[test]
fn no_name_is_dropped_or_cut_in_silence_at_any_door() {
    for door in all_built_in() {
        let account = if door.domestic_accounts { "6471-0001234567" } else { "DK5000400440116243" };
        let (mut kept, mut changed, mut refused) = (0, 0, 0);
        for number in 0..NAMES {
            let written = name(number);
            let row = Instruction::for_test(&[
                (Column::PersonId, "211062-5629"),
                (Column::Name, &written),
                (Column::Account, account),
                (Column::Amount, "5.234,50"),
                (Column::Scheme, "Alderspension"),
                (Column::Period, "2026-11"),
            ]);
            let checked = checks::check(0, &row, &terms(door));
            let of_name = |code: Code| checked.problems.iter().find(|problem| problem.code == code);
            let told = [Code::NameShortened, Code::TextReplaced].into_iter().find_map(of_name);
            let place = format!("{} name {number} {written:?}: {:?}", door.profile.name, checked.problems);
            match (&checked.payment, told) {
                (None, _) => {
                    assert!(of_name(Code::NameUnrepresentable).or(of_name(Code::NameMissing)).is_some(), "{place}");
                    refused += 1;
                }
                (Some(payment), None) => {
                    assert_eq!(payment.name, plain(&written), "{place}");
                    kept += 1;
                }
                (Some(payment), Some(problem)) => {
                    assert!(problem.message.to_string().contains(payment.name.as_str()), "{place}");
                    assert_ne!(payment.name, written, "{place}");
                    changed += 1;
                }
            }
            if let Some(payment) = &checked.payment {
                assert!(payment.name.chars().any(char::is_alphanumeric), "{place}");
                assert!(payment.name.chars().count() <= door.name_length, "{place}");
                assert!(payment.name.chars().all(|c| door.characters.has(c)), "{place}");
            }
        }
        // The corpus has all three, so that none of the arms above can be dead.
        assert!(kept > 100 && changed > 1000 && refused > 10, "{}: {kept} {changed} {refused}", door.profile.name);
    }
}
