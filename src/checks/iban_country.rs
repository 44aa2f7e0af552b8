//! The countries whose IBANs are paid: the SEPA scheme countries, and Greenland and the Faroe Islands.
//!
//! Source: European Payments Council, EPC409-09 "List of SEPA Scheme Countries", as of 2025 (with Albania, Moldova, Montenegro, North
//! Macedonia and Serbia); lengths from the IBAN registry of SWIFT, release 101. Guernsey, Jersey and the Isle of Man use `GB`, the French
//! overseas departments and Saint Pierre and Miquelon `FR`, Åland `FI`.

/// The IBAN's two letters and its length in characters.
const PAYABLE: &[(&str, usize)] = &[
    ("AD", 24),
    ("AL", 28),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("RS", 22),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("VA", 22),
];

/// The length of the country's IBANs, where they are paid.
pub(super) fn payable_length(country_code: &str) -> Option<usize> {
    PAYABLE.iter().find(|(code, _)| *code == country_code).map(|(_, length)| *length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of each country in the IBAN registry.
    const EXAMPLES: &str = "AD1200012030200359100100 AL47212110090000000235698741 AT611904300234573201 BE68539007547034 \
        BG80BNBG96611020345678 CH9300762011623852957 CY17002001280000001200527600 CZ6508000000192000145399 DE89370400440532013000 \
        DK5000400440116243 EE382200221020145685 ES9121000418450200051332 FI2112345600000785 FO6264600001631634 \
        FR1420041010050500013M02606 GB29NWBK60161331926819 GI75NWBK000000007099453 GL8964710001000206 GR1601101250000000012300695 \
        HR1210010051863000160 HU42117730161111101800000000 IE29AIBK93115212345678 IS140159260076545510730339 \
        IT60X0542811101000000123456 LI21088100002324013AA LT121000011101001000 LU280019400644750000 LV80BANK0000435195001 \
        MC5811222000010123456789030 MD24AG000225100013104168 ME25505000012345678951 MK07250120000058984 \
        MT84MALT011000012345MTLCAST001S NL91ABNA0417164300 NO9386011117947 PL61109010140000071219812874 PT50000201231234567890154 \
        RO49AAAA1B31007593840000 RS35260005601001611379 SE4550000000058398257466 SI56263300012039086 SK3112000000198742637541 \
        SM86U0322509800000000270100 VA59001123000012345678";

    #[test]
    fn every_country_takes_the_registrys_own_example() {
        let examples: Vec<&str> = EXAMPLES.split_whitespace().collect();
        assert_eq!(examples.iter().map(|iban| (&iban[..2], iban.len())).collect::<Vec<_>>(), PAYABLE);
        for example in examples {
            assert!(example.parse::<iban::Iban>().is_ok(), "{example}");
        }
    }

    #[test]
    fn the_list_is_in_order_and_holds_the_nordic_countries() {
        assert!(PAYABLE.is_sorted());
        for country in ["DK", "FO", "GL", "SE", "NO", "FI", "IS"] {
            assert!(payable_length(country).is_some(), "{country}");
        }
        for country in ["US", "TR", "XK", "UA", "XX", ""] {
            assert_eq!(payable_length(country), None, "{country}");
        }
    }
}
