//! Whether a number format shows a number as a date. A cell does not say so itself: 1 April 2022 is the number 44652 in a format.

/// What a number format makes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Shows {
    #[default]
    Number,
    /// A date with its day.
    Day,
    /// A date without its day: `mmm-yy`.
    Month,
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
    let (mut day, mut year) = (false, false);
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
            _ => {}
        }
    }
    match (day, year) {
        (true, _) => Shows::Day,
        (false, true) => Shows::Month,
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
            ("hh:mm", Shows::Number),
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
