//! `explain`: what a code means and what to do, without a workspace.

use clap::Args;
use serde_json::{Value, json};

use super::Answer;
use crate::cli::screen;
use crate::fault::{Fault, Result};
use crate::say;
use crate::words::explained::{self, Explanation};
use crate::words::language;

#[derive(Debug, Args)]
pub struct Explain {
    /// A code as it stands behind a message, such as id.checksum [default: list them all]
    pub code: Option<String>,
}

pub fn explain(given: &Explain) -> Result<Answer> {
    let Some(written) = &given.code else {
        let all = explained::all();
        let json = json!({ "codes": all.iter().map(to_json).collect::<Vec<_>>() });
        return Ok(Answer::done(screen::explained_list(&all), json));
    };
    let code = written.trim().trim_matches(['(', ')', '[', ']']).to_lowercase();
    match explained::of(&code) {
        Some(explanation) => Ok(Answer::done(screen::explained(&explanation), to_json(&explanation))),
        None => Err(unknown(&code)),
    }
}

fn unknown(code: &str) -> Fault {
    let fault = Fault::input("explain.unknown", say!("There is no code {code}.", code = crate::checks::quoted(code)));
    match explained::near(code).as_slice() {
        [] => fault.remedy(say!("`stopgap explain` lists them all.")),
        near => fault.remedy(say!("Near it are: {near}. `stopgap explain` lists them all.", near = near.join(", "))),
    }
}

fn to_json(explanation: &Explanation) -> Value {
    json!({
        "code": explanation.code,
        "effect": explanation.effect.as_str(),
        "means": explanation.means(language()),
        "do": explanation.remedy(language()),
        "example": explanation.example,
    })
}
