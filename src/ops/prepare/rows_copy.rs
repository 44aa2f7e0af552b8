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
}

impl<'a> RowsCopy<'a> {
    pub(super) fn new(entering: Entering<'a>, country: Country, today: chrono::NaiveDate) -> Self {
        let (headcount, fields) = (Headcount::default(), BTreeSet::new());
        Self { entering, country, today, headcount, fields, rows: 0, prepared: 0 }
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
        let filled = |column: &&(Column, Field)| !instruction.cell(column.0).is_empty();
        self.fields.extend(FIELDS.iter().filter(filled).map(|(_, field)| *field));
        let Some(person) = person else { return Ok(()) };
        let is_new = self.headcount.add(&person, true);
        match fate {
            Fate::Prepared => self.prepared += 1,
            // Somebody whose first row is prepared and whose second is not is in the batch already.
            _ if is_new => self.entering.person(recording, vec![0], person)?,
            _ => {}
        }
        Ok(())
    }

    /// Enters `rows.csv`, whose content has this digest, and the control sheet that will lie beside it.
    pub(super) fn enter(
        mut self,
        recording: &mut Recording,
        who: &Unlocked,
        batch: BatchId,
        episode: String,
        rows_csv: Digest,
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
        self.entering.finish(recording, who, None, vec![episode]).map(drop)
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

const FIELDS: [(Column, Field); 12] = [
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
    (Column::Reference, Field::Reference),
];
