//! Letters that were broken before the list came here: text saved once in a wrong encoding. Nobody's name may reach a bank like that, and
//! a list that has lost letters may have lost more.

use encoding_rs::WINDOWS_1252;
use memchr::memchr2_iter;

use crate::say;
use crate::words::Message;

/// Where something stands that [`find`] may find; `None` only where it finds nothing.
pub(super) fn next_doubt(text: &[u8], from_windows_1252: bool) -> Option<usize> {
    if from_windows_1252 {
        return text.iter().position(|byte| !byte.is_ascii());
    }
    // The bytes of U+FFFD begin with EF, those of Ã, Â, Ä, â and ï with C3, as those of æ, ø and å do.
    memchr2_iter(0xC3, 0xEF, text).find(|at| match text.get(*at..at + 2) {
        Some([0xC3, second]) => matches!(second, 0x82..=0x84 | 0xA2 | 0xAF),
        _ => true,
    })
}

/// What is broken in a cell, for a message; `None` where nothing is.
///
/// `from_windows_1252` says that the list itself gave no sign of its encoding, so that older code pages may have been taken for it.
pub(super) fn find(cell: &str, from_windows_1252: bool) -> Option<Message> {
    next_doubt(cell.as_bytes(), from_windows_1252)?;
    let mut before = ' ';
    let mut characters = cell.chars().peekable();
    while let Some(character) = characters.next() {
        let after = characters.peek().copied().unwrap_or(' ');
        let broken = match character {
            '\u{FFFD}' => Some(say!("“{mark}”, which stands for a letter that is lost", mark = "\u{FFFD}")),
            'Ã' | 'Â' | 'Ä' | 'â' | 'ï' => twice_encoded(character, after),
            '†' | '›' | '¿' | '¾' if from_windows_1252 && before.is_alphabetic() && after.is_alphabetic() => {
                Some(say!("“{character}” inside a word", character = character.to_string()))
            }
            '\u{80}'..='\u{9F}' if from_windows_1252 => Some(say!("characters that no letter stands for")),
            _ => None,
        };
        if broken.is_some() {
            return broken;
        }
        before = character;
    }
    None
}

/// UTF-8 that was read as Windows-1252 and saved again: two or three characters where one was.
fn twice_encoded(first: char, second: char) -> Option<Message> {
    let suspicious = match first {
        // À to ÿ. A no-break space may lawfully follow a capital.
        'Ã' => second != '\u{A0}',
        // The signs § ° ´ and their like.
        'Â' => !second.is_alphabetic() && second != '\u{A0}',
        // The Greenlandic ĸ.
        'Ä' => second == '¸',
        // Quotation marks and dashes.
        'â' => second == '€',
        // The byte order mark.
        _ => second == '»',
    };
    let meant = suspicious.then(|| once_encoded(first, second)).flatten()?;
    let stands = format!("{first}{second}");
    Some(match meant {
        Some(letter) => say!("“{stands}” where “{letter}” is meant", stands, letter = letter.to_string()),
        None => say!("“{stands}” where one character is meant", stands),
    })
}

/// The character whose UTF-8 begins with the bytes of these two: `Some(None)` where it needs a third, `None` where there is none.
fn once_encoded(first: char, second: char) -> Option<Option<char>> {
    let bytes = [windows_1252_byte(first)?, windows_1252_byte(second)?];
    match str::from_utf8(&bytes) {
        Ok(text) => Some(text.chars().next()),
        Err(error) => error.error_len().is_none().then_some(None),
    }
}

fn windows_1252_byte(character: char) -> Option<u8> {
    let mut text = [0; 4];
    let (bytes, _, lost) = WINDOWS_1252.encode(character.encode_utf8(&mut text));
    if lost { None } else { bytes.first().copied() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_letters_are_told_from_rare_ones() {
        let broken = [
            ("SÃ¸ren", "“Ã¸” where “ø” is meant"),
            ("Ã¦blegrÃ¸d", "“Ã¦” where “æ” is meant"),
            ("PÃ¥l", "“Ã¥” where “å” is meant"),
            ("Ã˜rsted", "“Ã˜” where “Ø” is meant"),
            ("Ã…se", "“Ã…” where “Å” is meant"),
            ("Ã†gir", "“Ã†” where “Æ” is meant"),
            ("JÃ¼rgen", "“Ã¼” where “ü” is meant"),
            ("Ãœnal", "“Ãœ” where “Ü” is meant"),
            ("Â§ 38", "“Â§” where “§” is meant"),
            ("QaÄ¸ortoq", "“Ä¸” where “ĸ” is meant"),
            ("â€“ marts", "“â€” where one character is meant"),
            ("ï»¿cpr", "“ï»” where one character is meant"),
            ("S\u{FFFD}ren", "“\u{FFFD}”, which stands for a letter that is lost"),
        ];
        for (cell, what) in broken {
            assert_eq!(find(cell, false).map(|what| what.to_string()).as_deref(), Some(what), "{cell}");
            assert!([false, true].iter().all(|windows| next_doubt(cell.as_bytes(), *windows).is_some()), "{cell}");
        }
        for cell in
            ["Søren Ærø Åse", "JOÃO", "GUSMÃ", "Ã\u{A0}B", "ÂNGELA", "Äiti", "château", "naïve", "¿Qué?", "½", "Ĳ"]
        {
            assert_eq!(find(cell, false), None, "{cell}");
            assert_eq!(find(cell, true), None, "{cell}");
        }
    }

    #[test]
    fn nordic_letters_need_no_second_look() {
        assert_eq!(next_doubt("Søren Ærø Åse ĸ – § €".as_bytes(), false), None);
        assert_eq!(next_doubt(b"Ane", true), None);
    }

    #[test]
    fn older_code_pages_taken_for_windows_1252_are_noticed() {
        for bytes in [&b"S\x9Bren"[..], b"P\x86l", b"\x9Drsted", b"\x8Fse", b"S\xBFren", b"L\xBErke"] {
            let (cell, _, _) = WINDOWS_1252.decode(bytes);
            assert!(find(&cell, true).is_some(), "{cell}");
        }
    }
}
