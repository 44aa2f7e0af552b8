//! One row of cells as text, whatever kind of file it was read from.

use std::{iter, mem};

use wide::u8x32;

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
    hold_none_rare: bool,
}

impl Cells {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.places.clear();
        self.hold_none_rare = false;
    }

    /// Takes note that none of them holds a character of [`RARE`](super::instruction::RARE).
    pub(super) fn hold_none_rare(&mut self) {
        self.hold_none_rare = true;
    }

    /// Whether one of these characters may stand in them.
    pub(super) fn may_hold_rare(&self) -> bool {
        !self.hold_none_rare
    }

    pub(super) fn push(&mut self, cell: &str) {
        let start = self.text.len();
        self.text.push_str(cell);
        self.places.push((start, self.text.len()));
    }

    /// Becomes the cells of the line with which the text begins: what stands between its delimiters, quotation marks or not. Says how far the line
    /// goes; `None` where the text ends first: then it is taken for the line.
    pub(super) fn part(&mut self, text: &str, delimiter: u8) -> Option<usize> {
        self.clear();
        let (mut start, mut end) = (0, None);
        'line: for (before, block) in blocks(text.as_bytes()) {
            let mut marks = Marks::within(&block, delimiter);
            while let Some((within, is_delimiter)) = marks.take_next() {
                let at = before + within;
                if !is_delimiter {
                    end = Some(at);
                    break 'line;
                }
                self.places.push((start, at));
                start = at + 1;
            }
        }
        let line = end.and_then(|end| text.get(..end)).unwrap_or(text);
        self.places.push((start, line.len()));
        self.text.push_str(line);
        end
    }

    /// Becomes the cells that end at these places of the text.
    pub(super) fn take(&mut self, text: &str, ends: &[usize]) {
        self.clear();
        self.text.push_str(text);
        let starts = iter::once(&0).chain(ends);
        self.places.extend(starts.zip(ends).map(|(start, end)| (*start, *end)));
    }

    /// Gives the text away, and holds no cell any more.
    pub(super) fn give(&mut self, text: &mut String) {
        mem::swap(&mut self.text, text);
        self.clear();
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

/// So much of a text is looked through at once.
const BLOCK: usize = 32;

/// The text in blocks, each with what lies before it. NUL characters fill the last one up.
fn blocks(text: &[u8]) -> impl Iterator<Item = (usize, [u8; BLOCK])> {
    let (blocks, rest) = text.as_chunks();
    let last = iter::once_with(move || {
        let mut last = [0; BLOCK];
        last.iter_mut().zip(rest).for_each(|(byte, written)| *byte = *written);
        last
    });
    (0..).step_by(BLOCK).zip(blocks.iter().copied().chain(last))
}

/// Where delimiters and the ends of lines stand in a block: a bit for each of its bytes.
struct Marks {
    delimiters: u32,
    any: u32,
}

impl Marks {
    fn within(block: &[u8; BLOCK], delimiter: u8) -> Self {
        let block = u8x32::new(*block);
        let places = |byte: u8| block.simd_eq(u8x32::splat(byte));
        let delimiters = places(delimiter);
        Self { delimiters: delimiters.to_bitmask(), any: (delimiters | places(b'\n') | places(b'\r')).to_bitmask() }
    }

    /// The first that was not taken yet, and whether it is a delimiter.
    fn take_next(&mut self) -> Option<(usize, bool)> {
        let lowest = self.any & self.any.wrapping_neg();
        self.any &= !lowest;
        (lowest != 0).then(|| (lowest.trailing_zeros() as usize, self.delimiters & lowest != 0))
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
    fn cells_lie_in_the_text_that_they_were_parted_from() {
        let mut cells = Cells::from_iter(["before"]);
        let check = |cells: &Cells| {
            assert_eq!(cells.iter().collect::<Vec<_>>(), ["ø", "", " b"]);
            assert_eq!((cells.len(), cells.get(0), cells.get(3)), (3, Some("ø"), None));
            assert_eq!(cells.place(2).and_then(|(start, end)| cells.text().get(start..end)), Some(" b"));
        };
        for (text, delimiter, end) in
            [("ø;; b", b';', None), ("ø;; b\r\nc;d", b';', Some(6)), ("ø\t\t b\n", b'\t', Some(6))]
        {
            assert_eq!(cells.part(text, delimiter), end, "{text:?}");
            check(&cells);
        }
        cells.take("ø b", &[2, 2, 4]);
        check(&cells);
        let mut text = String::from("what was there");
        cells.give(&mut text);
        assert_eq!((text.as_str(), cells.text(), cells.len()), ("ø b", "", 0));
    }

    #[test]
    fn a_row_of_white_space_is_empty() {
        assert!(Cells::from_iter(["", " \u{a0}"]).are_empty() && Cells::default().are_empty());
        assert!(!Cells::from_iter(["", ";"]).are_empty());
    }
}
