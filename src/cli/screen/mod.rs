//! What people read: a person at ten at night who must pay others tomorrow. Short, aligned, at most 80 columns, nothing said by colour.
//!
//! Every screen is a text made from what an operation gave back; nothing here reads or writes anything. Texts that came from outside (list
//! names, schemes, names, reasons) pass through [`visible`] or [`masked_text`](mask::masked_text) first: a terminal obeys whatever it is shown.
//!
//! An approver meets the same content twice, on the screen and on paper. `batch_facts` puts it into words once; `batch` lays it out as text,
//! `control_sheet` as a page.

mod batch;
mod batch_facts;
mod control_sheet;
mod episodes;
mod fates;
mod figures;
mod grid;
#[cfg(test)]
mod made_up;
mod mask;
mod meaning;
mod moment;
mod operators;
mod paragraph;
mod prepared;
mod problems;
mod released;

pub use batch::{batch_list, batch_shown};
pub use control_sheet::control_sheet;
pub use episodes::episodes;
pub use mask::{mask_name, visible};
pub use operators::operators;
pub use prepared::prepared;
pub use released::released;
