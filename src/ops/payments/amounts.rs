//! What the payments of each group come to, while they go by: sums, the smallest, the largest and the median, and every amount in its order
//! for whoever parts the payments into files. However many they are, they lie in spools.

use std::path::Path;

use super::{GroupKey, ListedAt};
use crate::batch::{PaymentGroup, Sum};
use crate::fault::{Fault, Result};
use crate::ops::spool::{Merge, Spool, damaged, too_long};
use crate::payment::{Amount, Currency};
use crate::say;

const MEMORY_BYTES: usize = 8 * 1024 * 1024;
/// So many amounts are gathered before equal ones become one: benefits have few different ones, however many people.
const GATHERED: usize = 32 * 1024;

pub struct Amounts {
    currency: Currency,
    groups: Vec<OfGroup>,
    in_order: Spool,
    by_size: Spool,
    /// Amounts of groups, and how often each occurs, until they are put aside.
    gathered: Vec<(u32, i64, u64)>,
}

struct OfGroup {
    key: GroupKey,
    sum: Sum,
    smallest: Amount,
    largest: Amount,
}

impl Amounts {
    /// `folder` is where the spools lie, if they do not fit into memory.
    pub fn new(folder: &Path, currency: Currency) -> Result<Self> {
        let spool = || Spool::with_memory(folder.into(), MEMORY_BYTES);
        let (in_order, by_size) = (spool()?, spool()?);
        Ok(Self { currency, groups: Vec::new(), in_order, by_size, gathered: Vec::new() })
    }

    /// Gives the new group's number.
    pub fn begin_group(&mut self, key: GroupKey) -> u32 {
        let zero = Amount::zero(self.currency);
        self.groups.push(OfGroup { key, sum: Sum::zero(self.currency), smallest: zero, largest: zero });
        self.groups.len() as u32 - 1
    }

    pub fn add(&mut self, group: u32, amount: Amount, listed_at: ListedAt) -> Result<()> {
        let of_group = &mut self.groups[group as usize];
        let is_first = of_group.sum.count == 0;
        let place = in_order(group, of_group.sum.count).ok_or_else(too_long)?;
        let mut record = [0; 22];
        record[..8].copy_from_slice(&place.to_be_bytes());
        record[8..16].copy_from_slice(&amount.minor_units().to_le_bytes());
        record[16..18].copy_from_slice(&listed_at.list.to_le_bytes());
        record[18..].copy_from_slice(&listed_at.row.to_le_bytes());
        of_group.sum.add(amount).map_err(|_| {
            Fault::input(
                "amount.sum_too_large",
                say!("The amounts of these lists cannot be added: the sum is too large."),
            )
        })?;
        of_group.smallest = if is_first { amount } else { of_group.smallest.min(amount) };
        of_group.largest = if is_first { amount } else { of_group.largest.max(amount) };
        self.gathered.push((group, amount.minor_units(), 1));
        if self.gathered.len() >= GATHERED {
            self.make_equals_one();
            if self.gathered.len() > GATHERED / 2 {
                self.put_aside()?;
            }
        }
        self.in_order.push(&record)
    }

    fn make_equals_one(&mut self) {
        self.gathered.sort_unstable();
        self.gathered.dedup_by(|next, one| {
            let equal = (next.0, next.1) == (one.0, one.1);
            one.2 += if equal { next.2 } else { 0 };
            equal
        });
    }

    fn put_aside(&mut self) -> Result<()> {
        self.make_equals_one();
        for (group, minor_units, count) in self.gathered.drain(..) {
            let mut record = [0; 20];
            record[..4].copy_from_slice(&group.to_be_bytes());
            record[4..12].copy_from_slice(&in_order_of_size(minor_units).to_be_bytes());
            record[12..].copy_from_slice(&count.to_le_bytes());
            self.by_size.push(&record)?;
        }
        Ok(())
    }

    /// The groups in the order in which they turned up. Nothing may be added any more.
    pub fn groups(&mut self) -> Result<Vec<PaymentGroup>> {
        self.put_aside()?;
        self.by_size.settle();
        self.in_order.settle();
        // Of an even number the lower of the two in the middle: an amount that somebody really gets.
        let mut before_median: Vec<Option<u64>> =
            self.groups.iter().map(|group| Some(group.sum.count.saturating_sub(1) / 2)).collect();
        let mut medians = vec![Amount::zero(self.currency); self.groups.len()];
        let mut merge = self.by_size.merge()?;
        while let Some(record) = merge.next()? {
            let (group, size, count) = read(record).ok_or_else(damaged)?;
            let count = u64::from_le_bytes(count);
            let Some(before) = before_median.get_mut(group as usize).ok_or_else(damaged)? else { continue };
            match before.checked_sub(count) {
                Some(left) => *before = left,
                None => {
                    before_median[group as usize] = None;
                    medians[group as usize] = Amount::from_minor_units(of_size(size), self.currency);
                }
            }
        }
        let whole = |(OfGroup { key, sum, smallest, largest }, median): (&OfGroup, Amount)| {
            let (pay_on, scheme) = key.clone();
            PaymentGroup { pay_on, scheme, sum: *sum, smallest: *smallest, median, largest: *largest }
        };
        Ok(self.groups.iter().zip(medians).map(whole).collect())
    }

    /// Every amount, group by group, within each in the order in which they came. Only after [`groups`](Self::groups).
    pub fn in_order(&self) -> Result<AmountsInOrder<'_>> {
        Ok(AmountsInOrder { merge: self.in_order.merge()?, currency: self.currency })
    }
}

pub struct AmountsInOrder<'a> {
    merge: Merge<'a>,
    currency: Currency,
}

impl AmountsInOrder<'_> {
    /// The next amount and its group; `None` at the end.
    pub fn next(&mut self) -> Result<Option<(u32, Amount)>> {
        Ok(self.next_listed()?.map(|(group, amount, _)| (group, amount)))
    }

    /// The same, and which row it is of.
    pub fn next_listed(&mut self) -> Result<Option<(u32, Amount, ListedAt)>> {
        let Some(record) = self.merge.next()? else { return Ok(None) };
        let (group, minor_units, listed_at) = read_in_order(record).ok_or_else(damaged)?;
        Ok(Some((group, Amount::from_minor_units(minor_units, self.currency), listed_at)))
    }
}

const NUMBER_BITS: u32 = 40;

/// A group and an amount's number in it as one number, by which a spool sorts fastest. `None` beyond 16 million groups or a million million amounts.
fn in_order(group: u32, number: u64) -> Option<u64> {
    (group < 1 << (u64::BITS - NUMBER_BITS) && number < 1 << NUMBER_BITS)
        .then_some(u64::from(group) << NUMBER_BITS | number)
}

fn read_in_order(record: &[u8]) -> Option<(u32, i64, ListedAt)> {
    let (place, rest) = record.split_first_chunk()?;
    let (minor_units, rest) = rest.split_first_chunk()?;
    let (list, row) = rest.split_first_chunk()?;
    let listed_at = ListedAt { list: u16::from_le_bytes(*list), row: u32::from_le_bytes(row.try_into().ok()?) };
    Some(((u64::from_be_bytes(*place) >> NUMBER_BITS) as u32, i64::from_le_bytes(*minor_units), listed_at))
}

fn read(record: &[u8]) -> Option<(u32, u64, [u8; 8])> {
    let (group, rest) = record.split_first_chunk()?;
    let (second, rest) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*group), u64::from_be_bytes(*second), rest.try_into().ok()?))
}

/// So that the order of the bytes is that of the amounts.
fn in_order_of_size(minor_units: i64) -> u64 {
    minor_units as u64 ^ 1 << 63
}

fn of_size(size: u64) -> i64 {
    (size ^ 1 << 63) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Scheme;
    use chrono::NaiveDate;

    fn amounts_of(groups: &[&[i64]]) -> Amounts {
        let folder = tempfile::tempdir().expect("a folder");
        let mut amounts = Amounts::new(folder.path(), Currency::Dkk).expect("begins");
        let key = || (NaiveDate::default(), Scheme::new("Pension").expect("a name"));
        let numbers: Vec<u32> = groups.iter().map(|_| amounts.begin_group(key())).collect();
        let longest = groups.iter().map(|group| group.len()).max().unwrap_or(0);
        // One of each group in turn, as lists have them.
        for at in 0..longest {
            for (number, group) in numbers.iter().zip(groups) {
                if let Some(minor_units) = group.get(at) {
                    let amount = Amount::from_minor_units(*minor_units, Currency::Dkk);
                    amounts.add(*number, amount, ListedAt { list: *number as u16, row: at as u32 }).expect("small");
                }
            }
        }
        amounts
    }

    #[test]
    fn the_median_is_an_amount_that_somebody_gets() {
        let table: [(&[i64], i64); 5] =
            [(&[7], 7), (&[1, 9], 1), (&[9, 1, 5], 5), (&[5, 5, 5, 1, 9], 5), (&[1, 2, 3, 4], 2)];
        for (minor_units, median) in table {
            for all in [vec![minor_units], vec![&[3, 300, 2], minor_units, &[100]]] {
                let groups = amounts_of(&all).groups().expect("groups");
                let group = &groups[all.len() / 2];
                let found = [group.smallest, group.median, group.largest].map(Amount::minor_units);
                let ends = (minor_units.iter().min().copied(), minor_units.iter().max().copied());
                assert_eq!(found, [ends.0.unwrap_or(0), median, ends.1.unwrap_or(0)], "{all:?}");
                assert_eq!(group.sum.count, minor_units.len() as u64);
            }
        }
    }

    #[test]
    fn amounts_come_back_group_by_group_in_their_order() {
        let mut amounts = amounts_of(&[&[9, 1, 5], &[4], &[2, 8]]);
        amounts.groups().expect("groups");
        let (mut in_order, mut found) = (amounts.in_order().expect("reads"), Vec::new());
        while let Some((group, amount, at)) = in_order.next_listed().expect("reads") {
            assert_eq!(u32::from(at.list), group);
            found.push((group, amount.minor_units(), at.row));
        }
        assert_eq!(found, [(0, 9, 0), (0, 1, 1), (0, 5, 2), (1, 4, 0), (2, 2, 0), (2, 8, 1)]);
    }
}
