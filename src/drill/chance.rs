//! Chance that falls the same way every time: what stands at a place follows from the seed and the place alone.
//!
//! Both tools are made here, so that no new version of a dependency can change a sample or a rehearsal.

/// What a throw decides. A purpose of its own keeps a person's name from following from the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    PersonNumbers = 1,
    LostZeros = 2,
    Accounts = 3,
    AccountForm = 4,
    Name = 5,
    Amount = 6,
    Flaw = 7,
    Neighbours = 8,
    WithPublicHelp = 9,
    Story = 10,
}

/// A run of throws: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    /// The dice that lie at one place: a purpose, a list, and a number within it.
    pub(super) fn at(seed: u64, purpose: Purpose, list: usize, index: u64) -> Self {
        let mut dice = Self { state: seed };
        for word in [purpose as u64, list as u64, index] {
            dice.state = dice.throw() ^ word;
        }
        dice
    }

    pub(super) fn throw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number under `limit`, every one as likely as the other (to one part in 2⁶⁴ / `limit`).
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.throw()) * u128::from(limit)) >> 64) as u64
    }

    pub(super) fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// An order of the numbers under `len` in which each occurs once, worked out place by place and never stored: a Feistel network of four
/// rounds over the next power of four, walked on until it lands under `len`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shuffle {
    key: u64,
    len: u64,
    half_bits: u32,
}

impl Shuffle {
    pub(super) fn new(seed: u64, purpose: Purpose, list: usize, len: u64) -> Self {
        let bits = u64::BITS - len.saturating_sub(1).leading_zeros();
        Self { key: Dice::at(seed, purpose, list, len).throw(), len, half_bits: bits.div_ceil(2).max(1) }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The number at `place`, which must be under [`len`](Self::len).
    pub(super) fn at(&self, place: u64) -> u64 {
        debug_assert!(place < self.len);
        let mut number = self.stir(place);
        while number >= self.len {
            number = self.stir(number);
        }
        number
    }

    fn stir(&self, number: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let (mut left, mut right) = (number >> self.half_bits, number & mask);
        for round in 1..=4u64 {
            let mut dice = Dice { state: self.key ^ (round << 56) ^ right };
            (left, right) = (right, left ^ (dice.throw() & mask));
        }
        (left << self.half_bits) | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        let mut dice = Dice { state: 1_234_567 };
        let published = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([dice.throw(), dice.throw(), dice.throw()], published);
    }

    #[test]
    fn a_shuffle_leaves_out_nobody_and_takes_nobody_twice() {
        for len in [1, 2, 3, 4, 5, 16, 17, 1000, 4096, 70_001] {
            let shuffle = Shuffle::new(7, Purpose::Accounts, 0, len);
            let mut seen: Vec<u64> = (0..len).map(|place| shuffle.at(place)).collect();
            assert!(len < 16 || !seen.is_sorted(), "{len} numbers were not stirred");
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..len), "{len}");
        }
    }

    #[test]
    fn places_and_purposes_do_not_follow_from_each_other() {
        let throws: std::collections::BTreeSet<u64> =
            [(Purpose::Name, 0, 0), (Purpose::Name, 0, 1), (Purpose::Name, 1, 0)]
                .into_iter()
                .chain([(Purpose::Amount, 0, 0), (Purpose::Amount, 1, 0)])
                .map(|(purpose, list, index)| Dice::at(1, purpose, list, index).throw())
                .collect();
        assert_eq!(throws.len(), 5);
    }
}
