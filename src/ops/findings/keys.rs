//! By what a finding is known again: the obligations of its payments, which keep their tags in every run; where there are none, what
//! upstream's row says of itself.

use std::collections::{HashMap, HashSet};

use crate::ledger::idempotency::Tagger;
use crate::ledger::remedies::{Basis, FindingKey};
use crate::payment::{EndToEndId, Obligation, Part, PersonKind, Scheme};
use crate::reconciliation::finding::{Finding, Mostly1};

/// Makes keys for the findings of one run, in their order.
pub struct Keys<'a> {
    tagger: &'a Tagger,
    basis: Basis,
    /// How often something that cannot be told from others has come by.
    equals: HashMap<FindingKey, u32>,
}

impl<'a> Keys<'a> {
    pub fn new(tagger: &'a Tagger, basis: Basis) -> Self {
        Self { tagger, basis, equals: HashMap::new() }
    }

    /// Every key under which the finding may be known from before, its own first. Payments that are judged together today may have been
    /// apart before.
    pub fn of(&mut self, finding: &Finding) -> Mostly1<FindingKey> {
        let mut keys: Mostly1<FindingKey> = match finding.end_to_end_ids.as_slice() {
            [payment] => [FindingKey(payment.tag.obligation)].into(),
            payments => {
                let mut seen = HashSet::new();
                let keys = payments.iter().map(|payment| FindingKey(payment.tag.obligation));
                keys.filter(|key| seen.insert(*key)).collect()
            }
        };
        // A payment of ours that comes later to what only upstream had is found under the same key.
        if finding.end_to_end_ids.is_empty()
            && let Some(obligation) = obligation(finding)
        {
            keys.push(FindingKey(self.tagger.tag(&obligation).obligation));
        }
        if keys.is_empty() {
            let key = self.without_obligation(finding);
            let before = self.equals.entry(key).or_insert(0);
            let number = *before;
            *before += 1;
            keys.push(self.numbered(key, number));
        }
        self.on_basis(keys)
    }

    /// The key of a finding that is about this one payment.
    pub fn of_payment(&self, payment: &EndToEndId) -> Mostly1<FindingKey> {
        self.on_basis([FindingKey(payment.tag.obligation)].into())
    }

    fn on_basis(&self, keys: Mostly1<FindingKey>) -> Mostly1<FindingKey> {
        match self.basis {
            Basis::Upstream => keys,
            // The same payments against another measure are another finding, decided on by itself.
            Basis::Owed => keys.into_iter().map(|key| self.against_what_is_owed(key)).collect(),
        }
    }

    fn against_what_is_owed(&self, key: FindingKey) -> FindingKey {
        FindingKey(self.tagger.identity(&["stopgap finding of what is owed 1", &key.to_string()]))
    }

    /// A key of its own for a finding whose keys are another's in the same run.
    pub fn apart(&mut self, key: FindingKey) -> FindingKey {
        let before = self.equals.entry(key).or_insert(0);
        *before += 1;
        let number = *before;
        self.numbered(key, number)
    }

    fn without_obligation(&self, finding: &Finding) -> FindingKey {
        if let Some((amount, day)) = &finding.debit {
            let day = day.map(|day| day.to_string()).unwrap_or_default();
            return FindingKey(self.tagger.identity(&["stopgap finding of a debit 1", &amount.to_string(), &day]));
        }
        let (register, kind, number) = match &finding.person {
            Some(person) => (person.register().code(), kind(person.kind()), person.whole()),
            None => ("", "", ""),
        };
        let scheme = Scheme::new(&finding.scheme).map(|scheme| scheme.folded()).unwrap_or_default();
        let period = finding.period.map(|period| period.to_string()).unwrap_or_default();
        let parts = finding.parts.join("\n");
        let references = finding.upstream_references.join("\n");
        // Without a reference the amount is all that is left to know it by.
        let amount = if references.is_empty() { finding.money.owed.to_string() } else { String::new() };
        FindingKey(self.tagger.identity(&[
            "stopgap finding of a row 1",
            register,
            kind,
            number,
            &scheme,
            &period,
            &parts,
            &references,
            &amount,
        ]))
    }

    fn numbered(&self, key: FindingKey, number: u32) -> FindingKey {
        match number {
            0 => key,
            number => {
                FindingKey(self.tagger.identity(&["stopgap finding again 1", &key.to_string(), &number.to_string()]))
            }
        }
    }
}

fn kind(kind: PersonKind) -> &'static str {
    match kind {
        PersonKind::Natural => "person",
        PersonKind::Organisation => "organisation",
    }
}

/// The obligation that a finding is about, where it names one.
fn obligation(finding: &Finding) -> Option<Obligation> {
    let part = match finding.parts.as_slice() {
        [] => Part::default(),
        parts => Part::new(&parts.join("+")),
    };
    let (person, scheme) = (finding.person.clone()?, Scheme::new(&finding.scheme)?);
    Some(Obligation { person, scheme, period: finding.period?, part })
}
