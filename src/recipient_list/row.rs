//! One row of cells as text, whatever kind of file it was read from.

use std::ops::Range;

use csv::ByteRecord;

/// Refilled for each row, so that reading a million of them allocates for none.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) cells: Cells,
    /// A spreadsheet hides it.
    pub(super) hidden: bool,
    /// A spreadsheet holds the amount as a number: how the column writes its separators cannot be learned from it.
    pub(super) amount_is_number: bool,
    /// That number to the digits that a spreadsheet shows; empty without one.
    pub(super) amount_as_shown: String,
}

impl Row {
    pub(super) fn clear(&mut self) {
        self.cells.clear();
        self.hidden = false;
        self.amount_is_number = false;
        self.amount_as_shown.clear();
    }
}

/// The cells of a row: one text, and where each of them lies in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    text: String,
    places: Vec<(usize, usize)>,
}

impl Cells {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.places.clear();
    }

    pub(super) fn push(&mut self, cell: &str) {
        let start = self.text.len();
        self.text.push_str(cell);
        self.places.push((start, self.text.len()));
    }

    /// Becomes the cells of a line, as the csv crate has parted them. Where no quotation mark was taken off they lie in the line, one byte
    /// apart, and the line is known to be text. `None` where they are no text.
    pub(super) fn take(&mut self, line: &str, parted: &ByteRecord) -> Option<()> {
        self.clear();
        let delimiters = parted.len().saturating_sub(1);
        let as_written = line.trim_end_matches(['\r', '\n']).len() == parted.as_slice().len() + delimiters;
        self.text.push_str(if as_written { line } else { std::str::from_utf8(parted.as_slice()).ok()? });
        let ranges = (0..parted.len()).filter_map(|at| Some((at * usize::from(as_written), parted.range(at)?)));
        self.places.extend(ranges.map(|(shift, Range { start, end })| (start + shift, end + shift)));
        Some(())
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&str> {
        let (start, end) = *self.places.get(at)?;
        self.text.get(start..end)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|(start, end)| self.text.get(*start..*end).unwrap_or_default())
    }

    /// Where in the text a cell lies.
    pub(super) fn place(&self, at: usize) -> Option<(usize, usize)> {
        self.places.get(at).copied()
    }

    /// The text in which the cells lie; there may be delimiters between them.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether no cell holds anything but white space.
    pub(super) fn are_empty(&self) -> bool {
        self.iter().all(|cell| super::trim(cell).is_empty())
    }
}

impl<'c> FromIterator<&'c str> for Cells {
    fn from_iter<I: IntoIterator<Item = &'c str>>(written: I) -> Self {
        let mut cells = Cells::default();
        written.into_iter().for_each(|cell| cells.push(cell));
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_the_same_with_and_without_quotation_marks() {
        let parted = ByteRecord::from(vec!["ø", "", " b"]);
        for line in ["ø;; b\r\n", "ø;; b", "\"ø\";;\" b\"\n", "\u{feff}ø;; b\n"] {
            let mut cells = Cells::from_iter(["before"]);
            assert_eq!(cells.take(line, &parted), Some(()));
            assert_eq!(cells.iter().collect::<Vec<_>>(), ["ø", "", " b"], "{line:?}");
            assert_eq!((cells.len(), cells.get(0), cells.get(3)), (3, Some("ø"), None));
            assert_eq!(cells.place(2).and_then(|(start, end)| cells.text().get(start..end)), Some(" b"));
        }
        assert_eq!(Cells::default().take("\"\"", &ByteRecord::from(vec![&b"\xF8"[..]])), None);
    }

    #[test]
    fn a_row_of_white_space_is_empty() {
        assert!(Cells::from_iter(["", " \u{a0}"]).are_empty() && Cells::default().are_empty());
        assert!(!Cells::from_iter(["", ";"]).are_empty());
    }
}
