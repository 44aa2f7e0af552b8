//! Whether the row fits its headings. With more cells than headings it has slipped: what stands under a heading may belong under another.

use super::{Code, Judged, Problem};

use crate::say;

/// `surplus_cells`: the row has filled cells beyond the last heading.
pub(super) fn check(surplus_cells: bool) -> Judged<()> {
    if !surplus_cells {
        return Judged::sound(());
    }
    let message = say!(
        "The row has more cells than there are headings, so its cells may stand under the wrong ones. \
         A separator inside a value (a comma in a name or an amount) does this: put that value in quotation marks."
    );
    Judged { value: None, problems: Problem::new(Code::RowWidth, None, message).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slipped_row_is_not_paid() {
        assert_eq!(check(false), Judged::sound(()));
        let judged = check(true);
        assert_eq!(judged.value, None);
        assert_eq!(judged.problems.iter().map(|p| (p.code, p.column)).collect::<Vec<_>>(), [(Code::RowWidth, None)]);
    }
}
