//! Whether a bank's own words say that it has a file or a payment already: in English, Danish, Norwegian, Swedish or Finnish.
//!
//! Such a refusal says nothing against the first, and must never free a payment. Capitals do not count, nor how letters with marks are written
//! (ø, o or oe): the words below are as [`plain`] makes them. A word such as *already* counts close to one that says what was done: an account
//! that is *already closed* is no duplicate.

/// Parts of words that say it alone.
#[rustfmt::skip]
const DUPLICATE: &[&str] = &[
    "dupl", "duble", "dubbl", "dobbelt", "dubbel", "kaksois", "kaksinkert", "kahdennett", "tupla",
    "double booking", "double entry", "double file", "double payment", "double submission", "double transmission",
];

/// That something was done at another time too. Each counts beside one of [`DONE`].
const ALREADY: &[&str] = &["already", "previously", "twice", "allerede", "redan", "jo", "kahdesti"];
const ALREADY_IN_TWO: &[[&str; 2]] =
    &[["2", "gang"], ["to", "gang"], ["tva", "gang"], ["kaksi", "kerta"], ["kahteen", "kerta"]];

/// The same, unless it compares: *earlier than*.
const EARLIER: &[&str] = &["earlier", "tidligere", "tidigare", "aiemmin", "aikaisemmin"];
const THAN: &[&str] = &["than", "end", "enn", "an", "kuin"];

/// The same at the end of a clause: elsewhere a time follows.
const BEFORE: &[&str] = &["before", "for", "forut"];

/// The same before one of [`THINGS`]: *with the same reference*.
const SAME: &[&str] = &["same", "identical", "samme", "samma", "identisk", "sama", "saman", "samalla", "identti"];
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "file", "message", "msg", "payment", "transaction", "reference", "id", "endtoend", "uetr",
    "fil", "melding", "meddel", "betal", "transa", "referan", "referens", "tiedosto", "aineisto", "sanoma", "maksu", "viit", "tunn",
];

/// What is done with a file or a payment, as words begin.
#[rustfmt::skip]
const DONE: &[&str] = &[
    // English
    "accepted", "booked", "delivered", "executed", "exist", "found", "handled", "imported", "known", "loaded", "paid", "present", "processed",
    "received", "recorded", "registered", "sent", "settled", "submitted", "transmitted", "uploaded", "used",
    // Danish and Norwegian
    "anvendt", "behandlet", "behandlede", "benyttet", "betalt", "bogfort", "bokfort", "brugt", "brukt", "eksister", "ekspeder", "effektuer",
    "findes", "finnes", "fundet", "funnet", "gennemfort", "gjennomfort", "handter", "indlast", "indsendt", "innlest", "innsendt", "kendt",
    "kjent", "lest", "leveret", "levert", "modtaget", "modtagne", "mottatt", "imot", "oprettet", "opprettet", "registrer", "sendt", "udbetalt",
    "udfort", "utbetalt", "utfort",
    // Swedish
    "anvand", "anvant", "behandlad", "behandlat", "betald", "betalats", "bokford", "emot", "existerar", "finns", "genomfor", "hanterad",
    "hanterat", "hittad", "inlast", "insant", "inskickad", "levererad", "levererat", "mottagen", "mottaget", "mottagits", "mottagna", "mottogs",
    "skickad", "skickat", "utford",
    // Finnish
    "kasitell", "kasitelt", "kaytett", "kaytoss", "kirjatt", "ladatt", "lahetett", "loydett", "loyty", "luettu", "maksett", "olemassa",
    "rekisteroit", "sapun", "suoritett", "toimitett", "vastanotet", "veloitett",
];

/// So many words at most lie between what was done and that it was done already.
const CLOSE: usize = 4;

/// That something is not the only one of its name, or should be: the word and one before it.
const UNIQUE: &[&str] = &["uniq", "unik", "yksilol", "ainutkert"];
#[rustfmt::skip]
const NOT_OR_MUST_BE: &[&str] =
    &["not", "non", "be", "ikke", "inte", "ej", "icke", "vare", "vara", "ei", "ole", "oltava"];

/// Whether the words speak of a duplicate.
pub fn speaks_of_a_duplicate(words: &str) -> bool {
    let words = plain(words);
    DUPLICATE.iter().any(|part| words.contains(part))
        || words.split(['.', ',', ';', ':', '!', '?', '(', ')']).any(says_already)
}

/// In small letters without marks, however the bank writes those: many of them leave them out.
fn plain(words: &str) -> String {
    let letters = words.chars().flat_map(char::to_lowercase).map(|letter| match letter {
        'å' | 'ä' | 'æ' => 'a',
        'ö' | 'ø' => 'o',
        other => other,
    });
    letters.collect::<String>().replace("aa", "a").replace("ae", "a").replace("oe", "o")
}

fn says_already(clause: &str) -> bool {
    let words: Vec<&str> = clause.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let begins = |word: &str, with: &[&str]| with.iter().any(|beginning| word.starts_with(beginning));
    let is_done = |at: usize| {
        let around = at.saturating_sub(CLOSE)..words.len().min(at + CLOSE + 1);
        words.get(around).is_some_and(|near| near.iter().any(|word| begins(word, DONE)))
    };
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let in_two = |[one, other]: &[&str; 2]| word == one && next.starts_with(other);
        let already = ALREADY.contains(word)
            || ALREADY_IN_TWO.iter().any(in_two)
            || (EARLIER.contains(word) && !THAN.contains(&next))
            || (BEFORE.contains(word) && next.is_empty())
            || (begins(word, SAME) && begins(next, THINGS));
        (already && is_done(at)) || (NOT_OR_MUST_BE.contains(word) && begins(next, UNIQUE))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_banks_write_of_a_second_file_is_understood() {
        for words in [
            "ISO Duplicate Message ID",
            "Double payment",
            "File already received",
            "FILE HAS ALREADY BEEN RECEIVED AND PROCESSED",
            "File has been processed before",
            "A file with the same message id exists",
            "The message was received earlier.",
            "Message id previously used",
            "EndToEndId is not unique",
            "File sent twice",
            "Filen er en dublet",
            "Filen er allerede modtaget",
            "Filen er modtaget tidligere",
            "Betalingen er modtaget før",
            "Meddelelsen er allerede behandlet",
            "En fil med samme id findes",
            "Filen er sendt to gange",
            "Betalingen er allerede bogført",
            "BETALINGEN ER ALLEREDE BOGFOERT",
            "Filen er allerede indlæst",
            "MsgId skal være unik",
            "Filen er allerede mottatt",
            "Meldingen er sendt to ganger",
            "Oppdraget er allerede registrert",
            "Duplisert melding",
            "Filen er tidligere innlest",
            "Dubblett: filen är redan mottagen",
            "DUBBELBETALNING",
            "Filen har redan tagits emot",
            "Betalningen har behandlats tidigare",
            "Meddelande-id har redan använts",
            "Filen ar redan inlast",
            "Filen har skickats två gånger",
            "Betalningsreferensen är inte unik",
            "Tiedosto on jo vastaanotettu, kaksoiskappale",
            "Tiedosto on jo vastaanotettu",
            "Aineisto on jo käsitelty",
            "AINEISTO ON JO KASITELTY",
            "Maksu on suoritettu aiemmin",
            "Sanoma on lähetetty kahteen kertaan",
            "Samalla tunnisteella löytyy jo maksu",
            "Sama tiedosto on vastaanotettu",
            "Tunniste ei ole yksilöllinen",
        ] {
            assert!(speaks_of_a_duplicate(words), "{words}");
        }
    }

    #[test]
    fn what_banks_write_of_other_faults_is_no_duplicate() {
        for words in [
            "",
            "Kontoen er lukket",
            "The account is already closed",
            "Kontoen er allerede opgjort",
            "Kontot är redan avslutat",
            "Tili on jo suljettu",
            "The date is earlier than the day on which the file was received",
            "Betalingsdato er tidligere end den dag, hvor filen er modtaget",
            "Datoen er tidligere enn dagen filen ble mottatt",
            "Betalningsdagen är tidigare än dagen då filen mottogs",
            "Eräpäivä on aiemmin kuin vastaanotettu",
            "File not received before cut-off time",
            "Filen er ikke modtaget før skæringstidspunktet",
            "Cut-off has already passed, the payment was not processed",
            "Manglende dækning på kontoen",
            "Modtagerens konto findes ikke",
            "Mottagarens konto finns inte",
            "Saajan tiliä ei löydy",
            "Kommunikationsfejl",
            "Please double-check the account number",
            "Currency must be the same as that of the account",
            "Avtale mangler for kontoen",
        ] {
            assert!(!speaks_of_a_duplicate(words), "{words}");
        }
    }
}
