//! In which layout the stop list is written: the contract's, or upstream's own, as `[stoplist]` in `stopgap.toml` describes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::checks::typed;
use crate::fault::{Fault, Result};
use crate::ledger::copies::Field;
use crate::payment::Currency;
use crate::payment::EndToEndId;
use crate::reconciliation::FallbackPayment;
use crate::say;

/// The name by which the contract's own layout is asked for, whatever the settings say.
pub const CONTRACT: &str = "contract";

/// The layouts that may be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layouts {
    /// Where none is asked for.
    pub usual: Layout,
    pub named: BTreeMap<String, Layout>,
}

impl Layouts {
    /// # Errors
    /// `stoplist.layout`, naming those that there are.
    pub fn asked_for(&self, name: Option<&str>) -> Result<Layout> {
        match name {
            None => Ok(self.usual.clone()),
            Some(CONTRACT) => Ok(Layout::default()),
            Some(name) => self.named.get(name).cloned().ok_or_else(|| {
                let known: Vec<&str> = self.named.keys().map(String::as_str).chain([CONTRACT]).collect();
                Fault::input("stoplist.layout", say!("`{name}` is no layout of the stop list.", name = typed(name)))
                    .remedy(say!(
                        "There are: {known}. A table [stoplist.layouts.NAME] in stopgap.toml makes one more.",
                        known = known.join(", ")
                    ))
            }),
        }
    }
}

/// What a cell of the list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    PersonId,
    Name,
    Scheme,
    Period,
    PeriodFrom,
    PeriodTo,
    Part,
    Amount,
    Currency,
    Status,
    /// Ours.
    Reference,
    /// Upstream's own, where an earlier reconciliation has found it.
    UpstreamReference,
    Batch,
}

impl Content {
    pub const ALL: [(&'static str, Content); 13] = [
        ("person_id", Content::PersonId),
        ("name", Content::Name),
        ("scheme", Content::Scheme),
        ("period", Content::Period),
        ("period_from", Content::PeriodFrom),
        ("period_to", Content::PeriodTo),
        ("part", Content::Part),
        ("amount", Content::Amount),
        ("currency", Content::Currency),
        ("status", Content::Status),
        ("reference", Content::Reference),
        ("upstream_ref", Content::UpstreamReference),
        ("batch", Content::Batch),
    ];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, content)| content)
    }

    /// For the register of copies.
    fn field(self) -> Option<Field> {
        match self {
            Content::PersonId => Some(Field::PersonId),
            Content::Name => Some(Field::Name),
            Content::Scheme => Some(Field::Scheme),
            Content::Period | Content::PeriodFrom | Content::PeriodTo => Some(Field::Period),
            Content::Part => Some(Field::Part),
            Content::Amount => Some(Field::Amount),
            Content::Reference | Content::UpstreamReference => Some(Field::Reference),
            Content::Currency | Content::Status | Content::Batch => None,
        }
    }
}

/// The letters of a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    Utf8,
    Utf8WithMark,
    Utf16,
    Windows1252,
}

impl Letters {
    pub const ALL: [(&'static str, Letters); 4] = [
        ("utf-8", Letters::Utf8),
        ("utf-8-bom", Letters::Utf8WithMark),
        ("utf-16", Letters::Utf16),
        ("windows-1252", Letters::Windows1252),
    ];

    pub fn mark(self) -> &'static [u8] {
        match self {
            Letters::Utf8 | Letters::Windows1252 => b"",
            Letters::Utf8WithMark => b"\xEF\xBB\xBF",
            Letters::Utf16 => b"\xFF\xFE",
        }
    }

    /// # Errors
    /// `stoplist.letters`, where the encoding has no such letter: to change it could make another person's name of it.
    pub fn encode(self, text: &str) -> Result<Vec<u8>> {
        match self {
            Letters::Utf8 | Letters::Utf8WithMark => Ok(text.as_bytes().to_vec()),
            Letters::Utf16 => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Letters::Windows1252 => match encoding_rs::WINDOWS_1252.encode(text) {
                (bytes, _, false) => Ok(bytes.into_owned()),
                _ => Err(Fault::input(
                    "stoplist.letters",
                    say!("The list holds a letter that Windows-1252 does not have."),
                )
                .remedy(say!("Set encoding = \"utf-8-bom\" under [stoplist] in stopgap.toml, if upstream takes it."))),
            },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Heading and content of each column, from left to right.
    pub columns: Vec<(String, Content)>,
    pub delimiter: u8,
    pub decimal_comma: bool,
    pub letters: Letters,
    /// The word under `status`.
    pub stopped: String,
}

impl Default for Layout {
    /// The contract's, which is that of a run: what it says can be compared as one.
    fn default() -> Self {
        let names = ["person_id", "scheme", "period", "part", "amount", "currency", "status", "reference"];
        Self {
            columns: names.iter().filter_map(|name| Some(((*name).to_owned(), Content::named(name)?))).collect(),
            delimiter: b',',
            decimal_comma: false,
            letters: Letters::Utf8,
            stopped: "stopped".into(),
        }
    }
}

impl Layout {
    pub fn has(&self, content: Content) -> bool {
        self.columns.iter().any(|(_, known)| *known == content)
    }

    /// What the columns hold in which something stands.
    pub fn fields(&self, filled: &[bool]) -> BTreeSet<Field> {
        let filled = self.columns.iter().zip(filled).filter(|(_, filled)| **filled);
        filled.filter_map(|((_, content), _)| content.field()).collect()
    }

    /// A payment's cells as text.
    pub fn cells(
        &self,
        payment: &FallbackPayment,
        currency: Currency,
        upstream: &HashMap<EndToEndId, String>,
    ) -> Vec<String> {
        let cell = |content: Content| match content {
            Content::PersonId => payment.person.whole().to_owned(),
            Content::Name => payment.name.clone(),
            Content::Scheme => payment.scheme.to_string(),
            Content::Period => payment.period.to_string(),
            Content::PeriodFrom => payment.period.first().to_string(),
            Content::PeriodTo => payment.period.last().to_string(),
            Content::Part => payment.part.to_string(),
            Content::Amount if self.decimal_comma => payment.paid_each().to_string().replace('.', ","),
            Content::Amount => payment.paid_each().to_string(),
            Content::Currency => currency.to_string(),
            Content::Status => self.stopped.clone(),
            Content::Reference => payment.end_to_end_id.to_string(),
            Content::UpstreamReference => upstream.get(&payment.end_to_end_id).cloned().unwrap_or_default(),
            Content::Batch => payment.batch.to_string(),
        };
        self.columns.iter().map(|(_, content)| cell(*content)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_the_encoding_lacks_is_refused_and_never_changed() {
        for (name, letters) in Letters::ALL {
            assert!(letters.encode("Søren Ågesen").is_ok(), "{name}");
            let greek = letters.encode("Ωmega").map_err(|fault| fault.code);
            assert_eq!(greek.err(), (letters == Letters::Windows1252).then_some("stoplist.letters"), "{name}");
        }
    }

    #[test]
    fn a_layout_is_asked_for_by_name_or_the_usual_one_is_taken() {
        let layout = |stopped: &str| Layout { stopped: stopped.into(), ..Layout::default() };
        let named = BTreeMap::from([("kaqa".to_owned(), layout("lukket"))]);
        let layouts = Layouts { usual: layout("stoppet"), named };
        let stopped = |name| layouts.asked_for(name).map(|layout| layout.stopped);
        assert_eq!(stopped(None).expect("the usual"), "stoppet");
        assert_eq!(stopped(Some("kaqa")).expect("is there"), "lukket");
        assert_eq!(stopped(Some(CONTRACT)).expect("always there"), "stopped");
        let unknown = stopped(Some("kaka")).expect_err("is not there");
        assert_eq!(unknown.code, "stoplist.layout");
        assert!(unknown.remedy.is_some_and(|remedy| remedy.contains("kaqa, contract")));
    }

    #[test]
    fn the_contracts_layout_is_the_default() {
        let headings: Vec<String> = Layout::default().columns.into_iter().map(|(heading, _)| heading).collect();
        assert_eq!(headings.join(","), "person_id,scheme,period,part,amount,currency,status,reference");
    }
}
