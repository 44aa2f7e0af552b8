//! Where money goes: an IBAN, a domestic account that is paid as what it is, or the payee of a Danish payment slip.
//!
//! A Danish, Faroese or Greenlandic account is never turned into an IBAN: the large banks' IBANs carry another bank code than the
//! registration number (Danske Bank says that one cannot calculate an IBAN oneself).

use std::{fmt, iter};

use borsh::{BorshDeserialize, BorshSerialize};
use smol_str::SmolStr;

use super::{Country, PaymentReference, SlipPayee};

/// An IBAN in electronic form (no spaces, capitals), checked before it comes here.
#[derive(Clone, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Iban(String);

impl Iban {
    /// `electronic` must have passed `checks::account`.
    pub(crate) fn new_checked(electronic: impl Into<String>) -> Self {
        Self(electronic.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two letters of the country.
    pub fn country_code(&self) -> &str {
        &self.0[..2]
    }
}

/// A bank's own number and the account there. For the Danish realm: registration number (4 digits) and account (10, zero-padded).
#[derive(Clone, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct DomesticAccount {
    pub country: Country,
    pub bank: SmolStr,
    pub number: SmolStr,
}

#[derive(Clone, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum Account {
    Iban(Iban),
    Domestic(DomesticAccount),
    /// Of who is paid, never of who pays.
    Slip(SlipPayee),
}

impl Account {
    /// The account as one line for a file made to leave: `6471-0001234567`, the IBAN, or `FIK71-81234567`.
    pub fn whole(&self) -> String {
        match self {
            Account::Iban(iban) => iban.0.clone(),
            Account::Domestic(account) => format!("{}-{}", account.bank, account.number),
            Account::Slip(slip) => format!("FIK{}-{}", slip.kind, slip.number()),
        }
    }

    /// As a letter gives it to somebody who is to pay to it: whole, and a Norwegian one as Norwegians write it, `8601.11.17947`.
    pub fn in_a_letter(&self) -> String {
        match self {
            Account::Domestic(account) if account.country == Country::No => match account.number.split_at_checked(2) {
                Some((group, number)) => format!("{}.{group}.{number}", account.bank),
                None => self.whole(),
            },
            account => account.whole(),
        }
    }

    /// Bank and the last three digits: `6471-•••••••567`; of a slip its kind and these: `FIK71-•••••567`.
    pub fn masked(&self) -> String {
        let whole = self.whole();
        let total = whole.chars().count();
        let head = if let Account::Slip(_) = self { 6 } else { 5 };
        whole.chars().enumerate().map(|(at, c)| if at < head || at + 3 >= total { c } else { '•' }).collect()
    }

    /// What two spellings of one account have in common. In the Danish realm bank and account digits are the same in both forms
    /// wherever the IBAN's bank code is the registration number; where it is not, the forms count as different accounts and a person
    /// is asked, which errs on the safe side.
    pub fn identity(&self) -> String {
        match self {
            Account::Domestic(account) if account.country.in_danish_realm() => {
                ["DK", &account.bank, &account.number].concat()
            }
            Account::Domestic(account) => [account.country.code(), &account.bank, &account.number].concat(),
            Account::Iban(iban) => match iban.country_code() {
                "DK" | "GL" | "FO" => ["DK", &iban.0[4..]].concat(),
                _ => iban.0.clone(),
            },
            Account::Slip(slip) => slip.identity(),
        }
    }

    /// The [`identity`](Self::identity) that the account has in its other form, where that follows: a Norwegian IBAN is the eleven digits behind
    /// two check digits, and a Swedish one ends in clearing number and account. Claims of earlier versions hold either, each as it was written,
    /// and stay as they are.
    pub fn identity_otherwise(&self) -> Option<String> {
        identity_otherwise(&self.identity())
    }

    /// The one [`identity`](Self::identity) of an account in both of its forms, where the one follows from the other.
    pub fn identity_in_any_form(&self) -> String {
        let identity = self.identity();
        match identity_otherwise(&identity) {
            Some(other) if other.len() < identity.len() => other,
            _ => identity,
        }
    }

    /// Where the money goes and, where there is a reference, which invoice the payee will take for paid: another one there pays another bill,
    /// as another account pays another person.
    pub fn destination(&self, reference: Option<&PaymentReference>) -> String {
        destination(&self.identity(), reference)
    }

    pub fn is_slip(&self) -> bool {
        matches!(self, Account::Slip(_))
    }
}

/// As [`Account::destination`], of an identity.
pub fn destination(identity: &str, reference: Option<&PaymentReference>) -> String {
    match reference {
        Some(reference) => format!("{identity}/{}", reference.as_str()),
        None => identity.to_owned(),
    }
}

/// As [`Account::identity_otherwise`], of an identity.
pub fn identity_otherwise(identity: &str) -> Option<String> {
    let (country, digits) = identity.split_at_checked(2)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match (country, digits.len()) {
        ("NO", NORWEGIAN_DIGITS) => {
            // N and O are 23 and 24, and 00 stands in for the check digits.
            let whole: u64 = [digits, "232400"].concat().parse().ok()?;
            Some(format!("NO{check:02}{digits}", check = 98 - whole % 97))
        }
        ("NO", NORWEGIAN_IBAN_DIGITS) => Some(["NO", digits.get(2..)?].concat()),
        ("SE", SWEDISH_IBAN_DIGITS) => Some(["SE", digits.get(5..)?.trim_start_matches('0')].concat()),
        _ => None,
    }
}

/// An identity, and the one that the account has in its other form, where that follows.
pub fn identities(identity: &str) -> impl Iterator<Item = String> {
    iter::once(identity.to_owned()).chain(identity_otherwise(identity))
}

/// Under which a Swedish bankgiro number stands, as other accounts stand under their bank's clearing number.
pub const BANKGIRO_CLEARING: &str = "9900";
/// The same of a plusgiro number.
pub const PLUSGIRO_CLEARING: &str = "9960";

/// What the [`identity`](Account::identity) of an account has in common with those under which others may know it, country and digits: in the
/// Danish realm the ten digits of the account, since the IBANs of the large banks carry another bank code than the registration number; in
/// Norway all eleven; in Sweden the last seven, since each bank fills its IBANs in its own way. `None` where there is but one form.
///
/// Two accounts may share it. It is enough to ask a person whether two are the same, and never to say that something was paid.
pub fn likeness(identity: &str) -> Option<(&str, &str)> {
    let (country, digits) = identity.split_at_checked(2)?;
    let last = |most: usize, of: &str| of.len().saturating_sub(most);
    let digits = match country {
        "DK" => digits.get(last(10, digits)..)?,
        "NO" => digits.get(last(NORWEGIAN_DIGITS, digits)..)?,
        "SE" => {
            // The clearing number does not belong to it: a short account number is filled up in an IBAN.
            let number = if digits.len() == SWEDISH_IBAN_DIGITS { digits } else { digits.get(4..)? };
            number.get(last(7, number)..)?.trim_start_matches('0')
        }
        _ => return None,
    };
    Some((country, digits))
}

/// Of an account in Norway, and with the check digits of its IBAN.
const NORWEGIAN_DIGITS: usize = 11;
const NORWEGIAN_IBAN_DIGITS: usize = 13;
/// Of a Swedish IBAN, behind the country.
const SWEDISH_IBAN_DIGITS: usize = 22;

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({})", self.masked())
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iban({}…)", self.country_code())
    }
}

impl fmt::Debug for DomesticAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomesticAccount({} {}…)", self.country, self.bank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{ReferenceKind, SlipKind};

    #[test]
    fn an_account_is_the_same_as_its_iban_where_the_bank_code_is_the_registration_number() {
        let domestic = Account::Domestic(DomesticAccount {
            country: Country::Gl,
            bank: "6471".into(),
            number: "0001000206".into(),
        });
        let iban = Account::Iban(Iban::new_checked("GL8964710001000206"));
        assert_eq!(domestic.identity(), iban.identity());
        assert_eq!(domestic.whole(), "6471-0001000206");
        assert_eq!(domestic.masked(), "6471-•••••••206");
        assert_eq!(format!("{domestic:?}"), "Account(6471-•••••••206)");
    }

    #[test]
    fn a_norwegian_account_has_two_forms_of_which_each_follows_from_the_other() {
        let domestic = |bank: &str, number: &str| {
            Account::Domestic(DomesticAccount { country: Country::No, bank: bank.into(), number: number.into() })
        };
        for (bank, number, iban) in [
            ("8601", "1117947", "NO9386011117947"),
            ("3000", "1234565", "NO4030001234565"),
            ("0000", "0810143", "NO4000000810143"),
        ] {
            let (domestic, iban) = (domestic(bank, number), Account::Iban(Iban::new_checked(iban)));
            assert_eq!(domestic.in_a_letter(), format!("{bank}.{}.{}", &number[..2], &number[2..]));
            assert_eq!(domestic.identity_otherwise(), Some(iban.identity()));
            assert_eq!(iban.identity_otherwise(), Some(domestic.identity()));
            assert_eq!(iban.identity_in_any_form(), domestic.identity_in_any_form());
        }
        assert_eq!(Account::Iban(Iban::new_checked("DK5000400440116243")).identity_otherwise(), None);
    }

    #[test]
    fn accounts_are_alike_under_every_number_by_which_others_may_know_them() {
        let domestic = |country, bank: &str, number: &str| {
            Account::Domestic(DomesticAccount { country, bank: bank.into(), number: number.into() }).identity()
        };
        let iban = |text: &str| Account::Iban(Iban::new_checked(text)).identity();
        let danish = domestic(Country::Dk, "4420", "0012345678");
        let swedish = domestic(Country::Se, "5839", "8257466");
        for (one, other, alike) in [
            (danish.clone(), iban("DK8030000012345678"), true),
            (domestic(Country::Gl, "6471", "0001000206"), iban("GL8964710001000206"), true),
            (domestic(Country::Fo, "6460", "0001631634"), iban("FO6264600001631634"), true),
            (domestic(Country::No, "8601", "1117947"), iban("NO9386011117947"), true),
            (domestic(Country::No, "8601", "1117955"), iban("NO9386011117947"), false),
            (swedish.clone(), iban("SE4550000000058398257466"), true),
            (domestic(Country::Se, "8103", "9783242"), iban("SE7280000810340009783242"), true),
            (domestic(Country::Se, "9960", "4234"), iban("SE0095000099600000004234"), true),
            (domestic(Country::Dk, "4420", "0012345679"), iban("DK8030000012345678"), false),
            (domestic(Country::Se, "5839", "8257467"), iban("SE4550000000058398257466"), false),
        ] {
            let [told, other] = [&one, &other].map(|identity| likeness(identity));
            assert!(told.is_some());
            assert_eq!(told == other, alike, "{one}");
        }
        for alone in ["FI2112345600000785", "FIK71/81234567", "DK", "", "D"] {
            assert_eq!(likeness(alone).filter(|(_, digits)| !digits.is_empty()), None, "{alone}");
        }
        assert_eq!(identity_otherwise("SE4550000000058398257466"), Some(swedish));
        assert_eq!((identity_otherwise(&danish), identity_otherwise("NO")), (None, None));
    }

    /// What was sealed before there were slips reads as it did, and a slip is told from it.
    #[test]
    fn a_slips_payee_is_an_account_of_its_own_kind() {
        let account = Account::Slip(SlipPayee::new_checked(SlipKind::K71, "81234567"));
        assert_eq!((account.whole().as_str(), account.masked().as_str()), ("FIK71-81234567", "FIK71-•••••567"));
        let id = PaymentReference::new_checked(ReferenceKind::Fik, "123456789012347");
        assert_eq!(account.destination(None), "FI81234567");
        assert_eq!(account.destination(Some(&id)), "FI81234567/123456789012347");
        let iban = Account::Iban(Iban::new_checked("DK5000400440116243"));
        assert_eq!(iban.destination(None), iban.identity());
        assert_eq!(iban.destination(Some(&id)), "DK00400440116243/123456789012347");
        let first_byte = |account: &Account| borsh::to_vec(account).expect("bytes")[0];
        assert_eq!((first_byte(&iban), first_byte(&account)), (0, 2));
        let bytes = borsh::to_vec(&account).expect("bytes");
        assert_eq!(borsh::from_slice::<Account>(&bytes).expect("reads"), account);
    }
}
