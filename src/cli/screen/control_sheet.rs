//! The control sheet: a batch on paper, for two signatures and the bank's receipts.
//!
//! One HTML page that needs nothing else: no script, no picture, no font, no address. What the texts in it say is escaped, so that no name
//! or list can become markup.

use askama::Template;

use super::batch_facts::{self, BatchFacts};
use super::moment;
use crate::ops::Now;
use crate::ops::batches::{BatchView, RENAMED_SHOWN};
use crate::words::{Message, language};

#[derive(Template)]
#[template(path = "control_sheet.html")]
struct ControlSheet {
    language: &'static str,
    facts: BatchFacts,
    currency: &'static str,
    printed_at: String,
    drill: bool,
}

impl ControlSheet {
    fn say(&self, english: &'static str) -> Message {
        Message::new(english, Vec::new())
    }
}

/// The page. Names and accounts are masked: paper lies about. `drill` prints DRILL in large letters.
pub fn control_sheet(view: &BatchView, now: Now, drill: bool) -> String {
    let sheet = ControlSheet {
        language: language().code(),
        facts: batch_facts::facts(view, false, RENAMED_SHOWN, now),
        currency: view.batch.prepared.total().amount.currency().code(),
        printed_at: moment::local(now.unix, now),
        drill,
    };
    sheet.render().expect("writing to memory does not fail")
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;
    use crate::cli::screen::made_up;
    use crate::cli::screen::tests::hostile_view;
    use crate::ops::BatchNotes;

    fn sheet(view: &BatchView) -> String {
        control_sheet(view, made_up::now(), false)
    }

    /// The page's elements in order, with their attributes. Every element must be closed in its place.
    fn elements(page: &str) -> Vec<String> {
        let mut reader = Reader::from_str(page);
        let mut elements = Vec::new();
        loop {
            match reader.read_event().expect("a page that is well formed") {
                Event::Start(tag) | Event::Empty(tag) => {
                    elements.push((*tag).to_owned());
                }
                Event::Eof => return elements,
                _ => {}
            }
        }
    }

    #[test]
    fn the_page_needs_nothing_but_itself() {
        let page = sheet(&made_up::view());
        for outside in ["<script", "javascript", "http", "//", "url(", "@import", "src=", "href=", "<link"] {
            assert!(!page.to_lowercase().contains(outside), "{outside}");
        }
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("@page { size: A4;"));
    }

    #[test]
    fn the_page_says_what_the_screen_says() {
        let page = sheet(&made_up::view());
        let facts = batch_facts::facts(&made_up::view(), false, RENAMED_SHOWN, made_up::now());
        let said =
            [&facts.digest, &facts.ledger_head, &facts.files[0].name, &facts.files[1].amount, &facts.files[0].sha256];
        let words = ["B0002", "Qeqqata Kommunia", "6471-0001234567", "anna", "1,001 payments, 700,000.50 DKK", "+3.2%"];
        for text in said.into_iter().map(String::as_str).chain(words).chain(facts.attention.iter().map(String::as_str))
        {
            assert!(page.contains(text), "{text}");
        }
        for hidden in ["Ane Møller", "Naja", "6471-0001000206", "6112901234", "010190-1234"] {
            assert!(!page.contains(hidden), "{hidden}");
        }
    }

    #[test]
    fn every_changed_name_stands_in_both_forms_masked_as_far_as_a_sheet_can_hold_them() {
        let mut view = made_up::view();
        for (count, listed) in [(0, 0), (1, 1), (3000, 3000), (5001, 5000)] {
            view.renamed = made_up::renamed(count);
            let page = sheet(&view);
            assert_eq!(page.matches("<td>Å•• Sø••••••</td><td>Aa•• Soe••••••</td>").count(), listed, "{count}");
            assert_eq!(page.contains("Names that were changed for the bank"), count > 0);
            assert_eq!(page.contains("and 1 more; rows.csv lists them all."), count == 5001);
            assert!(!page.contains("Sørensen") && !page.contains("Soerensen"));
        }
    }

    #[test]
    fn no_name_or_list_becomes_markup() {
        let harmless = elements(&sheet(&hostile_view("harmless")));
        let attacks = [
            "<script>alert(1)</script>",
            "</td></table><img src=x onerror=alert(1)>",
            "\"><b>",
            "</style><b>",
            "<!--",
            "&lt;b>",
        ];
        for attack in attacks {
            let page = sheet(&hostile_view(attack));
            assert_eq!(elements(&page), harmless, "{attack}");
            assert!(!page.contains("<script") && !page.contains("<img"), "{attack}");
        }
    }

    #[test]
    fn a_drill_is_marked_on_the_page_and_in_its_title() {
        let view = made_up::view();
        assert!(!sheet(&view).contains("DRILL"));
        let page = control_sheet(&view, made_up::now(), true);
        assert!(page.contains("<b>DRILL</b>") && page.contains("<title>DRILL: "), "{page}");
    }

    #[test]
    fn a_page_without_news_is_well_formed_too() {
        let mut view = made_up::view();
        view.operators_changed.clear();
        view.changed_terms.clear();
        view.notes = BatchNotes::default();
        view.batch.prepared.decided_to_pay = 0;
        view.schemes.iter_mut().for_each(|scheme| scheme.before = None);
        let page = sheet(&view);
        assert!(!elements(&page).is_empty() && !page.contains("Look at this first"), "{page}");
    }
}
