//! Times and days, as the wall clock and the calendar beside the screen show them.

use chrono::{DateTime, NaiveDate};

use crate::ops::Now;
use crate::say;
use crate::words;

/// `20 Nov 2026 21:14`, local time. `unix` is in seconds since 1970; the difference between the two clocks is taken from `now`.
pub(super) fn local(unix: i64, now: Now) -> String {
    let offset = now.local.and_utc().timestamp().checked_sub(now.unix);
    let local = offset.and_then(|offset| DateTime::from_timestamp(unix.checked_add(offset)?, 0));
    let Some(local) = local else { return say!("at an unknown time").to_string() };
    let (hour, minute) = (local.format("%H").to_string(), local.format("%M").to_string());
    say!("{day} {hour}:{minute}", day = words::short_day(local.date_naive()), hour, minute).to_string()
}

/// `Tuesday 1 December 2026`: a wrong day of the week is seen sooner than a wrong number.
pub(super) fn day(date: NaiveDate) -> String {
    words::day_with_weekday(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;

    #[test]
    fn a_time_is_shown_by_the_clock_where_the_operator_sits() {
        let now = made_up::now();
        assert_eq!(local(now.unix, now), "20 Nov 2026 21:14");
        assert_eq!(local(now.unix - 3600 * 22, now), "19 Nov 2026 23:14");
        assert_eq!(local(i64::MAX, now), "at an unknown time");
    }

    #[test]
    fn a_day_is_told_with_its_name() {
        assert_eq!(day(made_up::day("2026-12-01")), "Tuesday 1 December 2026");
    }
}
