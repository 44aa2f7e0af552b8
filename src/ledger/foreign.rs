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
