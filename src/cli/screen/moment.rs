//! Times and days, as the wall clock and the calendar beside the screen show them.

use chrono::{DateTime, NaiveDate};

use crate::ops::Now;

/// `2026-11-20 21:14`, local time. `unix` is in seconds since 1970; the difference between the two clocks is taken from `now`.
pub(super) fn local(unix: i64, now: Now) -> String {
    let offset = now.local.and_utc().timestamp().checked_sub(now.unix);
    let local = offset.and_then(|offset| DateTime::from_timestamp(unix.checked_add(offset)?, 0));
    local.map_or_else(|| "at an unknown time".into(), |local| local.format("%Y-%m-%d %H:%M").to_string())
}

/// `2026-12-01 (Tuesday)`: a wrong day of the week is seen sooner than a wrong number.
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%Y-%m-%d (%A)").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::made_up;

    #[test]
    fn a_time_is_shown_by_the_clock_where_the_operator_sits() {
        let now = made_up::now();
        assert_eq!(local(now.unix, now), "2026-11-20 21:14");
        assert_eq!(local(now.unix - 3600 * 22, now), "2026-11-19 23:14");
        assert_eq!(local(i64::MAX, now), "at an unknown time");
    }

    #[test]
    fn a_day_is_told_with_its_name() {
        assert_eq!(day(made_up::day("2026-12-01")), "2026-12-01 (Tuesday)");
    }
}
