//! How a value stands in a message: as written, but harmless. A cell may hold a person number in the wrong column, ten thousand
//! characters, or marks that rearrange a terminal.

use crate::bank::text::is_invisible;
use crate::payment::mask;

/// The most characters of a cell that a message repeats.
const SHOWN: usize = 200;

/// The value in quotation marks: cut, with control and invisible characters as `U+XXXX`, and with anything that may be a person number
/// masked.
pub(crate) fn quoted(written: &str) -> String {
    format!("\"{}\"", visible(&mask_person_numbers(&cut(written))))
}

/// What somebody typed where something else belongs: on one line, and with anything that may be a person number masked.
pub(crate) fn typed(written: &str) -> String {
    mask_person_numbers(&cut(written)).escape_debug().to_string()
}

/// A cell that should hold a person number: its first four characters and dots, in quotation marks.
pub(super) fn quoted_id(written: &str) -> String {
    let shown: String = cut(written);
    format!("\"{}\"", visible(&mask(&shown)))
}

/// A cell that should hold an account: its first four characters, and the last three where it is long enough for these to tell little.
pub(super) fn quoted_account(written: &str) -> String {
    let shown: Vec<char> = cut(written).chars().collect();
    let digits = shown.iter().filter(|c| c.is_ascii_digit()).count();
    let may_be_a_person = (10..=12).contains(&digits) && written.chars().all(|c| c.is_ascii_digit() || c == '-');
    let tail = if may_be_a_person || shown.len() < 11 { 0 } else { 3 };
    let masked = shown.iter().enumerate().map(|(at, c)| if at < 4 || at + tail >= shown.len() { *c } else { '•' });
    format!("\"{}\"", visible(&masked.collect::<String>()))
}

fn cut(written: &str) -> String {
    match written.char_indices().nth(SHOWN) {
        Some((end, _)) => written.get(..end).unwrap_or_default().to_owned() + "…",
        None => written.to_owned(),
    }
}

/// Control, invisible and direction marks as `U+XXXX`, so that a text can neither hide anything nor move what stands around it.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}') => {
                shown.push_str(&format!("U+{:04X}", u32::from(c)));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Hides all but the first four of ten to twelve digits that follow each other, single hyphens, spaces and dots between them aside, and of a
/// Finnish number, which has nine and a check character. A date with a time, `2026-12-01 00:00:00`, is no such number.
pub(crate) fn mask_person_numbers(text: &str) -> String {
    let mut masked: Vec<char> = text.chars().collect();
    let mut digits: Vec<usize> = Vec::new();
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for (at, c) in masked.iter().enumerate() {
        let joins = matches!(c, '-' | ' ' | '.' | '–' | '+') && digits.last() == Some(&at.wrapping_sub(1));
        if c.is_numeric() {
            digits.push(at);
        } else if !joins {
            runs.push(std::mem::take(&mut digits));
        }
    }
    runs.push(digits);
    runs.retain(|run| (10..=12).contains(&run.len()) && !is_date_with_time(run, &masked));
    let finnish: Vec<usize> = (0..masked.len()).filter(|at| begins_finnish_number(&masked, *at)).collect();
    let of_finnish = finnish.iter().flat_map(|at| [4, 5, 7, 8, 9, 10].map(|behind| at + behind));
    for at in runs.iter().flat_map(|run| run.iter().skip(4)).copied().chain(of_finnish) {
        if let Some(digit) = masked.get_mut(at) {
            *digit = '•';
        }
    }
    masked.into_iter().collect()
}

/// Whether a henkilötunnus may stand there: the birthday, a mark for the century, three digits and a check character, `131052-308T`.
fn begins_finnish_number(text: &[char], at: usize) -> bool {
    let Some([day @ .., century, one, two, three, check]) = text.get(at..at + 11) else { return false };
    let digits = day.iter().chain([one, two, three]);
    digits.into_iter().all(char::is_ascii_digit)
        && matches!(century.to_ascii_uppercase(), '+' | '-' | '–' | 'A'..='F' | 'U'..='Y')
        && check.is_ascii_alphanumeric()
}

/// Whether these are the digits of a date and of the hour behind it.
fn is_date_with_time(digits: &[usize], text: &[char]) -> bool {
    const SHAPE: &str = "dddd-dd-dd dd:";
    let Some(written) = digits.first().and_then(|first| text.get(*first..*first + SHAPE.len())) else { return false };
    let fits = |(c, shape): (&char, char)| if shape == 'd' { c.is_ascii_digit() } else { *c == shape };
    let number = |at: usize| written[at..at + 2].iter().collect::<String>().parse::<u32>().unwrap_or(u32::MAX);
    digits.len() == 10
        && written.iter().zip(SHAPE.chars()).all(fits)
        && (1..=12).contains(&number(5))
        && (1..=31).contains(&number(8))
        && number(11) < 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_cut_visible_and_without_person_numbers() {
        let table = [
            ("Ane Berg", "\"Ane Berg\""),
            ("An\u{200b}ne\u{202e}\u{7}", "\"AnU+200BneU+202EU+0007\""),
            ("Malik 010190-1234", "\"Malik 0101••-••••\""),
            ("0101901234", "\"0101••••••\""),
            ("01.01.90 1234 og 12", "\"01.01.•• •••• og 12\""),
            ("1.234.567,89", "\"1.234.567,89\""),
            ("2022-04-01", "\"2022-04-01\""),
            ("1234567890123", "\"1234567890123\""),
            ("010190a1234", "\"0101••a••••\""),
            ("010190g1234", "\"010190g1234\""),
            ("Väinö 131052-308T, 131052A308T", "\"Väinö 1310••-••••, 1310••A••••\""),
            ("13105-308T", "\"13105-308T\""),
            ("2026-12-01 00:00:00", "\"2026-12-01 00:00:00\""),
            ("2026-12-01 00", "\"2026-••-•• ••\""),
            ("2026-12-01 24:00", "\"2026-••-•• ••:00\""),
            ("2026-00-01 00:00", "\"2026-••-•• ••:00\""),
            ("2026-12-32 00:00", "\"2026-••-•• ••:00\""),
            ("2026-13-01 00:00", "\"2026-••-•• ••:00\""),
            ("0101-90-12 34:", "\"0101-••-•• ••:\""),
            ("2026-12-01 00:00 0101901234", "\"2026-12-01 00:00 01••••••••\""),
            ("010190--1234", "\"010190--1234\""),
        ];
        for (written, shown) in table {
            assert_eq!(quoted(written), shown);
        }
        assert_eq!(quoted(&"æ".repeat(10_000)).chars().count(), 200 + 3);
    }

    #[test]
    fn identities_and_accounts_are_masked() {
        assert_eq!(quoted_id("010190-1234"), "\"0101•••••••\"");
        assert_eq!(quoted_account("6471-0001234567"), "\"6471••••••••567\"");
        assert_eq!(quoted_account("0101901234"), "\"0101••••••\"");
        assert_eq!(quoted_account("010190-1234"), "\"0101•••••••\"");
        assert_eq!(quoted_account("6471.000123"), "\"6471••••123\"");
        assert_eq!(quoted_account("6471.00012"), "\"6471••••••\"");
        assert_eq!(quoted_account("64710001"), "\"6471••••\"");
        assert_eq!(quoted_account("é\u{7}"), "\"éU+0007\"");
    }
}
