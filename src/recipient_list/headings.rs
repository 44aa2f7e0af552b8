//! The headings that a column goes by.

use crate::fault::Fault;

use super::columns::Column;

/// Headings of a workspace's own, from `[columns]`.
#[derive(Clone, Debug, Default)]
pub struct ColumnAliases(Vec<(String, Column)>);

impl ColumnAliases {
    /// `pairs` are a heading and the name of the column it stands for.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Fault> {
        let _ = pairs;
        Ok(Self::default())
    }
}
