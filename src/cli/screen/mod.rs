//! What people read: a person at ten at night who must pay others tomorrow. Short, aligned, at most 80 columns, nothing said by colour.
//!
//! Every screen is a text made from what an operation gave back; nothing here reads or writes anything. Texts that came from outside (list
//! names, schemes, names, reasons) pass through `mask` first: a terminal obeys whatever it is shown.
//!
//! An approver meets the same content twice, on the screen and on paper. `batch_facts` puts it into words once; `batch` lays it out as text,
//! `control_sheet` as a page.

mod adopted;
mod again;
mod backup;
mod baseline;
mod batch;
mod batch_facts;
mod compared;
mod control_sheet;
mod copies;
mod desks;
mod episodes;
mod explained;
mod fates;
mod figures;
mod file_parts;
mod grid;
mod log;
#[cfg(test)]
mod made_up;
mod mask;
mod meaning;
mod moment;
mod notice;
mod operators;
mod outcome;
mod paragraph;
mod prepared;
mod problems;
mod profiles;
mod purged;
mod rebuilt;
mod recalls;
mod reconciled;
mod reconciliation_page;
mod recovery;
mod released;
mod remedies;
mod status;
mod true_up;
mod uploaded;
mod waiting;
mod worksheets;

pub use adopted::adopted;
pub use backup::{backed_up, restored};
pub use baseline::{baseline_added, baseline_readiness, baselines};
pub use batch::{batch_list, batch_shown};
pub use compared::compared;
pub use control_sheet::control_sheet;
pub use copies::{copies, copies_ended, exposure, found_copy};
pub use desks::{desk_added, merged};
pub use episodes::episodes;
pub use explained::{explained, explained_list};
pub use log::{event_in_words, log};
pub use mask::{mask_name, visible};
pub use notice::notice;
pub use operators::operators;
pub use outcome::outcome;
pub use paragraph::{item, sentence};
pub use prepared::prepared;
pub use profiles::{payer_known_by_name, payer_renamed, profile_checked, profile_list, profile_shown};
pub use purged::{duplicate_key_ended, purged};
pub use rebuilt::rebuilt;
pub use recalls::{recalled, recalls_given_up};
pub use reconciled::{reconciled, unnamed};
pub use reconciliation_page::reconciliation_report;
pub use recovery::{recovered, recovery_code, recovery_standing};
pub use released::released;
pub use remedies::{notices_written, remedy_decided, remedy_list, remedy_shown};
pub use status::status;
pub use true_up::trued_up;
pub use uploaded::uploaded;
pub use waiting::waiting;
pub use worksheets::{sheet_handed, sheet_list, sheet_returned, sheet_settled, sheet_shown, sheets_released};

/// A screen of a rehearsal: whatever it says of paying and uploading, nobody is paid.
pub fn of_a_drill(screen: &str) -> String {
    sentence(crate::say!("This is a DRILL: no money moves, and nothing of it may be sent to a bank.")) + screen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bank::text::is_invisible;
    use crate::checks::Code;
    use crate::ops::batches::BatchView;
    use crate::ops::prepare::Report;
    use crate::payment::Scheme;

    /// A report in which everything that somebody else wrote says `text`.
    fn hostile_report(text: &str) -> Report {
        let mut report = made_up::report();
        let fates = report.fates;
        report.by_scheme = [(text.to_owned(), fates)].into();
        report.lists = vec![made_up::list(text), made_up::list(&format!("{text}/b.csv"))];
        report.problems = made_up::problems(vec![made_up::problem(0, 2, Code::DecisionPaid, text)]);
        report
    }

    /// A view in which everything that somebody else wrote says `text`.
    pub(super) fn hostile_view(text: &str) -> BatchView {
        let mut view = made_up::view();
        view.batch.preparer = text.into();
        view.batch.approved_by = vec![text.into()];
        view.batch.prepared.episode = text.into();
        view.batch.prepared.payer.name = text.into();
        view.batch.prepared.profile.name = text.into();
        view.changed_terms = vec![crate::words::Message::verbatim(text)];
        view.operators_changed.iter_mut().for_each(|operator| operator.name = text.into());
        view.notes.lists = vec![text.into()];
        view.notes.decisions.iter_mut().for_each(|decision| decision.reason = text.into());
        view.batch.prepared.plan.files.iter_mut().for_each(|file| file.name = text.into());
        for payment in &mut view.largest {
            payment.name = text.into();
            payment.payee_name = Some(text.into());
        }
        view.renamed.first.iter_mut().for_each(|name| (name.as_written, name.sent) = (text.into(), text.into()));
        if let Some(scheme) = Scheme::new(text) {
            view.schemes.iter_mut().for_each(|view| view.group.scheme = scheme.clone());
            view.largest.iter_mut().for_each(|payment| payment.obligation.scheme = scheme.clone());
        }
        view
    }

    fn all_screens(text: &str) -> Vec<String> {
        let view = hostile_view(text);
        let mut state = made_up::state();
        state.episodes.iter_mut().for_each(|episode| (episode.name, episode.reason) = (text.into(), text.into()));
        state.batches.values_mut().for_each(|batch| batch.preparer = text.into());
        vec![
            prepared(&hostile_report(text), false),
            batch_shown(&view, true, made_up::now()),
            batch_shown(&view, false, made_up::now()),
            batch_list(&state),
            episodes(&state.episodes),
            operators(&made_up::listed(&view.operators_changed, &[])),
            control_sheet(&view, made_up::now(), true),
        ]
    }

    fn obeyed_by_a_terminal(c: char) -> bool {
        c != '\n' && (c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}'))
    }

    #[test]
    fn no_screen_lets_a_text_from_outside_reach_the_terminal() {
        for text in ["\u{1b}[2J\u{1b}]0;x\u{7}", "a\u{202e}b", "a\r\nTotal  0,00"] {
            for screen in all_screens(text) {
                assert!(!screen.contains(obeyed_by_a_terminal), "{screen:?}");
                assert!(!screen.lines().any(|line| line.trim_start().starts_with("Total  0,00")), "{screen}");
            }
        }
    }

    #[test]
    fn every_screen_fits_eighty_columns() {
        let mut screens = all_screens("lists/a-name.csv");
        screens.pop();
        for line in screens.iter().flat_map(|screen| screen.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_a_text_says_it_is_only_shown(text in "[\\x00-\\x{3000}\\x{fff0}-\\x{ffff}]{0,40}") {
            for screen in all_screens(&text) {
                prop_assert!(!screen.contains(obeyed_by_a_terminal), "{:?}", screen);
            }
        }
    }
}
