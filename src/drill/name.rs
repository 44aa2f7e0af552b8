//! Made-up names: Greenlandic and Danish first and last names, put together by chance.

use super::chance::Dice;
use super::person_number::Sex;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) first: String,
    pub(super) last: String,
}

const WOMEN: [&str; 40] = [
    "Aviaja",
    "Ivalo",
    "Naja",
    "Nivi",
    "Pipaluk",
    "Paninnguaq",
    "Arnaq",
    "Nuka",
    "Tukummeq",
    "Malu",
    "Paarma",
    "Sika",
    "Navarana",
    "Qupanuk",
    "Uiloq",
    "Inuuna",
    "Laila",
    "Karen",
    "Marie",
    "Kristine",
    "Ane",
    "Birthe",
    "Sofie",
    "Amalie",
    "Johanne",
    "Dorthe",
    "Inger",
    "Bodil",
    "Kirsten",
    "Else",
    "Søs",
    "Åse",
    "Bolette",
    "Margrethe",
    "Anne-Marie",
    "Ane-Sofie",
    "Renée",
    "Desirée",
    "Ida",
    "Signe",
];

const MEN: [&str; 40] = [
    "Aqqaluk",
    "Malik",
    "Inuk",
    "Minik",
    "Salik",
    "Nukappi",
    "Angut",
    "Aqissiaq",
    "Ulloriaq",
    "Qaavi",
    "Hans",
    "Jens",
    "Peter",
    "Karl",
    "Ole",
    "Kristian",
    "Niels",
    "Jørgen",
    "Søren",
    "Bjørn",
    "Åge",
    "Lars",
    "Anders",
    "Frederik",
    "Knud",
    "Otto",
    "Gerth",
    "Isak",
    "Jakob",
    "Enok",
    "Ulrik",
    "Tobias",
    "Hans-Peter",
    "Karl-Kristian",
    "André",
    "René",
    "Jürgen",
    "Rasmus",
    "Mads",
    "Erik",
];

const LAST: [&str; 48] = [
    "Petersen",
    "Jensen",
    "Olsen",
    "Hansen",
    "Nielsen",
    "Larsen",
    "Kristiansen",
    "Mathiassen",
    "Lynge",
    "Kleist",
    "Heilmann",
    "Rosing",
    "Berthelsen",
    "Davidsen",
    "Motzfeldt",
    "Fleischer",
    "Kreutzmann",
    "Chemnitz",
    "Josefsen",
    "Geisler",
    "Sørensen",
    "Østergård",
    "Ågesen",
    "Kjær",
    "Møller",
    "Brønlund",
    "Lyberth",
    "Zeeb",
    "Reimer",
    "Dahl",
    "Skifte",
    "Siegstad",
    "Poulsen",
    "Johansen",
    "Jakobsen",
    "Enoksen",
    "Isaksen",
    "Karlsen",
    "Villadsen",
    "Thomsen",
    "Bærentsen",
    "Højgaard",
    "Müller",
    "Lindé",
    "O'Brien",
    "D'Anjou",
    "Rasmussen",
    "Filemonsen",
];

impl Name {
    pub(super) fn throw(dice: &mut Dice, sex: Sex) -> Self {
        let given = firsts(sex);
        let mut first = dice.pick(given).to_owned();
        if dice.one_in(6) {
            first = format!("{first} {}", dice.pick(given));
        }
        let mut last = dice.pick(&LAST).to_owned();
        if dice.one_in(15) {
            last = format!("{last}-{}", dice.pick(&LAST));
        }
        Self { first, last }
    }

    /// The name of somebody married to `partner`: the last name is shared, the name as a whole is not.
    pub(super) fn married_to(self, partner: &Name) -> Self {
        let first = if self.first == partner.first { format!("{} Kim", self.first) } else { self.first };
        Self { first, last: partner.last.clone() }
    }

    pub(super) fn first_name_first(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    pub(super) fn last_name_first(&self) -> String {
        format!("{}, {}", self.last, self.first)
    }
}

fn firsts(sex: Sex) -> &'static [&'static str] {
    match sex {
        Sex::Female => &WOMEN,
        Sex::Male => &MEN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::chance::Purpose;

    #[test]
    fn names_are_short_and_written_in_what_windows_1252_holds() {
        for place in 0..20_000 {
            let name = Name::throw(&mut Dice::at(1, Purpose::Name, 0, place), Sex::Female).last_name_first();
            assert!(name.chars().count() <= 70, "{name}");
            assert!(!encoding_rs::WINDOWS_1252.encode(&name).2, "{name}");
        }
    }

    #[test]
    fn couples_share_a_last_name_and_never_the_whole_name() {
        let partner = Name { first: "Kim".into(), last: "Dahl".into() };
        let other = Name { first: "Kim".into(), last: "Reimer".into() }.married_to(&partner);
        assert_eq!(other.first_name_first(), "Kim Kim Dahl");
        let other = Name { first: "Ida".into(), last: "Reimer".into() }.married_to(&partner);
        assert_eq!(other.last_name_first(), "Dahl, Ida");
    }
}
