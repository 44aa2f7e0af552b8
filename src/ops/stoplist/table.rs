//! `[stoplist]` in `stopgap.toml`, as written and as meant.

use serde::{Deserialize, Serialize};

use super::layout::{Content, Layout, Letters};
use crate::fault::Result;
use crate::ops::settings::wrong;

/// The stop list in upstream's own layout. What it leaves out is as in the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StopListTable {
    /// Pairs of heading and content, from left to right: `[["CPR-nr.", "person_id"], ["Beløb", "amount"]]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// `,` or `.`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<String>,
    /// The word that upstream has for `stopped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

impl StopListTable {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn meant(self) -> Result<Layout> {
        let mut layout = Layout::default();
        if !self.columns.is_empty() {
            let column = |(heading, name): (String, String)| {
                let names = Content::ALL.map(|(name, _)| name).join(", ");
                let content = Content::named(&name).ok_or_else(|| wrong("stoplist.columns", &name, &names))?;
                Ok((heading, content))
            };
            layout.columns = self.columns.into_iter().map(column).collect::<Result<_>>()?;
        }
        if let Some(written) = self.delimiter {
            layout.delimiter = match written.as_bytes() {
                [one @ (b';' | b',' | b'\t' | b'|')] => *one,
                _ => return Err(wrong("stoplist.delimiter", &written, "; , | or a tab")),
            };
        }
        if let Some(written) = self.encoding {
            let known = Letters::ALL.into_iter().find(|(name, _)| *name == written.to_lowercase());
            let names = Letters::ALL.map(|(name, _)| name).join(", ");
            layout.letters =
                known.map(|(_, letters)| letters).ok_or_else(|| wrong("stoplist.encoding", &written, &names))?;
        }
        if let Some(written) = self.decimal {
            layout.decimal_comma = match written.as_str() {
                "," => true,
                "." => false,
                _ => return Err(wrong("stoplist.decimal", &written, ", or .")),
            };
        }
        if let Some(stopped) = self.stopped {
            layout.stopped = stopped;
        }
        Ok(layout)
    }
}
