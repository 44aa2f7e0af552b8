//! Which comes first in `03/04/2026`: the day, as in Denmark, or the month, as in a program that was set up in American English.
//!
//! One date alone cannot tell. The column can, by one date whose day is above twelve; if its dates contradict each other, or none tells,
//! it stays open and each of these dates is an error of its row. Dates with hyphens or points are written day first and need no evidence.

use std::fmt;

use crate::phrase;

/// What the whole column says of its dates with slashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
    /// One date has a day above twelve first, another has one second.
    Contradictory,
}

impl fmt::Display for DateOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            DateOrder::DayFirst => phrase!("dates as day/month/year"),
            DateOrder::MonthFirst => phrase!("dates as month/day/year"),
            DateOrder::Contradictory => phrase!("dates with slashes that contradict each other"),
        };
        words.fmt(f)
    }
}

/// What has been seen of dates with slashes so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    day_first: bool,
    month_first: bool,
}

impl Evidence {
    pub(super) fn weigh(&mut self, written: &str) {
        let mut parts = written.split('/');
        let (Some(first), Some(second), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        match [first, second].map(|part| super::trim(part).parse::<u8>()) {
            [Ok(13..=31), Ok(1..=12)] => self.day_first = true,
            [Ok(1..=12), Ok(13..=31)] => self.month_first = true,
            _ => {}
        }
    }

    pub(super) fn order(self) -> Option<DateOrder> {
        match (self.day_first, self.month_first) {
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            (true, true) => Some(DateOrder::Contradictory),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_settles_the_order_or_leaves_it_open() {
        let table: [(&[&str], Option<DateOrder>); 8] = [
            (&["03/04/2026", "13/04/2026"], Some(DateOrder::DayFirst)),
            (&["03/04/2026", "04/13/2026"], Some(DateOrder::MonthFirst)),
            (&["03/04/2026", "04/03/2026"], None),
            (&["13/04/2026", "04/13/2026"], Some(DateOrder::Contradictory)),
            (&["13-04-2026", "2026-04-13", "13.04.2026"], None),
            (&["32/04/2026", "00/13/2026", "13/13/2026", "13/04", "13/04/20/26"], None),
            (&["2026/04/13", "", "x/y/z", "１３/04/2026"], None),
            (&[], None),
        ];
        for (dates, order) in table {
            let mut evidence = Evidence::default();
            dates.iter().for_each(|date| evidence.weigh(date));
            assert_eq!(evidence.order(), order, "{dates:?}");
        }
    }
}
