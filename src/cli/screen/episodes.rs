//! `episode list`.

use super::grid::{Grid, Holds};
use super::mask::{masked_text, short, visible};
use crate::ledger::state::Episode;

/// All episodes, in the order in which they were opened.
pub fn episodes(episodes: &[Episode]) -> String {
    if episodes.is_empty() {
        return "There are no episodes yet. `stopgap prepare` opens one where none is open.\n".into();
    }
    let mut grid = Grid::new([
        ("Episode", Holds::Text),
        ("State", Holds::Text),
        ("Period", Holds::Text),
        ("Benefits", Holds::Text),
        ("Reason", Holds::Text),
    ]);
    for episode in episodes {
        let schemes: Vec<String> = episode.schemes.iter().map(|scheme| short(scheme.as_str())).collect();
        grid.row([
            visible(&episode.name).into_owned(),
            if episode.open { "open" } else { "closed" }.into(),
            episode.period.map(|period| period.to_string()).unwrap_or_default(),
            schemes.join(", "),
            masked_text(&episode.reason),
        ]);
    }
    grid.to_text()
}
