//! The JSON of `operator recovery` and `operator recover`, and of the code in `init`'s. No half is ever in it.

use serde_json::{Value, json};

use crate::ops::recovery::{Made, Recovered};

pub fn recovery_code(made: &Made) -> Value {
    let sheets: Vec<String> = made.sheets.iter().flatten().map(|sheet| super::path(sheet)).collect();
    json!({ "code": made.code.to_string(), "sheets": sheets })
}

pub fn recovered(recovered: &Recovered) -> Value {
    json!({
        "entry": recovered.entry,
        "operators": recovered.operators,
        "ended": recovered.ended,
        "recovery": recovery_code(&recovered.made),
    })
}
