//! Whether a bank's own words say that it has a file or a payment already: in English, Danish, Norwegian, Swedish or Finnish.
//!
//! Such a refusal says nothing against the first, and must never free a payment. Capitals do not count, nor how letters with marks are written
//! (ø, o or oe): the words below are as [`plain`] makes them. A word such as *already* counts close to one that says what was done: an account
//! that is *already closed* is no duplicate.

use unicode_normalization::UnicodeNormalization as _;

/// Parts of words that say it alone.
#[rustfmt::skip]
const DUPLICATE: &[&str] = &[
    "dupl", "duble", "dubbl", "dobbelt", "dubbel", "kaksois", "kaksinkert", "kahdennett", "tupla",
    "double booking", "double entry", "double file", "double payment", "double submission", "double transmission",
    "more than once", "mere end en gang", "mer enn en gang", "mer an en gang",
    "reused", "re-used", "genbrugt", "gjenbrukt", "ateranvan", "gentagels", "gjentagels", "gensendt", "alreadyexists", "already exists", "has been used", "msgid in use", "id in use",
    "uniqueness",
    "already in use", "already in our system", "already in the system", "allerede i brug", "allerede i bruk", "redan i bruk",
];

/// What is double there and is no payment: two people who approve, or a second look.
#[rustfmt::skip]
const TWO_WHO_APPROVE: &[&str] = &[
    "dobbelt godkend", "dobbelt signat", "dobbelt underskrift", "dobbel godkjen", "dobbelt godkjen", "dobbelsigner", "dobbelt signer",
    "dubbel attest", "dubbelattest", "dubbel signer", "dubbelsigner", "dual approval",
    "dobbelttjek", "dobbelt tjek", "dobbeltsjekk", "dobbelt sjekk", "dubbelkoll", "dubbel koll",
];

/// That something was done at another time too. Each counts beside one of [`DONE`].
#[rustfmt::skip]
const ALREADY: &[&str] = &[
    "already", "previously", "twice", "again", "allerede", "forvejen", "igen", "igjen", "redan", "jo", "kahdesti", "uudelleen",
];
#[rustfmt::skip]
const ALREADY_IN_TWO: &[[&str; 2]] = &[
    ["2", "gang"], ["to", "gang"], ["tva", "gang"], ["flere", "gang"], ["flera", "gang"], ["kaksi", "kerta"], ["kahteen", "kerta"],
    ["usean", "kerta"], ["useita", "kerto"], ["multiple", "time"], ["several", "time"], ["2", "time"], ["two", "time"],
];

/// Said of what came once more, and of nothing that is to come.
const REPEATED: &[&str] = &["repeated", "gentaget", "gjentatt", "upprepad", "toistett"];
const ONCE_MORE: &[&str] = &["again", "igen", "igjen", "uudelleen"];
const REQUEST: &[&str] =
    &["bedes", "venligst", "please", "ma", "prov", "forsog", "try", "vanligen", "vennligst", "yrita"];

/// The same, unless it compares: *earlier than*.
const EARLIER: &[&str] = &["earlier", "tidligere", "tidigare", "aiemmin", "aikaisemmin"];
const THAN: &[&str] = &["than", "end", "enn", "an", "kuin"];

/// The same at the end of a clause or before one of [`GOES_ON`]: elsewhere a time follows.
const BEFORE: &[&str] = &["before", "forut"];
const GOES_ON: &[&str] = &["", "and", "but", "og", "men", "och", "i", "in"];

/// The same before one of [`THINGS`]: *with the same reference*.
const SAME: &[&str] = &["same", "identical", "samme", "samma", "identisk", "sama", "saman", "samalla", "identti"];
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "file", "message", "msg", "payment", "transaction", "reference", "id", "endtoend", "uetr",
    "fil", "melding", "meddel", "betal", "transa", "referan", "referens", "tiedosto", "aineisto", "sanoma", "maksu", "viit", "tunn",
];

/// The same of that by which one is told from others: *this id exists*.
const THIS: &[&str] = &["this", "denne", "dette", "denna", "detta", "talla"];
const NAMES: &[&str] = &["id", "msgid", "endtoend", "reference", "referan", "referens", "tunn", "viit"];

/// What the payment shares with others of its file: *in the same payment block*.
const WITHIN: &[&str] = &["in", "within", "i", "inom", "inden", "innen"];

/// What is to be and is not.
const MUST: &[&str] = &["must", "ma", "shall", "should", "skal", "ska", "skall", "maste", "pitaa", "taytyy"];
const NOT: &[&str] =
    &["not", "no", "cannot", "never", "ikke", "ingen", "intet", "inte", "inga", "icke", "ej", "ei", "eika", "eivat"];
/// Of what else it is said: the payee, who is dead, or a limit.
const OF_OTHERS: &[&str] = &["deceased", "dead", "dod", "dode", "avliden", "kuollut", "limit"];

/// What is done with a file or a payment, as words begin.
#[rustfmt::skip]
const DONE: &[&str] = &[
    // English
    "accepted", "booked", "completed", "created", "debited", "delivered", "executed", "exist", "found", "handled", "imported", "known", "loaded", "made", "paid", "pending",
    "posted", "present", "process", "progress",
    "received", "recorded", "registered", "sent", "settled", "submitted", "transferred", "transmitted", "uploaded", "used",
    // Danish and Norwegian
    "anvendes", "anvendt", "behandling", "belast", "foretag", "indlever", "lagt", "oversendt", "posteret", "godkendt", "godkjent", "kommet", "overfort", "behandlet", "behandlede", "benyttet", "betalt", "bogfort", "bokfort", "brugt", "brukt", "eksister", "ekspeder", "effektuer",
    "findes", "finnes", "fundet", "funnet", "gennemfort", "gjennomfort", "handter", "indlast", "indsendt", "innlest", "innsendt", "kendt",
    "kjent", "lest", "leveret", "levert", "modtaget", "modtagne", "mottatt", "imot", "oprettet", "opprettet", "registrer", "sendt", "udbetalt",
    "udfort", "utbetalt", "utfort",
    // Swedish
    "anvand", "anvant", "gjort", "godkan", "inkom", "kommit", "utbetald", "verkstall", "overford", "debiter", "behandlad", "behandlat", "betald", "betalats", "bokford", "emot", "existerar", "finns", "genomfor", "hanterad",
    "hanterat", "hittad", "inlast", "insant", "inskickad", "levererad", "levererat", "mottagen", "mottaget", "mottagits", "mottagna", "mottogs",
    "skickad", "skickat", "utford",
    // Finnish
    "hyvaksyt", "valitet", "kasitell", "kasitelt", "kaytett", "kaytoss", "kirjatt", "ladatt", "lahetett", "loydett", "loyty", "luettu", "maksett", "olemassa",
    "rekisteroit", "sapun", "suoritett", "toimitett", "vastanotet", "veloitett",
];

/// So many words at most lie between what was done and that it was done already.
const CLOSE: usize = 4;

/// That something is not the only one of its name, or should be: the word and one before it.
const UNIQUE: &[&str] = &["uniq", "unik", "entydig", "yksilol", "ainutkert"];
#[rustfmt::skip]
const NOT_OR_MUST_BE: &[&str] =
    &["not", "non", "be", "ikke", "inte", "ej", "icke", "vare", "vara", "ei", "ole", "oltava"];
/// Said of an account or a name that fits several: *could not be uniquely identified*.
const TO_TELL: &[&str] = &["identif", "determin", "bestem", "fastsl", "fastst"];

/// Whether a reason is one of the codes for a duplicate, or holds one: not every bank writes them alone, or in capitals.
fn names_a_duplicate(text: &str) -> bool {
    let is_code = |word: &str| CODES.iter().any(|code| code.eq_ignore_ascii_case(word));
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_code)
}

/// ISO 20022's, for a file, a payment group, a payment, or a reference that was there before.
const CODES: [&str; 8] = ["AM05", "DU01", "DU02", "DU03", "DU04", "DU05", "DUPL", "RF01"];

/// Whether a code or words speak of a duplicate.
pub fn speaks_of_a_duplicate(words: &str) -> bool {
    let plain = plain(words);
    let ends_clause = |c: char| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '/');
    names_a_duplicate(words)
        || holds_a_part(&plain)
        || plain.split(ends_clause).flat_map(|part| part.split(" - ")).any(says_already)
}

/// Whether they do so by a word or a code that stands for nothing else: beside another fault *already* may be said of an account or a day.
pub fn says_outright(words: &str) -> bool {
    names_a_duplicate(words) || holds_a_part(&plain(words))
}

fn holds_a_part(plain: &str) -> bool {
    let plain = TWO_WHO_APPROVE.iter().fold(plain.to_owned(), |plain, innocent| plain.replace(innocent, ""));
    DUPLICATE.iter().any(|part| plain.contains(part))
}

/// In small letters without marks, however the bank writes those: many of them leave them out.
fn plain(words: &str) -> String {
    let lower: String = words.nfc().flat_map(char::to_lowercase).collect();
    // As an English word it would say something else once its mark is off.
    let lower = lower.split_inclusive(|c: char| !c.is_alphanumeric()).map(|word| {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        if ["før", "foer"].contains(&bare) { word.replace(bare, "before") } else { word.to_owned() }
    });
    let lower = lower.collect::<String>();
    let letters = lower.chars().map(|letter| match letter {
        'å' | 'ä' | 'æ' => 'a',
        'ö' | 'ø' => 'o',
        'é' => 'e',
        other => other,
    });
    letters.collect::<String>().replace("aa", "a").replace("ae", "a").replace("oe", "o")
}

fn says_already(clause: &str) -> bool {
    let words: Vec<&str> = clause.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let begins = |word: &str, with: &[&str]| with.iter().any(|beginning| word.starts_with(beginning));
    let near = |at: usize, by: usize| at.saturating_sub(by)..words.len().min(at + by + 1);
    let is_denied = |at: usize| words[near(at, 2)].iter().any(|word| NOT.contains(word));
    let holds = |some: &[&str]| words.iter().any(|word| some.contains(word));
    let must = holds(MUST);
    // What must not be done twice was.
    let is_done = |at: usize| {
        near(at, if must { words.len() } else { CLOSE }).any(|at| begins(words[at], DONE) && (must || !is_denied(at)))
    };
    if holds(OF_OTHERS) {
        return false;
    }
    let (asks, is_denied_here) = (holds(REQUEST), holds(NOT));
    let to_tell = words.iter().any(|word| begins(word, TO_TELL));
    let compares = holds(EARLIER) || words.iter().any(|word| word.starts_with("previous"));
    words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let in_two = |[one, other]: &[&str; 2]| word == one && next.starts_with(other);
        let within = words[at.saturating_sub(2)..at].iter().any(|word| WITHIN.contains(word));
        let is_same = begins(word, SAME) && begins(next, THINGS);
        let already = (ALREADY.contains(word) && !(ONCE_MORE.contains(word) && asks))
            || ALREADY_IN_TWO.iter().any(in_two)
            || (EARLIER.contains(word) && !THAN.contains(&next))
            || (BEFORE.contains(word) && GOES_ON.contains(&next) && !must)
            || (is_same && !within && (!must || is_denied_here))
            || (THIS.contains(word) && begins(next, NAMES) && !must && !is_denied_here);
        let is_not_alone = NOT_OR_MUST_BE.contains(word) && begins(next, UNIQUE) && !to_tell;
        let is_repeated = begins(word, REPEATED) && begins(next, THINGS);
        (already && is_done(at)) || (is_same && compares) || is_not_alone || is_repeated
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
            "DU01",
            "ISO-DU01",
            "du01",
            "AM05/AC04",
            "Filen er modtaget flere gange",
            "Filen er mottatt flere ganger",
            "Filen har skickats flera gånger",
            "received more than once",
            "sent multiple times",
            "Maksu on lähetetty useaan kertaan",
            "Filen findes i forvejen",
            "Meldingen finnes fra før i systemet",
            "The file has been received before and is rejected",
            "Filen er modtaget før og afvises",
            "File sent again",
            "Filen er sendt igen",
            "Message id reused",
            "MsgId er genbrugt",
            "Repeated file",
            "Gensendt fil",
            "Uniqueness check failed",
            "Meddelelsens id er ikke entydigt",
            "Same MsgId as a previous file",
            "A message with this id exists",
            "Payment already transferred",
            "Already completed",
            "Reference already in use",
            "Meldingens id er allerede i bruk",
            "Payment already in our system",
            "Payment has already been made",
            "Betalingen er allerede foretaget",
            "Message id has been used",
            "Filen er allerede under behandling",
            "Filen er allerede indleveret",
            "Payment already posted",
            "MsgIdAlreadyExists",
            "MsgId in use",
            "Same reference must not be used twice",
            "The same message id must not be used",
            "Message ID must not be used again",
            "Filen er allerede oversendt",
            "Filen er en gentagelse",
            "Samme MsgId må ikke anvendes",
            "Filen är redan inkommen",
            "BETALINGEN ER MODTAGET FOER",
            "Betalingen er allerede overført",
            "Filen er allerede godkendt",
            "Kontoen er allerede belastet",
            "Filen er allerede kommet ind",
            "Betalningen är redan utbetald",
            "Uppdraget är redan godkänt",
            "Maksu on jo hyväksytty",
            "Maksu on jo välitetty",
            "Filen har skickats tva\u{30a} ga\u{30a}nger",
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
            "Kontoen er tidligere lukket og findes ikke",
            "Account already closed / not found",
            "Konto findes ikke - allerede opgjort",
            "Maksupäivä on jo mennyt eikä maksua suoritettu",
            "Cut-off already passed payment not processed",
            "The file must be received before (CET) 14:00",
            "All payments must have the same payment type used in the block",
            "Dobbelt godkendelse mangler",
            "User already blocked",
            "Creditor account could not be uniquely identified",
            "Modtagers konto kan ikke entydigt identificeres",
            "Kontot kunde inte unikt identifieras",
            "No agreement exists for: KAQA",
            "Ingen aftale findes for: 1234",
            "Modtager er allerede registreret død",
            "Creditor already registered as deceased",
            "Limit already used",
            "Different currencies used in the same payment block",
            "Systemfejl. Filen bedes sendt igen",
            "Several currencies found in same file",
            "No account with this reference found",
            "Repeated invalid signature",
            "Kontonummeret er forkert. Dobbelttjek venligst",
            "Brugeren er allerede spærret",
            "The file was not received before the cut-off time",
            "Filen kunne ikke læses. Prøv igen",
        ] {
            assert!(!speaks_of_a_duplicate(words), "{words}");
        }
    }
}
