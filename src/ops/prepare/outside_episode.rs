//! What is paid beside what the open episode was said to be about. It is said, and keeps nobody from being paid.

use super::reading::SchemesRead;
use crate::ledger::state::Episode;
use crate::payment::Period;
use crate::say;
use crate::words::Message;

/// One message for each scheme of payable rows that is none of the episode's, or pays for days outside its periods.
pub(super) fn outside_episode(episode: &Episode, schemes: &SchemesRead) -> Vec<Message> {
    let named: Vec<String> = episode.schemes.iter().map(|scheme| scheme.folded()).collect();
    let mut found = Vec::new();
    for (scheme, folded, periods) in schemes.with_periods() {
        let (scheme, episode_name) = (scheme.to_string(), episode.name.as_str());
        if !named.is_empty() && !named.iter().any(|named| named == folded) {
            found.push(say!(
                "Episode {episode_name} was opened for other schemes than {scheme}.",
                episode_name,
                scheme
            ));
        } else if let Some(days) = outside(&periods, episode) {
            found.push(say!(
                "Episode {episode_name} was opened for {periods}, and {scheme} is paid for {days}.",
                episode_name,
                periods = episode.periods.to_string(),
                scheme,
                days = days.to_string()
            ));
        }
    }
    found
}

/// From the first to the last day of those periods that the episode's leave something out of.
fn outside(periods: &[Period], episode: &Episode) -> Option<Period> {
    periods.iter().copied().filter(|days| !are_covered(*days, episode)).reduce(Period::span)
}

/// Whether the episode's periods, which come in their order, leave none of the days out. An episode without any is about all days.
fn are_covered(days: Period, episode: &Episode) -> bool {
    let mut periods = episode.periods.iter().peekable();
    if periods.peek().is_none() {
        return true;
    }
    let mut next = Some(days.first());
    for period in periods {
        if let Some(day) = next.filter(|day| period.first() <= *day && *day <= period.last()) {
            next = period.last().max(day).succ_opt();
        }
    }
    next.is_none_or(|day| day > days.last())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::event::KeyId;

    /// The episode's periods, those that are paid for, and the days that are pointed out.
    #[test]
    fn what_the_episodes_periods_leave_out_is_pointed_out() {
        let all =
            |text: &str| text.split_whitespace().map(|one| one.parse().expect("a period")).collect::<Vec<Period>>();
        let table = [
            ("", "2026-12", ""),
            ("2026-12", "2026-12", ""),
            ("2026-12", "2026-11", "2026-11"),
            ("2026-12", "2026-11..2026-12", "2026-11..2026-12"),
            ("2026-11 2026-12", "2026-11..2026-12", ""),
            ("2026-10 2026-12", "2026-10..2026-12", "2026-10..2026-12"),
            ("2026-10 2026-12", "2026-10 2026-12", ""),
            ("2026-10 2026-12", "2026-12 2026-09 2026-10 2026-11", "2026-09..2026-11"),
        ];
        for (periods, paid, found) in table {
            let episode = Episode {
                name: "attack".into(),
                reason: String::new(),
                schemes: Vec::new(),
                periods: all(periods).into_iter().collect(),
                key: KeyId([0; 8]),
                opened: 1,
                open: true,
                closed_over: Vec::new(),
                closed_at: None,
                purged: None,
            };
            assert_eq!(outside(&all(paid), &episode), all(found).first().copied(), "{periods}: {paid}");
        }
    }
}
