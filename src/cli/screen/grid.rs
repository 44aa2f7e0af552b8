//! A light table: headings, rows, a total. The same grid is laid out as text for the screen and as HTML for the control sheet.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};

use super::paragraph::WIDTH;

/// The heading of a column of texts: to the left, long ones broken into lines.
pub(super) fn left(heading: impl ToString) -> Cell {
    Cell { text: heading.to_string(), figures: false }
}

/// The heading of a column of figures: to the right, never broken.
pub(super) fn right(heading: impl ToString) -> Cell {
    Cell { text: heading.to_string(), figures: true }
}

pub(super) struct Cell {
    pub text: String,
    pub figures: bool,
}

pub(super) struct Grid {
    pub headings: Vec<Cell>,
    pub rows: Vec<Vec<Cell>>,
    pub total: Option<Vec<Cell>>,
}

/// Columns stand two spaces apart.
const GAP: u16 = 2;
const INDENT: &str = "  ";
/// A column of text is never squeezed below this, so that its heading stays on one line.
const NARROWEST: u16 = 12;

impl Grid {
    pub fn new<const N: usize>(headings: [Cell; N]) -> Self {
        Self { headings: headings.into(), rows: Vec::new(), total: None }
    }

    pub fn row<const N: usize>(&mut self, texts: [String; N]) {
        let row = self.cells(texts);
        self.rows.push(row);
    }

    pub fn total<const N: usize>(&mut self, texts: [String; N]) {
        self.total = Some(self.cells(texts));
    }

    fn cells<const N: usize>(&self, texts: [String; N]) -> Vec<Cell> {
        debug_assert_eq!(N, self.headings.len());
        let with_heading = texts.into_iter().zip(&self.headings);
        with_heading.map(|(text, heading)| Cell { text, figures: heading.figures }).collect()
    }

    /// The lines, each ended: a rule under the headings and one above the total.
    pub fn to_text(&self) -> String {
        let mut table = self.lay_out();
        let gaps = self.headings.len().saturating_sub(1) * usize::from(GAP);
        let natural = table.column_max_content_widths().into_iter().map(usize::from).sum::<usize>() + gaps;
        // A table that just fits the line does without its indent, rather than breaking a word.
        let indent = if natural > WIDTH - INDENT.len() { "" } else { INDENT };
        // The gap after the last column is cut off.
        table.set_width((WIDTH - indent.len()) as u16 + GAP);
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        let rule = "-".repeat(lines.iter().map(|line| line.chars().count()).max().unwrap_or(0));
        let under_headings = 1;
        let above_total = if self.total.is_some() { lines.len() - 1 } else { under_headings };
        let mut text = String::new();
        for (at, line) in lines.iter().enumerate() {
            if at == under_headings || at == above_total {
                text.push_str(&format!("{indent}{rule}\n"));
            }
            text.push_str(&format!("{indent}{line}\n"));
        }
        text
    }

    fn lay_out(&self) -> Table {
        let texts = |cells: &[Cell]| cells.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>();
        let mut table = Table::new();
        table
            .force_no_tty()
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(texts(&self.headings))
            .add_rows(self.rows.iter().chain(&self.total).map(|row| texts(row)));
        let widest = table.column_max_content_widths();
        for ((column, heading), widest) in table.column_iter_mut().zip(&self.headings).zip(widest) {
            column.set_padding((0, GAP));
            if heading.figures {
                column.set_cell_alignment(CellAlignment::Right);
            }
            column.set_constraint(if heading.figures || widest <= NARROWEST {
                ColumnConstraint::ContentWidth
            } else {
                ColumnConstraint::LowerBoundary(Width::Fixed(NARROWEST + GAP))
            });
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(scheme: &str) -> Grid {
        let mut grid = Grid::new([left("Scheme"), right("Payments"), right("DKK")]);
        grid.row([scheme.into(), "894".into(), "4.698.204,87".into()]);
        grid.row(["Barsel".into(), "2".into(), "5,00".into()]);
        grid.total(["Total".into(), "896".into(), "4.698.209,87".into()]);
        grid
    }

    #[test]
    fn figures_stand_to_the_right_under_light_lines() {
        let expected = "  \
  Scheme           Payments           DKK
  ---------------------------------------
  Offentlig hjælp       894  4.698.204,87
  Barsel                  2          5,00
  ---------------------------------------
  Total                 896  4.698.209,87
";
        assert_eq!(sums("Offentlig hjælp").to_text(), expected);
    }

    #[test]
    fn long_texts_are_broken_and_figures_never() {
        let text = sums(&"Hjælp ".repeat(30)).to_text();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains("894  4.698.204,87\n"), "{text}");
    }
}
