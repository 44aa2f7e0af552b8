//! From the bytes of a list to [`Instruction`]s: as written, each with the row that a spreadsheet shows.
//!
//! A list is looked through twice. [`RecipientList::open`] reads it whole and settles what only the whole can tell: encoding, delimiter,
//! headings, decimal style, control total. A list that cannot be trusted as a whole is refused there. [`RecipientList::instructions`] then
//! hands out its rows one by one, in constant memory.

mod amount_style;
mod columns;

pub use amount_style::{AmountError, AmountStyle};
pub use columns::{Column, ColumnAliases, ColumnMap};
