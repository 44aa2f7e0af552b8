//! `rows.csv`.

pub(super) fn unguarded(cell: &str) -> &str {
    cell
}
