//! The least reading of a work sheet that a judge needs: is it whole, and to whom does it have people pay. It shares nothing with the
//! program's own reading.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};

/// Whether people type from a file of this name; the control sheet of a batch is for those who approve it.
pub fn is_sheet(name: &str) -> bool {
    name != "control-sheet.html" && (name.ends_with(".html") || name.ends_with(".xlsx"))
}

/// The accounts of a sheet, sorted; or why it is not whole.
pub fn accounts(name: &str, bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut accounts = if name.ends_with(".html") { on_page(bytes)? } else { in_workbook(bytes)? };
    accounts.sort();
    Ok(accounts)
}

fn on_page(bytes: &[u8]) -> Result<Vec<String>, String> {
    let page = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    if !page.starts_with("<!") || !page.trim_end().ends_with("</html>") {
        return Err("does not begin or end as a page".into());
    }
    let spans = page.split("<span class=\"account\">").skip(1);
    Ok(spans.map(|rest| folded(rest.split('<').next().unwrap_or_default())).collect())
}

/// Every cell that holds an account of the made-up people's bank.
fn in_workbook(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let mut accounts = Vec::new();
    for (_, cells) in workbook.worksheets() {
        let texts = cells.used_cells().filter_map(|(_, _, cell)| match cell {
            Data::String(text) => Some(folded(text)),
            _ => None,
        });
        accounts.extend(texts.filter(|text| text.len() == 14 && text.starts_with("64710000")));
    }
    Ok(accounts)
}

fn folded(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}
