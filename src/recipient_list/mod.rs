//! From the bytes of a list to [`Instruction`]s: as written, each with the row that a spreadsheet shows.
//!
//! A list is looked through twice. [`RecipientList::open`] reads it whole and settles what only the whole can tell: encoding, delimiter,
//! headings, decimal style, control total. A list that cannot be trusted as a whole is refused there. [`RecipientList::instructions`] then
//! hands out its rows one by one, in constant memory.

mod amount_style;
mod columns;
mod headings;
mod instruction;
pub mod rows_file;

pub use amount_style::{AmountError, AmountStyle, read_amount};
pub use columns::{Column, ColumnMap};
pub use headings::ColumnAliases;
pub use instruction::Instruction;

/// White space that people see, and the marks without width that come along when text is copied.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}')
}

/// Without white space at either end.
fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_blank)
}
