//! Who stands in `rows.csv`, for the register of copies. Those who are prepared lie in the batch already; whoever else is in the file is kept
//! beside the entry.

use std::collections::BTreeSet;
use std::path::Path;

use crate::batch::Fate;
use crate::checks::CheckedPayment;
use crate::fault::Result;
use crate::ledger::copies::{Field, PeopleCount, PeopleLie, Purpose};
use crate::ops::copies::{CopyPerson, Entering, Headcount, NewCopy};
use crate::ops::workspace::Recording;
use crate::ops::{Unlocked, Workspace};
use crate::payment::{BatchId, Country, Digest};
use crate::recipient_list::{Column, Instruction};

/// A control sheet shows the largest payments, masked: this many at most.
const ON_A_CONTROL_SHEET: u64 = 10;

pub(super) struct RowsCopy<'a> {
    entering: Entering<'a>,
    country: Country,
    today: chrono::NaiveDate,
    headcount: Headcount,
    fields: BTreeSet<Field>,
    rows: u64,
    /// Those who are in the batch; the others are sealed as they come.
    prepared: u64,
    missing: MissingCopy,
}

/// What `missing.csv` holds, beside it.
#[derive(Default)]
struct MissingCopy {
    headcount: Headcount,
    fields: BTreeSet<Field>,
    rows: u64,
}

/// The places of the copies that one `prepare` enters.
const ROWS: u16 = 0;
const MISSING: u16 = 2;

impl<'a> RowsCopy<'a> {
    pub(super) fn new(entering: Entering<'a>, country: Country, today: chrono::NaiveDate) -> Self {
        let (headcount, fields) = (Headcount::default(), BTreeSet::new());
        Self { entering, country, today, headcount, fields, rows: 0, prepared: 0, missing: MissingCopy::default() }
    }

    /// Whom a row is about.
    pub(super) fn person(&self, instruction: &Instruction, payment: Option<&CheckedPayment>) -> Option<CopyPerson> {
        let name = instruction.cell(Column::Name);
        let organisation = instruction.cell(Column::OrganisationId);
        match payment {
            Some(payment) => Some(CopyPerson::known(&payment.obligation.person, name)),
            None if !organisation.is_empty() => {
                Some(CopyPerson { number: organisation.into(), organisation: true, name: name.into() })
            }
            None => CopyPerson::written(instruction.cell(Column::PersonId), name, self.country, self.today),
        }
    }

    /// Notes one row with its fate.
    pub(super) fn see(
        &mut self,
        recording: &mut Recording,
        instruction: &Instruction,
        person: Option<CopyPerson>,
        fate: Fate,
    ) -> Result<()> {
        self.rows += 1;
        self.fields.extend(fields_of(instruction));
        let Some(person) = person else { return Ok(()) };
        let is_new = self.headcount.add(&person, true);
        match fate {
            Fate::Prepared => self.prepared += 1,
            // Somebody whose first row is prepared and whose second is not is in the batch already.
            _ if is_new => self.entering.person(recording, vec![ROWS], person)?,
            _ => {}
        }
        Ok(())
    }

    /// Notes one row of `missing.csv`.
    pub(super) fn see_missing(&mut self, recording: &mut Recording, instruction: &Instruction) -> Result<()> {
        self.missing.rows += 1;
        self.missing.fields.extend(fields_of(instruction));
        let Some(person) = self.person(instruction, None) else { return Ok(()) };
        if self.missing.headcount.add(&person, true) {
            self.entering.person(recording, vec![MISSING], person)
        } else {
            Ok(())
        }
    }

    /// Enters `rows.csv` and `missing.csv`, whose contents have these digests, and the control sheet that will lie beside them.
    pub(super) fn enter(
        mut self,
        recording: &mut Recording,
        who: &Unlocked,
        batch: BatchId,
        episode: String,
        (rows_csv, missing_csv): (Digest, Option<Digest>),
    ) -> Result<()> {
        let folder = Workspace::outbox_of(batch);
        let rows = folder.join("rows.csv");
        let replaces = self.entering.open_at(recording, &rows);
        self.entering.add(
            recording,
            &rows,
            NewCopy {
                purpose: Purpose::Rows,
                batch: Some(batch),
                fields: self.fields.iter().copied().collect(),
                rows: self.rows,
                people: self.headcount.count(),
                people_lie: PeopleLie::InBatchAndParts,
                content: Some(rows_csv),
                replaces,
            },
        )?;
        let shown = self.prepared.min(ON_A_CONTROL_SHEET);
        self.add_sheet(recording, &folder.join("control-sheet.html"), batch, shown)?;
        if let Some(content) = missing_csv {
            self.add_missing(recording, &folder.join("missing.csv"), batch, content)?;
        }
        self.entering.finish(recording, who, None, vec![episode]).map(drop)
    }

    fn add_missing(&mut self, recording: &mut Recording, place: &Path, batch: BatchId, content: Digest) -> Result<()> {
        let replaces = self.entering.open_at(recording, place);
        let missing = NewCopy {
            purpose: Purpose::Baseline,
            batch: Some(batch),
            fields: self.missing.fields.iter().copied().collect(),
            rows: self.missing.rows,
            people: self.missing.headcount.count(),
            people_lie: PeopleLie::InParts,
            content: Some(content),
            replaces,
        };
        self.entering.add(recording, place, missing)
    }

    fn add_sheet(&mut self, recording: &mut Recording, place: &Path, batch: BatchId, shown: u64) -> Result<()> {
        let replaces = self.entering.open_at(recording, place);
        let sheet = NewCopy {
            purpose: Purpose::ControlSheet,
            batch: Some(batch),
            fields: vec![Field::Amount, Field::Scheme, Field::Period, Field::Masked],
            rows: shown,
            people: PeopleCount { persons: shown, with_person_id: 0 },
            people_lie: PeopleLie::Nowhere,
            content: None,
            replaces,
        };
        self.entering.add(recording, place, sheet)
    }
}

/// The fields that a row fills.
fn fields_of(instruction: &Instruction) -> impl Iterator<Item = Field> {
    FIELDS.iter().filter(|(column, _)| !instruction.cell(*column).is_empty()).map(|(_, field)| *field)
}

const FIELDS: [(Column, Field); 13] = [
    (Column::PersonId, Field::PersonId),
    (Column::OrganisationId, Field::OrganisationId),
    (Column::Name, Field::Name),
    (Column::Account, Field::Account),
    (Column::Amount, Field::Amount),
    (Column::Scheme, Field::Scheme),
    (Column::Period, Field::Period),
    (Column::Part, Field::Part),
    (Column::PayeeName, Field::PayeeName),
    (Column::PayeeAccount, Field::Account),
    (Column::Text, Field::Text),
    (Column::Change, Field::Text),
    (Column::Reference, Field::Reference),
];
