//! Texts of a baseline that speak of days: `Husleje november 2026` is wrong in December, whoever reads it.

/// As words begin with that name a month in one of the languages that lists are written in.
const MONTHS: &[&str] = &[
    "januar",
    "januaari",
    "february",
    "februar",
    "februaari",
    "marts",
    "marsi",
    "march",
    "april",
    "apriili",
    "maaji",
    "juni",
    "juuni",
    "june",
    "juli",
    "juuli",
    "july",
    "august",
    "aggust",
    "septem",
    "oktob",
    "octob",
    "novem",
    "decem",
    "desem",
    "tammikuu",
    "helmikuu",
    "maaliskuu",
    "huhtikuu",
    "toukokuu",
    "kesäkuu",
    "heinäkuu",
    "elokuu",
    "syyskuu",
    "lokakuu",
    "marraskuu",
    "joulukuu",
];

/// Whole words: what is longer is something else, as a name.
const WHOLE: [&str; 12] =
    ["maj", "mai", "may", "mars", "uge", "vecka", "uke", "week", "viikko", "kvartal", "kvartalet", "quarter"];

/// Whether it names a month, a week, a quarter or a year.
pub(super) fn names_days(text: &str) -> bool {
    let folded = text.to_lowercase();
    let mut words = folded.split(|c: char| !c.is_alphanumeric());
    words.any(|word| {
        let is_year = word.len() == 4 && word.parse::<u32>().is_ok_and(|year| (1990..2200).contains(&year));
        is_year || WHOLE.contains(&word) || MONTHS.iter().any(|month| word.starts_with(month))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_weeks_and_years_are_named_and_numbers_of_cases_are_not() {
        for text in
            ["Husleje november 2026", "NOVEMBER", "uge 48", "rate 2026", "for novembermåned", "husleje maj", "2026-11"]
        {
            assert!(names_days(text), "{text}");
        }
        for text in ["", "Husleje, lejemål 12", "Sag 12/4567", "20261101123", "Maja Olsen", "lejer 4711"] {
            assert!(!names_days(text), "{text}");
        }
    }
}
