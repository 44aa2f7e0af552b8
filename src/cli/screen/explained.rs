//! `explain`: one code in full, or all of them in groups.

use super::meaning;
use super::paragraph::{heading, sentence, wrapped};
use crate::phrase;
use crate::say;
use crate::words::explained::{Effect, Explanation};
use crate::words::{Phrase, language};

/// One code.
pub fn explained(explanation: &Explanation) -> String {
    let language = language();
    let mut text = format!("{}: {}\n\n", explanation.code, effect(explanation.effect));
    text += &sentence(explanation.means(language));
    text += &heading(say!("What to do"));
    text += &wrapped(explanation.remedy(language), "  ", "  ");
    if let Some(example) = explanation.example {
        text += &heading(say!("For example"));
        text += &format!("  {example}\n");
    }
    text
}

/// All codes, those of rows first.
pub fn explained_list(all: &[Explanation]) -> String {
    let mut text = String::new();
    for group in all.chunk_by(|one, other| one.effect == other.effect) {
        let Some(first) = group.first() else { continue };
        text += &heading(effect(first.effect));
        for one in group {
            let means = one.means(language());
            let short = means.split_inclusive(['.', ':', ';']).next().unwrap_or(means).trim_end_matches([':', ';']);
            text += &wrapped(format!("{}: {short}", one.code), "  ", "      ");
        }
    }
    text + "\n" + &sentence(say!("`stopgap explain CODE` says what to do about one."))
}

fn effect(effect: Effect) -> String {
    let words: Phrase = match effect {
        Effect::Row(severity) => return meaning::of_severity(severity).to_string(),
        Effect::Input => phrase!("The command line or an input cannot be used: nothing is changed (exit 2)"),
        Effect::Refused => phrase!("Refused by a control: nothing is changed (exit 3)"),
        Effect::Failed => phrase!("Failed: nothing is half-done (exit 4)"),
        Effect::Told => phrase!("Told beside the result"),
    };
    words.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::explained;

    #[test]
    fn a_code_is_explained_with_its_fate_and_its_remedy() {
        let explanation = explained::of("amount.ambiguous").expect("a code");
        let text = super::explained(&explanation);
        assert!(
            text.starts_with("amount.ambiguous: Rejected, not paid\n\nThe amount can be read in two ways"),
            "{text}"
        );
        assert!(
            text.ends_with("\nWhat to do\n  Write the amounts with two decimals.\n\nFor example\n  1.234\n"),
            "{text}"
        );
    }

    #[test]
    fn the_list_fits_the_screen_and_holds_every_code() {
        let all = explained::all();
        let text = explained_list(&all);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(all.iter().all(|one| text.contains(one.code)));
    }
}
