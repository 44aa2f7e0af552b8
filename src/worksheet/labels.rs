//! The words on a sheet, in the language in which it was made. A sheet that comes back may be in either.

use crate::batch::Sum;

pub struct Labels {
    pub language: &'static str,
    pub title: &'static str,
    pub drill: &'static str,
    pub of: &'static str,
    pub payment: &'static str,
    pub payments: &'static str,
    pub from: &'static str,
    pub payer: &'static str,
    pub clerk: &'static str,
    pub begun: &'static str,
    pub ended: &'static str,
    pub row: &'static str,
    pub payee: &'static str,
    pub account: &'static str,
    pub by_number: &'static str,
    pub amount: &'static str,
    pub text: &'static str,
    pub for_whom: &'static str,
    pub as_written: &'static str,
    pub running: &'static str,
    pub done: &'static str,
    pub receipt: &'static str,
    pub typed: &'static str,
    pub remark: &'static str,
    pub pay_on: &'static str,
    pub scheme: &'static str,
    pub total: &'static str,
    pub how: [&'static str; 4],
    pub signature: &'static str,
    pub not_done: &'static str,
}

pub const ENGLISH: Labels = Labels {
    language: "en",
    title: "Work sheet",
    drill: "A rehearsal with made-up people. Nothing of this is typed into a bank.",
    of: "of",
    payment: "payment",
    payments: "payments",
    from: "From account",
    payer: "Payer",
    clerk: "Clerk",
    begun: "Begun (time)",
    ended: "Ended (time)",
    row: "Row",
    payee: "Payee",
    account: "Account",
    by_number: "by number (NemKonto)",
    amount: "Amount",
    text: "Text for the payee",
    for_whom: "for",
    as_written: "in the list",
    running: "Running total",
    done: "Done (x)",
    receipt: "Bank's receipt",
    typed: "Amount typed",
    remark: "Remark",
    pay_on: "Pay on",
    scheme: "Scheme",
    total: "Total of the sheet",
    how: [
        "Type each row once, in this order, and tick it at once. Write the bank's receipt for that row and the amount that the bank shows.",
        "If in doubt whether a row went through, do not type it again: leave it without a tick and write why.",
        "After the last row of a page, compare the running total with the portal's.",
        "Change nothing else on the sheet. The same rows are in no other sheet, and in no file.",
    ],
    signature: "Signature",
    not_done: "Rows not done",
};

pub const DANISH: Labels = Labels {
    language: "da",
    title: "Arbejdsark",
    drill: "En øvelse med opdigtede personer. Intet af dette tastes ind i en bank.",
    of: "af",
    payment: "betaling",
    payments: "betalinger",
    from: "Fra konto",
    payer: "Betaler",
    clerk: "Tastet af",
    begun: "Begyndt (kl.)",
    ended: "Sluttet (kl.)",
    row: "Række",
    payee: "Modtager",
    account: "Konto",
    by_number: "efter nummer (NemKonto)",
    amount: "Beløb",
    text: "Tekst til modtager",
    for_whom: "for",
    as_written: "på listen",
    running: "Løbende sum",
    done: "Udført (x)",
    receipt: "Bankens kvittering",
    typed: "Tastet beløb",
    remark: "Bemærkning",
    pay_on: "Betales den",
    scheme: "Ydelse",
    total: "Arkets sum",
    how: [
        "Tast hver række én gang, i denne rækkefølge, og sæt kryds med det samme. Skriv bankens kvittering for rækken og det beløb, banken viser.",
        "Er du i tvivl om, hvorvidt en række gik igennem, så tast den ikke igen: lad krydset stå tomt, og skriv hvorfor.",
        "Sammenlign den løbende sum med portalens efter sidste række på hver side.",
        "Ret intet andet på arket. De samme rækker står ikke på noget andet ark og ikke i nogen fil.",
    ],
    signature: "Underskrift",
    not_done: "Rækker ikke udført",
};

impl Labels {
    /// The noun for so many payments.
    pub fn payments_of(&self, sum: &Sum) -> &'static str {
        if sum.count == 1 { self.payment } else { self.payments }
    }

    pub fn of(danish: bool) -> &'static Labels {
        if danish { &DANISH } else { &ENGLISH }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Amount, Currency};

    #[test]
    fn one_payment_is_told_in_the_singular() {
        let of = |count| Sum { count, amount: Amount::zero(Currency::Dkk) };
        assert_eq!([1, 2, 0].map(|count| DANISH.payments_of(&of(count))), ["betaling", "betalinger", "betalinger"]);
        assert_eq!([1, 2].map(|count| ENGLISH.payments_of(&of(count))), ["payment", "payments"]);
    }
}
