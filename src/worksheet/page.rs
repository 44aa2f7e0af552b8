//! A sheet to print: large figures, a box for each receipt, and headings on every page.

use askama::Template;

use super::{Labels, Line, Sheet};

#[derive(Template)]
#[template(path = "worksheet.html")]
struct Page<'a> {
    l: &'a Labels,
    sheet: &'a Sheet,
    from: &'a str,
}

impl Page<'_> {
    fn target(&self, line: &Line) -> String {
        line.target(self.sheet.maker)
    }

    /// Whether another day or scheme begins with this row.
    fn begins_group(&self, at: &usize, line: &Line) -> bool {
        let group = |line: &Line| (line.payment.pay_on, line.payment.obligation.scheme.folded());
        at.checked_sub(1)
            .and_then(|before| self.sheet.lines.get(before))
            .is_none_or(|before| group(before) != group(line))
    }
}

pub fn render(sheet: &Sheet, labels: &Labels) -> Result<Vec<u8>, askama::Error> {
    Page { l: labels, sheet, from: &sheet.from }.render().map(String::into_bytes)
}

/// How many payments a page shows and what they come to, in minor units: counted back from its bytes. `None` where it is cut short.
pub fn count_back(page: &[u8]) -> Option<(u64, i64)> {
    let page = std::str::from_utf8(page).ok()?;
    let whole = page.trim_end().ends_with("</html>");
    let mut sum = (0u64, 0i64);
    for row in page.split("data-minor-units=\"").skip(1) {
        let amount: i64 = row.split_once('"')?.0.parse().ok()?;
        sum = (sum.0 + 1, sum.1.checked_add(amount)?);
    }
    whole.then_some(sum)
}
