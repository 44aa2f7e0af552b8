//! What other desks of the same payer claim, as it was at the last merge with each: enough to claim nothing of it here, and to say where each
//! payment stands.

use chrono::{Datelike, NaiveDate};

use super::event::LedgerId;
use super::outcome::Standing;
use super::store::Claim;

/// Another desk's hold on an obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Its batch was prepared and has not left: it can still be cancelled there.
    Claimed = 0,
    /// It has left, or has begun to.
    Left = 1,
    /// It left and did not stand. Only the number of the attempt still counts.
    Freed = 2,
}

/// One payment of another desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignClaim {
    pub ledger: LedgerId,
    pub claim: Claim,
    pub hold: Hold,
    pub standing: Standing,
    /// How often the money is out, by what the other desk knows.
    pub times: u32,
    /// The first day on which it was booked, where the other desk knows.
    pub booked_on: Option<NaiveDate>,
}

const STANDINGS: [Standing; 7] = [
    Standing::None,
    Standing::Accepted,
    Standing::Settled,
    Standing::Batch,
    Standing::Doubled,
    Standing::Returned,
    Standing::Rejected,
];

/// The number under which a standing is kept.
pub fn standing_number(standing: Standing) -> u8 {
    STANDINGS.iter().position(|known| *known == standing).unwrap_or_default() as u8
}

pub fn standing_of_number(number: u8) -> Option<Standing> {
    STANDINGS.get(usize::from(number)).copied()
}

impl Hold {
    pub fn from_number(number: u8) -> Option<Self> {
        [Hold::Claimed, Hold::Left, Hold::Freed].into_iter().find(|hold| *hold as u8 == number)
    }

    /// Whether the obligation may not be claimed by anybody else.
    pub fn is_live(self) -> bool {
        self != Hold::Freed
    }
}

impl ForeignClaim {
    /// Freed, and the bank's later word is that it was paid.
    pub fn stands_after_all(&self) -> bool {
        self.hold == Hold::Freed && !self.standing.did_not_stand()
    }

    /// The bytes that a merge's root is made of: the claim's [bytes](Claim::to_bytes), its batch's letter and number (u32, little-endian), hold,
    /// standing, times (u32, little-endian), and the day of the common era on which it was booked (i32, little-endian; zero where unknown).
    pub fn to_bytes(&self) -> [u8; 72] {
        let mut bytes = [0; 72];
        bytes[..57].copy_from_slice(&self.claim.to_bytes());
        bytes[57] = self.claim.batch.desk() as u8;
        bytes[58..62].copy_from_slice(&self.claim.batch.number().to_le_bytes());
        bytes[62] = self.hold as u8;
        bytes[63] = standing_number(self.standing);
        bytes[64..68].copy_from_slice(&self.times.to_le_bytes());
        bytes[68..].copy_from_slice(&self.booked_on.map_or(0, |day| day.num_days_from_ce()).to_le_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{Amount, BatchId, Currency, Tag};

    /// What a desk has taken over of another one is told whole by the bytes that a merge's root is made of.
    #[test]
    fn a_claim_of_another_desk_shows_all_that_is_known_of_it() {
        let claim = Claim {
            tag: Tag { series: [1; 8], obligation: [2; 8] },
            attempt: 1,
            batch: BatchId::new('K', 0x0102),
            person: [3; 8],
            payee: None,
            account: [4; 8],
            amount: Amount::from_minor_units(1_000, Currency::Dkk),
            period: "2022-04".parse().expect("a period"),
        };
        let (ledger, hold, standing) = (LedgerId([9; 16]), Hold::Left, Standing::Settled);
        let known = ForeignClaim { ledger, claim: claim.clone(), hold, standing, times: 7, booked_on: None };
        let bytes = known.to_bytes();
        assert_eq!(bytes[..57], claim.to_bytes());
        assert_eq!(bytes[57..62], [b'K', 2, 1, 0, 0]);
        assert_eq!(bytes[62..68], [Hold::Left as u8, 2, 7, 0, 0, 0]);
        assert_eq!(bytes[68..], [0; 4]);
        let day = NaiveDate::from_ymd_opt(2022, 4, 1).expect("a day");
        assert_eq!(
            ForeignClaim { booked_on: Some(day), ..known }.to_bytes()[68..],
            day.num_days_from_ce().to_le_bytes()
        );
        for (number, standing) in STANDINGS.into_iter().enumerate() {
            assert_eq!(standing_number(standing), number as u8);
            assert_eq!(standing_of_number(number as u8), Some(standing));
        }
        assert_eq!([Hold::Claimed, Hold::Left, Hold::Freed].map(Hold::is_live), [true, true, false]);
        for hold in [Hold::Claimed, Hold::Left, Hold::Freed] {
            assert_eq!(Hold::from_number(hold as u8), Some(hold));
        }
    }
}
