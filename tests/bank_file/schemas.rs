//! What ISO's own schemas say of the files. They are not ours to copy, so the test passes, and says so, where they are absent.

use stopgap::bank::profile::{FileFormat, Profile};
use stopgap::checks::CheckedPayment;
use stopgap::payment::{Amount, Country, Currency};

use crate::made_up::{self, Message};
use crate::reading::assert_reads_back;
use crate::schema::Validator;

fn with(number: u64, change: impl FnOnce(&mut CheckedPayment)) -> CheckedPayment {
    let mut payment = made_up::payment(number);
    change(&mut payment);
    payment
}

/// Each with a name for the day on which it fails.
fn messages(version: FileFormat) -> Vec<(&'static str, Message)> {
    let one = |payment| Message::one_block(version, vec![payment]);
    let mut bare = one(made_up::payment(2));
    bare.head.payer.payer_id = None;
    bare.head.payer.bic = None;
    let mut from_iban = one(made_up::payment(2));
    from_iban.head.payer.account = made_up::iban("DK5000400440116243");
    vec![
        ("a domestic account", one(made_up::payment(2))),
        ("an IBAN", one(made_up::payment(0))),
        ("a Norwegian account", one(with(0, |p| p.account = Some(made_up::domestic(Country::No, "8601", "1117947"))))),
        ("a Swedish account", one(with(0, |p| p.account = Some(made_up::domestic(Country::Se, "8129", "0433867116"))))),
        ("a bankgiro", one(with(0, |p| p.account = Some(made_up::domestic(Country::Se, "9900", "50501055"))))),
        ("another payee and a text", one(made_up::payment(31))),
        ("a payer without id and BIC", bare),
        ("a payer with an IBAN", from_iban),
        ("euro", one(with(0, |p| p.amount = Amount::from_minor_units(1, Currency::Eur)))),
        ("the largest amount", one(with(0, |p| p.amount = made_up::kroner(999_999_999_999_999_999)))),
        ("140 characters", one(with(0, |p| p.text = Some("&ø".repeat(70).into())))),
        ("a KID", one(with(0, |p| (p.text, p.reference) = (None, made_up::reference("kid"))))),
        ("an RF reference", one(with(0, |p| (p.text, p.reference) = (None, made_up::reference("rf"))))),
        ("the longest name", one(with(0, |p| p.name = "Å".repeat(140).into()))),
        ("awkward names", Message::one_block(version, (0..8).map(made_up::payment).collect())),
        ("several blocks", Message::several_blocks(version, 3, 5)),
        ("a thousand payments", Message::one_block(version, (0..1000).map(made_up::payment).collect())),
    ]
}

fn talkative() -> Profile {
    let code = |text: &str| text.parse().expect("a code");
    let mut profile = Profile { service_level: Some(code("NURG")), batch_booking: true, ..Profile::default() };
    profile.category_purpose.otherwise = Some(code("PENS"));
    profile.purpose.otherwise = Some(code("SSBE"));
    profile.charge_bearer = "SHAR".parse().ok();
    profile
}

#[test]
fn the_official_schemas_accept_every_file() {
    for version in FileFormat::PAIN001 {
        let Some(validator) = Validator::of(version) else { return };
        for profile in [Profile::default(), talkative()] {
            for (name, message) in messages(version) {
                let bytes = message.write(&profile).expect(name);
                assert_reads_back(&message, &bytes);
                assert_eq!(validator.check(&bytes), Ok(()), "{name}, {}", version.as_str());
            }
        }
        let by_number = with(2, |p| p.account = None);
        let profile = Profile { pay_by_person_number: true, ..Profile::default() };
        let bytes = Message::one_block(version, vec![by_number]).write(&profile).expect("written");
        assert_eq!(validator.check(&bytes), Ok(()), "by person number, {}", version.as_str());
    }
}

/// Every built-in profile that writes XML, with all that it asks for.
#[test]
fn the_official_schemas_accept_what_every_profile_writes() {
    let doors = stopgap::bank::door::all_built_in().iter().filter(|door| !door.profile.message.is_flat());
    let mut tried = 0;
    for door in doors {
        let version = door.profile.message;
        let Some(validator) = Validator::of(version) else { return };
        for (name, message) in messages(version).into_iter().filter(|(name, _)| *name != "a thousand payments") {
            let bytes = message.write(&door.profile).expect(name);
            assert_eq!(validator.check(&bytes), Ok(()), "{name}, {}", door.profile.name);
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

/// A validation that cannot fail would prove nothing.
#[test]
fn the_official_schemas_refuse_a_broken_file() {
    for version in FileFormat::PAIN001 {
        let Some(validator) = Validator::of(version) else { return };
        let file = String::from_utf8(Message::one_block(version, vec![made_up::payment(0)]).bytes()).expect("UTF-8");
        let changes = [
            ("<PmtMtd>TRF</PmtMtd>", ""),
            ("<Amt>", "<Cdtr><Nm>first</Nm></Cdtr><Amt>"),
            ("<NbOfTxs>1</NbOfTxs>", "<NbOfTxs>one</NbOfTxs>"),
            ("GRENGLGX", "GREN"),
            ("</Document>", ""),
        ];
        for (from, to) in changes {
            let broken = file.replacen(from, to, 1);
            assert_ne!(broken, file, "{from}");
            assert!(validator.check(broken.as_bytes()).is_err(), "{from} became {to}, and the schema took it");
        }
    }
}
