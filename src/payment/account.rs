//! Where money goes: an IBAN, a domestic account that is paid as what it is, or the payee of a Danish payment slip.
//!
//! A Danish, Faroese or Greenlandic account is never turned into an IBAN: the large banks' IBANs carry another bank code than the
//! registration number (Danske Bank says that one cannot calculate an IBAN oneself).

use std::fmt;

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

    /// The [`identity`](Self::identity) that the account has in its other form, where the one follows from the other: a Norwegian IBAN is the
    /// eleven digits behind two check digits. Claims hold either, each as it was written, and stay as they are.
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

    /// Where the money goes and, of a slip, which invoice the payee will take for paid: another payment id there pays another bill, as
    /// another account pays another person.
    pub fn destination(&self, reference: Option<&PaymentReference>) -> String {
        match (self, reference) {
            (Account::Slip(slip), Some(reference)) => format!("{}/{}", slip.identity(), reference.as_str()),
            (account, _) => account.identity(),
        }
    }

    pub fn is_slip(&self) -> bool {
        matches!(self, Account::Slip(_))
    }
}

/// As [`Account::identity_otherwise`], of an identity.
pub fn identity_otherwise(identity: &str) -> Option<String> {
    let digits = identity.strip_prefix("NO").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    match digits.len() {
        NORWEGIAN_DIGITS => {
            // N and O are 23 and 24, and 00 stands in for the check digits.
            let whole: u64 = [digits, "232400"].concat().parse().ok()?;
            Some(format!("NO{check:02}{digits}", check = 98 - whole % 97))
        }
        IBAN_DIGITS => Some(format!("NO{digits}", digits = digits.get(2..)?)),
        _ => None,
    }
}

/// What the [`identity`](Account::identity) of an account has in common with those under which others may know it: both forms of a Norwegian
/// account, and a Danish one whatever its bank's number, since the large banks' IBANs carry another than the registration number. Enough to ask
/// a person whether two are the same, and no more.
pub fn likeness(identity: &str) -> (&str, &str) {
    let (country, digits) = identity.split_at_checked(2).unwrap_or(("", identity));
    let before = match (country, digits.len()) {
        ("DK", DANISH_DIGITS) => 4,
        ("NO", IBAN_DIGITS) => 2,
        _ => 0,
    };
    (country, digits.get(before..).unwrap_or(digits))
}

/// Of an account in Norway, and with the check digits of its IBAN.
const NORWEGIAN_DIGITS: usize = 11;
const IBAN_DIGITS: usize = 13;
/// Of a bank's number and an account there in the Danish realm.
const DANISH_DIGITS: usize = 14;

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
            assert_eq!(domestic.identity_otherwise(), Some(iban.identity()));
            assert_eq!(iban.identity_otherwise(), Some(domestic.identity()));
            assert_eq!(iban.identity_in_any_form(), domestic.identity_in_any_form());
        }
        assert_eq!(Account::Iban(Iban::new_checked("DK5000400440116243")).identity_otherwise(), None);
    }

    #[test]
    fn accounts_are_alike_under_every_number_by_which_others_may_know_them() {
        for (one, other, alike) in [
            ("NO86011117947", "NO9386011117947", true),
            ("NO86011117947", "NO9386011117955", false),
            ("DK44200012345678", "DK30000012345678", true),
            ("DK44200012345678", "DK44200012345679", false),
            ("SE90714172383", "SE90714172383", true),
            ("SE4550000000058398257466", "SE58398257466", false),
            ("FIK71/81234567", "FIK73/81234567", false),
            ("DK", "NO", false),
        ] {
            assert_eq!(likeness(one) == likeness(other), alike, "{one} {other}");
        }
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
        assert_eq!(iban.destination(Some(&id)), iban.identity());
        let first_byte = |account: &Account| borsh::to_vec(account).expect("bytes")[0];
        assert_eq!((first_byte(&iban), first_byte(&account)), (0, 2));
        let bytes = borsh::to_vec(&account).expect("bytes");
        assert_eq!(borsh::from_slice::<Account>(&bytes).expect("reads"), account);
    }
}
