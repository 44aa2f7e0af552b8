//! What a person should know about the reports, in words. However often a thing occurs, it is told a few times and then counted.

use chrono::NaiveDate;

use super::aside::Booked;
use super::typed::{Offer, TypedPayment};
use crate::bank::report::reason;
use crate::ledger::outcome::PaymentStanding;
use crate::ledger::recalls::RecallId;
use crate::payment::{Amount, BatchId, EndToEndId, RepaymentReference};
use crate::say;
use crate::words::{Message, ungrouped};

/// A matter that the reports raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Dotted and stable.
    pub code: &'static str,
    pub message: Message,
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
    pub fn add(&mut self, code: &'static str, message: impl FnOnce() -> Message) {
        self.push(code, true, message);
    }

    pub fn note(&mut self, code: &'static str, message: impl FnOnce() -> Message) {
        self.push(code, false, message);
    }

    fn push(&mut self, code: &'static str, needs_a_person: bool, message: impl FnOnce() -> Message) {
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
                let message = say!("And {more} more of the same kind.", more = count - TOLD);
                let after = self.told.iter().rposition(|told| told.code == code).map_or(self.told.len(), |at| at + 1);
                self.told.insert(after, Warning { code, message, needs_a_person });
            }
        }
        self.told
    }

    pub fn statements_missing(&mut self, last: u64, number: u64) {
        let (first, until) = (ungrouped(last + 1), ungrouped(number - 1));
        let missing = match number - last {
            2 => say!("Statement {first} is missing", first),
            _ => say!("Statements {first} to {until} are missing", first, until),
        };
        self.add("report.gap", || {
            say!(
                "{missing} between the bank's numbers {last} and {number}: fetch what is missing and read it too.",
                missing,
                last = ungrouped(last),
                number = ungrouped(number)
            )
        });
    }

    pub fn balances_do_not_join(&mut self, last: u64, number: u64, closing: Amount, opening: Amount) {
        self.add("report.balance", || {
            say!("Statement {last} ends at {closing} and statement {number} begins at {opening}: something between them is missing.", last, closing, number, opening)
        });
    }

    pub fn balance_is_out(&mut self, statement: &str, difference: Amount) {
        self.add("report.balance", || {
            say!("Statement {statement} does not add up: its opening balance and entries are {difference} {currency} from its closing balance. \
                 Entries may be missing.", statement, difference, currency = difference.currency())
        });
    }

    pub fn copy(&mut self, statement: &str) {
        self.note("report.copy", || {
            say!("The bank marks statement {statement} as a copy or duplicate: what was read before is not counted again.", statement)
        });
    }

    pub fn other_accounts(&mut self, statements: u64) {
        self.note("report.other_account", || {
            say!("{statements:statement|statements} of other accounts in the file: passed over.", statements)
        });
    }

    pub fn bank_code_differs(&mut self) {
        self.note("report.bank_code", || {
            say!(
                "The report's account has the payer's account number under another bank code, as IBANs of large Danish banks do. It was \
                 taken for the payer's account."
            )
        });
    }

    pub fn never_released(&mut self, payment: &EndToEndId, batch: BatchId) {
        self.add("outcome.never_released", || {
            say!("The bank reports {payment}, but its batch {batch} was never released from here. Find out what the bank received, and from whom.", payment, batch)
        });
    }

    pub fn unknown_reference(&mut self, payment: &EndToEndId) {
        self.note("outcome.unknown_reference", || {
            say!("{payment} has the form of this program's references, but this ledger has no such payment: another desk's, or a cancelled batch's.", payment)
        });
    }

    pub fn paid_elsewhere(&mut self, payment: &EndToEndId) {
        self.add("outcome.paid_elsewhere", || {
            say!("The bank has paid {payment}, which has the form of this program's references and never left by this ledger: another desk has released \
                  it, or a newer copy of this ledger. Whoever it was for is held here from now on.", payment)
        });
    }

    pub fn lost_unclear(&mut self, payment: &EndToEndId) {
        self.add("outcome.lost_unclear", || {
            say!("The bank says that money of {payment}, a payment of the lost ledger, did not stand or came back. It was out more than once, or in another \
                  amount, so that it stays as it is here: settle it by hand.", payment)
        });
    }

    pub fn ambiguous(&mut self, text: &str, payments: usize) {
        self.add("outcome.ambiguous", || {
            say!("`{text}` fits {payments} payments of this ledger: none of them was changed. Ask the bank for a camt report.", text, payments)
        });
    }

    pub fn other_message(&mut self, payment: &EndToEndId, message: &str) {
        let message: String = message.chars().take(35).flat_map(char::escape_debug).collect();
        self.add("outcome.other_message", || {
            say!("The bank answers message {message} about {payment}, but that payment was not sent in it. Nothing was changed: somebody may \
                 have sent it in another way as well.", message, payment)
        });
    }

    pub fn unknown_message(&mut self, message: &str) {
        let message: String = message.chars().take(35).flat_map(char::escape_debug).collect();
        self.add("outcome.unknown_message", || {
            say!("The bank answers message {message}, which is not of this ledger.", message)
        });
    }

    pub fn bank_is_ahead(&mut self, id: &str, batch: BatchId) {
        let id: String = id.chars().take(35).flat_map(char::escape_debug).collect();
        self.add("ledger.bank_is_ahead", || {
            say!("The bank reports on {id} of batch {batch}, and this ledger has not come to that batch: it is an older copy, or another \
                 ledger pays from the same account. Nothing is released until two people have looked into it.", id, batch)
        });
    }

    pub fn message_never_released(&mut self, message: &str, batch: BatchId) {
        self.add("outcome.never_released", || {
            say!("The bank answers message {message}, but its batch {batch} was never released from here. Find out what the bank received, and from whom.", message, batch)
        });
    }

    pub fn duplicate_at_bank(&mut self, what: &str, reason: &str) {
        self.add("outcome.duplicate_at_bank", || match reason {
            "" => say!(
                "The bank refused {what} as one that it has already. The first stands, and nothing is freed.",
                what
            ),
            reason => say!(
                "The bank refused {what} as one that it has already: {reason}. The first stands, and nothing is freed.",
                what,
                reason = reason::told(reason)
            ),
        });
    }

    pub fn unnamed_rejection(&mut self, message: &str, reason: &str) {
        self.add("outcome.unnamed_rejection", || match reason {
            "" => say!(
                "The bank rejects a part of message {message} without a reference by which it is known here. Nothing was changed: ask the \
                 bank which payments it means; until then they count as paid.",
                message
            ),
            reason => say!(
                "The bank rejects a part of message {message} without a reference by which it is known here: {reason}. Nothing was changed: \
                 ask the bank which payments it means; until then they count as paid.",
                message,
                reason = reason::told(reason)
            ),
        });
    }

    pub fn amount_differs(&mut self, payment: &EndToEndId, told: Amount, sent: Amount, typed: Option<Amount>) {
        self.add("outcome.amount_differs", || match typed {
            None => say!("The bank names {told} for {payment}, which was sent as {sent}.", told, payment, sent),
            Some(typed) => say!(
                "The bank names {told} for {payment}, which was approved as {sent} and typed by hand as {typed}.",
                told,
                payment,
                sent,
                typed
            ),
        });
    }

    pub fn part_returned(&mut self, payment: &EndToEndId, told: Amount, sent: Amount) {
        self.add("outcome.part_returned", || {
            say!("{told} of the {sent} of {payment} came back. A part frees nothing: a person decides what is still owed.", told, sent, payment)
        });
    }

    pub fn unclear(&mut self, payment: &EndToEndId) {
        self.add("outcome.unclear", || {
            say!(
                "A debit about {payment} calls itself a return. It is kept as a debit that no payment explains: ask the bank what it is.",
                payment
            )
        });
    }

    /// `by_people`: two people had freed it, and not the bank's word.
    pub fn contradiction(&mut self, standing: &PaymentStanding, on_the_account: bool, by_people: bool) {
        let (payment, batch) = (&standing.end_to_end_id, standing.batch);
        self.add("outcome.contradiction", || {
            let told = match (!standing.live, standing.cancelled) {
                (false, true) => say!(
                    "{payment} of batch {batch} was taken back by the bank's answer to a recall and booked on the account by its statement; it \
                     counts as paid until its return is booked too.",
                    payment,
                    batch
                ),
                (true, _) if by_people => say!(
                    "{payment} of batch {batch} was freed to be paid again because two people said that it was never typed, and by the bank's \
                     reports it stands after all.",
                    payment,
                    batch
                ),
                (true, _) => say!(
                    "{payment} of batch {batch} was freed to be paid again after the bank had rejected or returned it, and by the bank's \
                     reports it stands after all.",
                    payment,
                    batch
                ),
                (false, false) if !on_the_account => say!(
                    "{payment} of batch {batch} was rejected by the bank's word and, by another word of the bank's, carried out; it counts as \
                     paid.",
                    payment,
                    batch
                ),
                (false, false) => say!(
                    "{payment} of batch {batch} was rejected by the bank's word and booked on the account by its statement; it counts as \
                     paid.",
                    payment,
                    batch
                ),
            };
            told.and(say!("A person must find out which is true, before it is paid again."))
        });
    }

    pub fn sum_confirmed(&mut self, batch: BatchId, payments: u64, amount: Amount, came_back: bool) {
        let currency = amount.currency();
        self.note("outcome.sum", || {
            let told = match came_back {
                true => say!(
                    "{payments:payment|payments} of batch {batch} came back as one sum of {amount} {currency}.",
                    payments,
                    batch,
                    amount,
                    currency
                ),
                false => say!(
                    "{payments:payment|payments} of batch {batch} are booked as one sum of {amount} {currency}.",
                    payments,
                    batch,
                    amount,
                    currency
                ),
            };
            told.and(say!("The sum agrees; the single payments are not confirmed by it."))
        });
    }

    pub fn sum_differs(&mut self, batch: BatchId, told: (Option<u64>, Amount), sent: (u64, Amount)) {
        self.add("outcome.sum_differs", || {
            let count = match told.0 {
                None => say!("a sum"),
                Some(count) => say!("{count:payment|payments}", count),
            };
            say!(
                "The bank books {count} of {told} under an id of batch {batch}, where {payments:payment|payments} of {sent} were sent: nothing \
                 is confirmed by it. If some were rejected, read the bank's pain.002 and then this report again.",
                count,
                told = told.1,
                batch,
                payments = sent.0,
                sent = sent.1
            )
        });
    }

    pub fn perhaps_typed(&mut self, offer: &Offer, amount: Amount, booked_on: Option<NaiveDate>) {
        let Offer { sheet, row, booked, of, by_account } = offer;
        let (row, sheet) = (ungrouped(*row), sheet.to_string());
        let debit = move || match booked_on {
            Some(day) => say!("A debit of {amount} on {day}", amount, day),
            None => say!("A debit of {amount}", amount),
        };
        let agrees = || if *by_account { say!("amount and account agree") } else { say!("the amount agrees") };
        let row = || match of {
            1 => say!("row {row} of sheet {sheet}", row = row.clone(), sheet = &sheet),
            of => say!(
                "one of {of:typed payment|typed payments}, such as row {row} of sheet {sheet}",
                of = *of,
                row = row.clone(),
                sheet = &sheet
            ),
        };
        match booked {
            true => self.add("outcome.perhaps_typed_twice", || {
                say!(
                    "{debit} may be {row}, typed a second time: {agrees}, and that row is booked already. Ask the bank, and have it stopped \
                     or called back.",
                    debit = debit(),
                    row = row(),
                    agrees = agrees()
                )
            }),
            false => self.add("outcome.perhaps_typed", || {
                say!(
                    "{debit} may be {row}: {agrees}, and it names neither a receipt nor a reference. Nothing was changed. Where it is that \
                     row, two people say so: `stopgap worksheet settle --as typed --booked-on`.",
                    debit = debit(),
                    row = row(),
                    agrees = agrees()
                )
            }),
        }
    }

    /// A debit with the receipt of a typed payment, and with another amount.
    pub fn receipt_of_other_amount(&mut self, place: &TypedPayment, booked: &Booked, told: Amount, typed: Amount) {
        let (row, sheet) = (ungrouped(place.row), place.sheet.as_str());
        let (is_credit, day) = (booked.is_credit, booked.booked_on());
        self.add("outcome.receipt_amount", || {
            let movement = match (is_credit, day) {
                (false, Some(day)) => say!("A debit of {amount} on {day}", amount = told, day),
                (false, None) => say!("A debit of {amount}", amount = told),
                (true, Some(day)) => say!("A credit of {amount} on {day}", amount = told, day),
                (true, None) => say!("A credit of {amount}", amount = told),
            };
            let said = say!(
                "{movement} carries the receipt of row {row} of sheet {sheet}, which was typed with {typed}. It was not taken for that row.",
                movement,
                row,
                sheet,
                typed
            );
            match is_credit {
                true => said.and(say!("Ask the bank what it is.")),
                false => said.and(say!(
                    "Ask the bank what it is. Where it is that row, two people say so: `stopgap worksheet settle {sheet} --as typed --booked-on \
                     DATE --booked-amount AMOUNT`.",
                    sheet
                )),
            }
        });
    }

    pub fn repaid_beyond(&mut self, reference: &RepaymentReference, beyond: Amount, asked: Amount) {
        self.add("outcome.repaid_beyond", || {
            say!("Under {reference} {beyond} more came back than the {asked} that was asked for: it is not the payer's to keep.", reference = reference.to_string(), beyond, asked)
        });
    }

    pub fn several_repayments(&mut self) {
        self.add("outcome.ambiguous_repayment", || {
            say!(
                "A credit names the references of several recoveries: none of them was changed. Ask who paid for which."
            )
        });
    }

    pub fn recall_unknown(&mut self, id: &str, payment: Option<&EndToEndId>) {
        let id: String = id.chars().take(35).flat_map(char::escape_debug).collect();
        self.add("recall.unknown", || {
            let told = say!("The bank answers a recall `{id}`, which is not of this ledger.", id);
            let told = match payment {
                Some(payment) => told.and(say!("It speaks of {payment}, which is paid from here.", payment)),
                None => told,
            };
            told.and(say!("Nothing was changed: find out who asked, and what the bank did."))
        });
    }

    pub fn recall_of_another(&mut self, recall: RecallId, payment: &EndToEndId) {
        self.add("recall.other_payment", || {
            say!(
                "The bank's answer to {recall} speaks of {payment}, which {recall} did not ask for. Nothing was changed about it: ask the bank.",
                recall = recall.to_string(),
                payment
            )
        });
    }

    pub fn recall_contradicted(&mut self, recall: RecallId, payment: &EndToEndId) {
        self.add("recall.contradiction", || {
            say!(
                "The bank has both accepted and refused to take {payment} back ({recall}). Nothing was freed by it: the statement of the account \
                 must show which is true.",
                payment,
                recall = recall.to_string()
            )
        });
    }

    pub fn recall_file(&mut self, recall: RecallId, refused: bool) {
        let recall = recall.to_string();
        match refused {
            true => self.add("recall.file_refused", || {
                say!("The bank refused the file of {recall}: its payments are not taken back by it.", recall)
            }),
            false => self.note("recall.file_taken", || {
                say!("The bank took in the file of {recall}: the answer itself is still to come (camt.029).", recall)
            }),
        }
    }

    pub fn part_without_amount(&mut self) {
        self.add("outcome.no_amount", || {
            say!("An entry sums up transactions of others without their amounts; those are not kept as unexplained debits.")
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
            warnings.add("a", || Message::verbatim(number.to_string()));
            warnings.note("b", || Message::verbatim("the same"));
        }
        let told = warnings.finish();
        assert_eq!(told.len(), TOLD + 2);
        assert_eq!(told[TOLD].message, "And 5 more of the same kind.");
        assert!(told.iter().all(|warning| warning.needs_a_person == (warning.code == "a")));
    }
}
