//! Cells that a spreadsheet could not work out: `#REF!`, `#N/A`, in Danish `#VÆRDI!`, in LibreOffice `Err:502`. The text is all that is
//! left of them once a sheet has been saved as CSV, so it is by their text that they are known.

/// What stands for a formula whose value was not saved with it.
pub(crate) const NO_VALUE: &str = "#NOVALUE!";

/// Whether the cell holds an error and not a value.
pub(crate) fn is_broken(cell: &str) -> bool {
    if let Some(number) = cell.strip_prefix("Err:") {
        return number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit());
    }
    let Some(word) = cell.strip_prefix('#') else { return false };
    let shouted = |c: char| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '/' | '_');
    match word.strip_suffix(['!', '?']) {
        Some(word) => !word.is_empty() && word.chars().count() <= 20 && word.chars().all(shouted),
        // The abbreviations for “not available”, and what a spreadsheet says while it waits for data.
        None => matches!(word, "N/A" | "I/T" | "GETTING_DATA"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient_list::instruction::RARE;

    #[test]
    fn every_error_has_one_of_its_marks() {
        for error in ["#REF!", "#I/T", "Err:502", NO_VALUE] {
            assert!(is_broken(error) && error.bytes().any(|byte| RARE.contains(&byte)), "{error}");
        }
    }

    #[test]
    fn errors_are_known_in_every_language_of_the_office() {
        let errors =
            "#REF! #N/A #I/T #VALUE! #VÆRDI! #DIV/0! #DIVISION/0! #NAME? #NAVN? #NUM! #SPILL! #GETTING_DATA Err:502";
        for error in errors.split(' ').chain([NO_VALUE]) {
            assert!(is_broken(error), "{error}");
        }
        for text in
            ["", "#", "#1", "# 12", "#ref!", "Nr. #12!", "#!", "Err:", "Err:5024", "Error", "12", "#HELLO WORLD!"]
        {
            assert!(!is_broken(text), "{text}");
        }
    }
}
