//! What a person should know about the reports, in words. However often a thing occurs, it is told a few times and then counted.

use chrono::NaiveDate;

use super::typed::Offer;
use crate::bank::report::reason;
use crate::payment::{Amount, BatchId, EndToEndId, RepaymentReference};

/// A matter that the reports raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Dotted and stable.
    pub code: &'static str,
    pub message: String,
    /// `false` where it is good to know and nothing is to be done.
    pub needs_a_person: bool,
}

/// How often one kind of matter is told in full.
const TOLD: usize = 20;

#[derive(Default)]
pub struct Warnings {
    told: Vec<Warning>,
    /// How many of each kind there were.
    counts: Vec<(&'static str, usize)>,
}

impl Warnings {
    pub fn add(&mut self, code: &'static str, message: impl FnOnce() -> String) {
        self.push(code, true, message);
    }

    pub fn note(&mut self, code: &'static str, message: impl FnOnce() -> String) {
        self.push(code, false, message);
    }

    fn push(&mut self, code: &'static str, needs_a_person: bool, message: impl FnOnce() -> String) {
        let at = self.counts.iter().position(|(known, _)| *known == code).unwrap_or_else(|| {
            self.counts.push((code, 0));
            self.counts.len() - 1
        });
        self.counts[at].1 += 1;
        if self.counts[at].1 > TOLD {
            return;
        }
        let warning = Warning { code, message: message(), needs_a_person };
        if self.told.contains(&warning) {
            self.counts[at].1 -= 1;
        } else {
            self.told.push(warning);
        }
    }

    /// What somebody has to look into comes first.
    pub fn finish(mut self) -> Vec<Warning> {
        self.told.sort_by_key(|told| !told.needs_a_person);
        for (code, count) in self.counts {
            if count > TOLD {
                let needs_a_person = self.told.iter().any(|told| told.code == code && told.needs_a_person);
                let message = format!("And {} more of the same kind.", count - TOLD);
                let after = self.told.iter().rposition(|told| told.code == code).map_or(self.told.len(), |at| at + 1);
                self.told.insert(after, Warning { code, message, needs_a_person });
            }
        }
        self.told
    }

    pub fn statements_missing(&mut self, last: u64, number: u64) {
        let missing = match number - last {
            2 => format!("Statement {} is", last + 1),
            _ => format!("Statements {} to {} are", last + 1, number - 1),
        };
        self.add("report.gap", || {
            format!(
                "{missing} missing between the bank's numbers {last} and {number}: fetch what is missing and read it too."
            )
        });
    }

    pub fn balances_do_not_join(&mut self, last: u64, number: u64, closing: Amount, opening: Amount) {
        self.add("report.balance", || {
            format!(
                "Statement {last} ends at {} and statement {number} begins at {}: something between them is missing.",
                closing.grouped(),
                opening.grouped()
            )
        });
    }

    pub fn balance_is_out(&mut self, statement: &str, difference: Amount) {
        self.add("report.balance", || {
            format!(
                "Statement {statement} does not add up: its opening balance and entries are {} {} from its closing balance. \
                 Entries may be missing.",
                difference.grouped(),
                difference.currency()
            )
        });
    }

    pub fn copy(&mut self, statement: &str) {
        self.note("report.copy", || {
            format!("The bank marks statement {statement} as a copy or duplicate: what was read before is not counted again.")
        });
    }

    pub fn other_accounts(&mut self, statements: u64) {
        self.note("report.other_account", || {
            let statements = if statements == 1 { "1 statement".into() } else { format!("{statements} statements") };
            format!("{statements} in the file are of other accounts and were passed over.")
        });
    }

    pub fn bank_code_differs(&mut self) {
        self.note("report.bank_code", || {
            "The report's account has the payer's account number under another bank code, as IBANs of large Danish banks do. It was taken \
             for the payer's account."
                .into()
        });
    }

    pub fn never_released(&mut self, payment: &EndToEndId, batch: BatchId) {
        self.add("outcome.never_released", || {
            format!(
                "The bank reports {payment}, but its batch {batch} was never released from here. Find out what the bank received, and from whom."
            )
        });
    }

    pub fn unknown_reference(&mut self, payment: &EndToEndId) {
        self.note("outcome.unknown_reference", || {
            format!(
                "{payment} has the form of this program's references, but this ledger has no such payment: another desk's, or a cancelled batch's."
            )
        });
    }

    pub fn ambiguous(&mut self, text: &str, payments: usize) {
        self.add("outcome.ambiguous", || {
            format!("`{text}` fits {payments} payments of this ledger: none of them was changed. Ask the bank for a camt report.")
        });
    }

    pub fn other_message(&mut self, payment: &EndToEndId, message: &str) {
        let message: String = message.chars().take(35).flat_map(char::escape_debug).collect();
        self.add("outcome.other_message", || {
            format!(
                "The bank answers message {message} about {payment}, but that payment was not sent in it. Nothing was changed: somebody may \
                 have sent it in another way as well."
            )
        });
    }

    pub fn unknown_message(&mut self, message: &str) {
        let message: String = message.chars().take(35).flat_map(char::escape_debug).collect();
        self.add("outcome.unknown_message", || {
            format!("The bank answers message {message}, which is not of this ledger.")
        });
    }

    pub fn bank_is_ahead(&mut self, id: &str, batch: BatchId) {
        let id: String = id.chars().take(35).flat_map(char::escape_debug).collect();
        self.add("ledger.bank_is_ahead", || {
            format!(
                "The bank reports on {id} of batch {batch}, and this ledger has not come to that batch: it is an older copy, or another \
                 ledger pays from the same account. Nothing is released until two people have looked into it."
            )
        });
    }

    pub fn message_never_released(&mut self, message: &str, batch: BatchId) {
        self.add("outcome.never_released", || {
            format!(
                "The bank answers message {message}, but its batch {batch} was never released from here. Find out what the bank received, and from whom."
            )
        });
    }

    pub fn duplicate_at_bank(&mut self, what: &str, reason: &str) {
        self.add("outcome.duplicate_at_bank", || {
            let reason = if reason.is_empty() { String::new() } else { format!(": {}", reason::told(reason)) };
            format!(
                "The bank refused {what} as one that it has already{reason}. The first stands, and nothing is freed."
            )
        });
    }

    pub fn amount_differs(&mut self, payment: &EndToEndId, told: Amount, sent: Amount) {
        self.add("outcome.amount_differs", || {
            format!("The bank names {} for {payment}, which was sent as {}.", told.grouped(), sent.grouped())
        });
    }

    pub fn part_returned(&mut self, payment: &EndToEndId, told: Amount, sent: Amount) {
        self.add("outcome.part_returned", || {
            format!(
                "{} of the {} of {payment} came back. A part frees nothing: a person decides what is still owed.",
                told.grouped(),
                sent.grouped()
            )
        });
    }

    pub fn unclear(&mut self, payment: &EndToEndId) {
        self.add("outcome.unclear", || {
            format!("A debit about {payment} calls itself a return. Nothing was changed: ask the bank what it is.")
        });
    }

    pub fn contradiction(&mut self, payment: &EndToEndId, batch: BatchId, freed: bool) {
        self.add("outcome.contradiction", || {
            let what = if freed {
                "was freed to be paid again after the bank had rejected or returned it, and by the bank's reports it stands after all"
            } else {
                "was rejected by the bank's word and booked on the account by its statement; it counts as paid"
            };
            format!("{payment} of batch {batch} {what}. A person must find out which is true, before it is paid again.")
        });
    }

    pub fn sum_confirmed(&mut self, batch: BatchId, payments: u64, amount: Amount, came_back: bool) {
        let what = if came_back { "came back as one sum" } else { "are booked as one sum" };
        self.note("outcome.sum", || {
            format!(
                "{payments} payments of batch {batch} {what} of {} {}. The sum agrees; the single payments are not confirmed by it.",
                amount.grouped(),
                amount.currency()
            )
        });
    }

    pub fn sum_differs(&mut self, batch: BatchId, told: (Option<u64>, Amount), sent: (u64, Amount)) {
        self.add("outcome.sum_differs", || {
            let count = told.0.map_or_else(|| "a sum".to_owned(), |count| format!("{count} payments"));
            format!(
                "The bank books {count} of {} under an id of batch {batch}, where {} payments of {} were sent: nothing is confirmed by it. \
                 If some were rejected, read the bank's pain.002 and then this report again.",
                told.1.grouped(),
                sent.0,
                sent.1.grouped()
            )
        });
    }

    pub fn perhaps_typed(&mut self, offer: &Offer, amount: Amount, booked_on: Option<NaiveDate>) {
        let Offer { sheet, row, booked, of, by_account } = offer;
        let day = booked_on.map(|day| format!(" on {day}")).unwrap_or_default();
        let agrees = if *by_account { "amount and account" } else { "amount" };
        let row = match of {
            1 => format!("row {row} of sheet {sheet}"),
            of => format!("one of {of} typed payments, such as row {row} of sheet {sheet}"),
        };
        match booked {
            true => self.add("outcome.perhaps_typed_twice", || {
                format!(
                    "A debit of {}{day} may be {row}, typed a second time: {agrees} agree, and that row is booked already. Ask the bank, \
                     and have it stopped or called back.",
                    amount.grouped()
                )
            }),
            false => self.add("outcome.perhaps_typed", || {
                format!(
                    "A debit of {}{day} may be {row}: {agrees} agree, and it names neither a receipt nor a reference. Nothing was changed. \
                     Where it is that row, two people say so: `stopgap worksheet settle`.",
                    amount.grouped()
                )
            }),
        }
    }

    pub fn repaid_beyond(&mut self, reference: &RepaymentReference, beyond: Amount, asked: Amount) {
        self.add("outcome.repaid_beyond", || {
            format!(
                "Under {reference} {} more came back than the {} that was asked for: it is not the payer's to keep.",
                beyond.grouped(),
                asked.grouped()
            )
        });
    }

    pub fn several_repayments(&mut self) {
        self.add("outcome.ambiguous_repayment", || {
            "A credit names the references of several recoveries: none of them was changed. Ask who paid for which."
                .into()
        });
    }

    pub fn part_without_amount(&mut self) {
        self.add("outcome.no_amount", || {
            "An entry sums up transactions of others without their amounts; those are not kept as unexplained debits."
                .into()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_occurs_often_is_told_a_few_times_and_then_counted() {
        let mut warnings = Warnings::default();
        for number in 0..25 {
            warnings.add("a", || number.to_string());
            warnings.note("b", || "the same".into());
        }
        let told = warnings.finish();
        assert_eq!(told.len(), TOLD + 2);
        assert_eq!(told[TOLD + 1].message, "And 5 more of the same kind.");
        assert!(told.iter().all(|warning| warning.needs_a_person == (warning.code == "a")));
    }
}
