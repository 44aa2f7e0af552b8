//! `episode list`.

use super::grid::{Grid, left};
use super::mask::{masked_text, short, visible};
use super::paragraph::sentence;
use crate::ledger::state::Episode;
use crate::say;

/// All episodes, in the order in which they were opened.
pub fn episodes(episodes: &[Episode]) -> String {
    if episodes.is_empty() {
        return sentence(say!("There are no episodes yet. `stopgap prepare` opens one where none is open."));
    }
    let mut grid = Grid::new([
        left(say!("Episode")),
        left(say!("State")),
        left(say!("Period")),
        left(say!("Schemes")),
        left(say!("Reason")),
    ]);
    for episode in episodes {
        let schemes: Vec<String> = episode.schemes.iter().map(|scheme| short(scheme.as_str())).collect();
        grid.row([
            visible(&episode.name).into_owned(),
            state(episode),
            episode.periods.to_string(),
            schemes.join(", "),
            masked_text(&episode.reason),
        ]);
    }
    grid.to_text()
}

fn state(episode: &Episode) -> String {
    match (episode.open, episode.closed_over.is_empty()) {
        (true, _) => say!("open").to_string(),
        (false, true) => say!("closed").to_string(),
        (false, false) => say!("closed over open matters").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::screen::made_up;

    #[test]
    fn episodes_are_listed_with_what_they_are_for() {
        insta::assert_snapshot!(super::episodes(&made_up::state().episodes), @r"
        Episode      State   Period   Schemes        Reason
        --------------------------------------------------------------------------------
        2026-11-01   closed
        attack-2026  open    2026-12  Alderspension  the upstream systems are down since
                                                     Friday
        ");
        assert!(super::episodes(&[]).starts_with("There are no episodes yet."));
    }
}
