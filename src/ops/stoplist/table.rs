//! `[stoplist]` in `stopgap.toml`, as written and as meant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::layout::{CONTRACT, Content, Layout, Layouts, Letters};
use crate::fault::Result;
use crate::ops::settings::wrong;

/// The stop list in upstream's own layout, and further layouts by name where there are several such systems.
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
    /// `[stoplist.layouts.NAME]`, for `stoplist --layout NAME`: each as `[stoplist]` itself, but without layouts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub layouts: BTreeMap<String, StopListTable>,
}

impl StopListTable {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn meant(mut self) -> Result<Layouts> {
        let layouts = std::mem::take(&mut self.layouts);
        let mut named = BTreeMap::new();
        for (name, table) in layouts {
            if name == CONTRACT || !table.layouts.is_empty() {
                let expected = format!("any name but {CONTRACT}, and hold no layouts of its own");
                return Err(wrong("stoplist.layouts", &name, &expected));
            }
            named.insert(name, table.layout()?);
        }
        Ok(Layouts { usual: self.layout()?, named })
    }

    /// What the table leaves out is as in the contract.
    fn layout(self) -> Result<Layout> {
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
