//! The world's own dice.

use serde::{Deserialize, Serialize};

use super::time::SimTime;
use crate::model::Duration;

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): 64 bits of state, so a
/// world carries its dice with it when it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dice(u64);

impl Dice {
    /// Dice whose throws follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included (Lemire's multiply-shift; its bias is below 2^-32 here).
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        let width = u128::from(high.saturating_sub(low)) + 1;
        let offset = (u128::from(self.next()) * width) >> 64;
        low + u64::try_from(offset).expect("the offset is below a width that fits 64 bits and one")
    }

    /// Whether something of this chance, in percent, happens.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    /// A duration around `expected`: from `low` to `high` percent of it.
    pub(super) fn around(&mut self, expected: Duration, low: u64, high: u64) -> Duration {
        let percent = self.between(low, high);
        Duration::from_millis(expected.as_millis() * percent / 100)
    }

    /// An instant from `low` to `high` seconds after `now`.
    pub(super) fn soon(&mut self, now: SimTime, low: u64, high: u64) -> SimTime {
        now.plus(Duration::from_millis(self.between(low * 1000, high * 1000)))
    }

    /// Until when readers do not see a change that is made `now`. Every fourth change is seen up to 3 s late: the interfaces
    /// are eventually consistent (AWS, EC2 API reference, "Eventual consistency in the Amazon EC2 API").
    pub(super) fn seen_late(&mut self, now: SimTime) -> Option<SimTime> {
        self.chance(25).then(|| self.soon(now, 1, 3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dice_are_those_of_the_paper() {
        // The reference implementation's first three outputs for seed 1234567 (Vigna, splitmix64.c).
        let mut dice = Dice::new(1_234_567);
        assert_eq!(dice.next(), 6_457_827_717_110_365_317);
        assert_eq!(dice.next(), 3_203_168_211_198_807_973);
        assert_eq!(dice.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn every_number_of_a_range_is_thrown_and_no_other() {
        let mut dice = Dice::new(7);
        let mut seen = [0; 6];
        for _ in 0..6000 {
            seen[usize::try_from(dice.between(1, 6) - 1).unwrap()] += 1;
        }
        assert!(seen.iter().all(|n| (800..1200).contains(n)), "{seen:?}");
        assert_eq!(dice.between(5, 5), 5);
    }
}
