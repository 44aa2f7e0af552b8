//! Who stands in `rows.csv`, for the register of copies. Those who are prepared lie in the batch already; whoever else is in the file is kept
//! beside the entry.

use std::collections::BTreeSet;
use std::path::Path;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::batch::Fate;
use crate::fault::Result;
use crate::ledger::copies::{Field, PeopleCount, PeopleLie, Purpose};
use crate::ledger::idempotency::Place;
use crate::ops::batches::RENAMED_SHOWN;
use crate::ops::copies::{CopyPerson, Entering, Headcount, NewCopy, PersonKey};
use crate::ops::spool::{Spool, damaged};
use crate::ops::workspace::Recording;
use crate::ops::{Unlocked, Workspace};
use crate::payment::{BatchId, Country, Digest, PersonId, PersonKind};
use crate::recipient_list::{Column, Instruction};

/// A control sheet shows the largest payments, masked: this many at most, besides the names that were changed.
const ON_A_CONTROL_SHEET: u64 = 10;

pub(super) struct RowsCopy<'a> {
    entering: Entering<'a>,
    country: Country,
    today: chrono::NaiveDate,
    people: People,
    columns: ColumnSet,
    rows: u64,
    prepared: u64,
    renamed: u64,
    missing: MissingCopy,
}

/// Who is in `rows.csv`, however many they are.
struct People {
    spool: Spool,
    record: Vec<u8>,
}

/// One row's person. Those who are prepared come first, so that nobody is kept twice who lies in the batch.
#[derive(BorshSerialize, BorshDeserialize)]
enum Seen {
    Prepared { numbered: bool },
    Otherwise { place: [u8; 6], person: CopyPerson },
}

impl People {
    fn see_prepared(&mut self, person: &PersonId) -> Result<()> {
        let numbered = person.kind() == PersonKind::Natural;
        self.push(CopyPerson::key_of(person.whole(), ""), &Seen::Prepared { numbered })
    }

    fn see_otherwise(&mut self, person: CopyPerson, place: Place) -> Result<()> {
        let [a, b] = place.list.to_be_bytes();
        let [c, d, e, f] = place.row.to_be_bytes();
        self.push(person.key(), &Seen::Otherwise { place: [a, b, c, d, e, f], person })
    }

    fn push(&mut self, key: PersonKey, seen: &Seen) -> Result<()> {
        self.record.clear();
        self.record.extend_from_slice(&key);
        seen.serialize(&mut self.record).map_err(|_| damaged())?;
        self.spool.push(&self.record)
    }

    /// Counts them, and those who are prepared, and shows each once who is not, as their first row has them.
    fn count(&mut self, visit: &mut dyn FnMut(CopyPerson) -> Result<()>) -> Result<(PeopleCount, u64)> {
        const KEY_BYTES: usize = 16;
        self.spool.settle();
        let mut merge = self.spool.merge()?;
        let (mut count, mut key, mut numbered) = (PeopleCount::default(), [0; KEY_BYTES], false);
        let mut prepared = 0;
        while let Some(record) = merge.next()? {
            let (of, seen) = record.split_at_checked(KEY_BYTES).ok_or_else(damaged)?;
            let is_new = count.persons == 0 || of != key;
            if is_new {
                key.copy_from_slice(of);
                count.persons += 1;
                count.with_person_id += u64::from(std::mem::take(&mut numbered));
            }
            match Seen::try_from_slice(seen).map_err(|_| damaged())? {
                Seen::Prepared { numbered: it_is } => {
                    numbered |= it_is;
                    // They come first of each.
                    prepared += u64::from(is_new);
                }
                Seen::Otherwise { person, .. } => {
                    numbered |= person.is_numbered();
                    if is_new {
                        visit(person)?;
                    }
                }
            }
        }
        count.with_person_id += u64::from(numbered);
        Ok((count, prepared))
    }
}

/// The columns that rows fill, a bit each.
#[derive(Clone, Copy, Default)]
struct ColumnSet(u32);

impl ColumnSet {
    fn see(&mut self, instruction: &Instruction) {
        for (at, (column, _)) in FIELDS.iter().enumerate() {
            self.0 |= u32::from(instruction.is_filled(*column)) << at;
        }
    }

    fn fields(self) -> BTreeSet<Field> {
        let filled = |(at, (_, field)): (usize, &(Column, Field))| (self.0 >> at & 1 == 1).then_some(*field);
        FIELDS.iter().enumerate().filter_map(filled).collect()
    }
}

/// What `missing.csv` holds, beside it.
#[derive(Default)]
struct MissingCopy {
    headcount: Headcount,
    columns: ColumnSet,
    rows: u64,
}

/// The places of the copies that one `prepare` enters.
const ROWS: u16 = 0;
const MISSING: u16 = 2;

/// What the people of `rows.csv` may take in memory.
const MEMORY_BYTES: usize = 8 * 1024 * 1024;

impl<'a> RowsCopy<'a> {
    /// `folder` is where its people lie meanwhile, if they are many.
    pub(super) fn new(
        entering: Entering<'a>,
        folder: &Path,
        country: Country,
        today: chrono::NaiveDate,
    ) -> Result<Self> {
        let people = People { spool: Spool::with_memory(folder.into(), MEMORY_BYTES)?, record: Vec::new() };
        let (columns, missing) = (ColumnSet::default(), MissingCopy::default());
        Ok(Self { entering, country, today, people, columns, rows: 0, prepared: 0, renamed: 0, missing })
    }

    /// Whom a row is about; `known` where its number could be read.
    fn person(&self, instruction: &Instruction, known: Option<&PersonId>) -> Option<CopyPerson> {
        let name = instruction.cell(Column::Name);
        let organisation = instruction.cell(Column::OrganisationId);
        match known {
            Some(person) => Some(CopyPerson::known(person, name)),
            None if !organisation.is_empty() => {
                Some(CopyPerson { number: organisation.into(), organisation: true, name: name.into() })
            }
            None => CopyPerson::written(instruction.cell(Column::PersonId), name, self.country, self.today),
        }
    }

    /// Notes one row with its fate; `known` is the person of a row that could be paid, and `renamed` says how many of its names the bank gets
    /// in another form.
    pub(super) fn see(
        &mut self,
        place: Place,
        instruction: &Instruction,
        (known, renamed): (Option<&PersonId>, u64),
        fate: Fate,
    ) -> Result<()> {
        self.rows += 1;
        if fate == Fate::Prepared {
            (self.prepared, self.renamed) = (self.prepared + 1, self.renamed + renamed);
        }
        self.columns.see(instruction);
        if let (Some(person), Fate::Prepared) = (known, fate) {
            return self.people.see_prepared(person);
        }
        match self.person(instruction, known) {
            Some(person) => self.people.see_otherwise(person, place),
            None => Ok(()),
        }
    }

    /// Notes one row of `missing.csv`.
    pub(super) fn see_missing(&mut self, recording: &mut Recording, instruction: &Instruction) -> Result<()> {
        self.missing.rows += 1;
        self.missing.columns.see(instruction);
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
        let Self { people, entering, .. } = &mut self;
        let (people, prepared_people) = people.count(&mut |person| entering.person(recording, vec![ROWS], person))?;
        let folder = Workspace::outbox_of(batch);
        let rows = folder.join("rows.csv");
        let replaces = self.entering.open_at(recording, &rows);
        self.entering.add(
            recording,
            &rows,
            NewCopy {
                purpose: Purpose::Rows,
                batch: Some(batch),
                fields: self.columns.fields().into_iter().collect(),
                rows: self.rows,
                people,
                people_lie: PeopleLie::InBatchAndParts,
                content: Some(rows_csv),
                replaces,
            },
        )?;
        let shown = self.prepared.min(ON_A_CONTROL_SHEET + self.renamed.min(RENAMED_SHOWN as u64));
        let persons = shown.min(prepared_people);
        self.add_sheet(recording, &folder.join("control-sheet.html"), batch, (shown, persons))?;
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
            fields: self.missing.columns.fields().into_iter().collect(),
            rows: self.missing.rows,
            people: self.missing.headcount.count(),
            people_lie: PeopleLie::InParts,
            content: Some(content),
            replaces,
        };
        self.entering.add(recording, place, missing)
    }

    fn add_sheet(
        &mut self,
        recording: &mut Recording,
        place: &Path,
        batch: BatchId,
        (shown, persons): (u64, u64),
    ) -> Result<()> {
        let replaces = self.entering.open_at(recording, place);
        let sheet = NewCopy {
            purpose: Purpose::ControlSheet,
            batch: Some(batch),
            fields: vec![Field::Amount, Field::Scheme, Field::Period, Field::Masked],
            rows: shown,
            people: PeopleCount { persons, with_person_id: 0 },
            people_lie: PeopleLie::Nowhere,
            content: None,
            replaces,
        };
        self.entering.add(recording, place, sheet)
    }
}

/// What the columns of a list say about people.
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
