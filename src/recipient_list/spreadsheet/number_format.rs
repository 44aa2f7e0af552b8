//! Whether a number format shows a number as a date. A cell does not say so itself: 1 April 2022 is the number 44652 in a format.

/// What a number format makes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Shows {
    #[default]
    Number,
    /// A date with its day.
    Day,
    /// A date without its day: `mmm-yy`, `mmmm`.
    Month,
    /// A date's year alone.
    Year,
    /// A whole number with zeros before it: `000`.
    Padded(u8),
}

impl Shows {
    /// The formats that every spreadsheet knows by number (ECMA-376, part 1, 18.8.30), those of East Asia included.
    pub(super) fn of_built_in(id: u32) -> Self {
        match id {
            17 => Shows::Month,
            14..=16 | 22 | 27..=31 | 36 | 50..=54 | 57..=58 => Shows::Day,
            _ => Shows::Number,
        }
    }
}

/// What a format written out shows: days and years make a date, hours and minutes alone do not.
pub(super) fn shows(format: &str) -> Shows {
    if (2..=20).contains(&format.len()) && format.bytes().all(|byte| byte == b'0') {
        return Shows::Padded(format.len() as u8);
    }
    let (mut day, mut year) = (false, false);
    // Months in figures are as written as minutes are.
    let (mut month, mut written_out) = (false, false);
    let (mut before, mut length) = (' ', 0);
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        match character {
            // Only the first section is for numbers above zero.
            ';' => break,
            '"' => skip_to(&mut characters, '"'),
            '[' => skip_to(&mut characters, ']'),
            '\\' | '_' | '*' => {
                characters.next();
            }
            'd' | 'D' => day = true,
            'y' | 'Y' => year = true,
            'm' | 'M' => {
                length = if before.eq_ignore_ascii_case(&'m') { length + 1 } else { 1 };
                (month, written_out) = (true, written_out || length >= 3);
            }
            _ => {}
        }
        before = character;
    }
    match (day, year) {
        (true, _) => Shows::Day,
        (false, true) if month => Shows::Month,
        (false, true) => Shows::Year,
        (false, false) if written_out => Shows::Month,
        (false, false) => Shows::Number,
    }
}

fn skip_to(characters: &mut std::str::Chars<'_>, end: char) {
    characters.by_ref().find(|character| *character == end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_tell_dates_from_numbers() {
        let table = [
            ("dd-mm-yyyy", Shows::Day),
            ("[$-406]d. mmmm yyyy;@", Shows::Day),
            ("yyyy-mm", Shows::Month),
            ("mmm\\-yy", Shows::Month),
            ("mmmm", Shows::Month),
            ("[$-406]mmmm;@", Shows::Month),
            ("yyyy", Shows::Year),
            ("000", Shows::Padded(3)),
            ("0", Shows::Number),
            ("hh:mm", Shows::Number),
            ("mm:ss", Shows::Number),
            ("[h]:mm:ss", Shows::Number),
            ("General", Shows::Number),
            ("#,##0.00\\ \"dkk. yd\"", Shows::Number),
            ("#,##0.00\\ [$DKK-406]", Shows::Number),
            ("000000\\-0000", Shows::Number),
            ("0.00_d;[Red]-0.00", Shows::Number),
            ("0;dd", Shows::Number),
            ("\"unclosed d", Shows::Number),
        ];
        for (format, expected) in table {
            assert_eq!(shows(format), expected, "{format}");
        }
        for (id, expected) in
            [(0, Shows::Number), (14, Shows::Day), (17, Shows::Month), (20, Shows::Number), (49, Shows::Number)]
        {
            assert_eq!(Shows::of_built_in(id), expected, "{id}");
        }
    }
}
