//! A time axis: instants to places, with long quiet stretches folded.

use jiff::Timestamp;

/// How wide a folded stretch is drawn.
const FOLD_WIDTH: f64 = 56.0;
/// At most so many stretches are folded.
const FOLDS_MAX: usize = 3;
/// At most about so many ticks are drawn.
const TICKS: i64 = 8;

/// The lengths that stand between two ticks, in seconds.
const STEPS_S: [i64; 20] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    172_800, 604_800,
];

/// A stretch of the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    from_ms: i64,
    until_ms: i64,
    /// Where it begins.
    pub(super) x: f64,
    /// How wide it is.
    pub(super) width: f64,
    /// It is not drawn to scale.
    pub(super) folded: bool,
}

impl Stretch {
    /// How long it is, in milliseconds.
    pub(super) fn length_ms(&self) -> i64 {
        self.until_ms - self.from_ms
    }
}

/// Instants to places. To scale, except for folded stretches.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    stretches: Vec<Stretch>,
    left: f64,
    right: f64,
}

impl Axis {
    /// An axis from `from` to `until`. Of the `quiet` stretches those are folded that take more than a third of what is
    /// left to draw.
    pub(super) fn new(
        (from, until): (Timestamp, Timestamp),
        quiet: &[(Timestamp, Timestamp)],
        (left, right): (f64, f64),
    ) -> Self {
        let from = from.as_millisecond();
        let until = until.as_millisecond().max(from + 1);
        let folds = choose_folds(from, until, quiet);
        let folded: i64 = folds.iter().map(|(start, end)| end - start).sum();
        let to_scale = (until - from - folded).max(1);
        let room = right - left - FOLD_WIDTH * number(i64::try_from(folds.len()).unwrap_or(0));
        let scale = room / number(to_scale);
        let mut stretches = Vec::new();
        let mut x = left;
        let mut at = from;
        let mut push = |from_ms: i64, until_ms: i64, folded: bool| {
            if until_ms > from_ms {
                let width = if folded {
                    FOLD_WIDTH
                } else {
                    number(until_ms - from_ms) * scale
                };
                stretches.push(Stretch {
                    from_ms,
                    until_ms,
                    x,
                    width,
                    folded,
                });
                x += width;
            }
        };
        for (start, end) in folds {
            push(at, start, false);
            push(start, end, true);
            at = end;
        }
        push(at, until, false);
        Self {
            stretches,
            left,
            right,
        }
    }

    /// The place of an instant; the nearer end where it is outside.
    pub(super) fn x(&self, at: Timestamp) -> f64 {
        self.x_ms(at.as_millisecond())
    }

    fn x_ms(&self, at: i64) -> f64 {
        let Some(stretch) = self.stretches.iter().find(|stretch| at < stretch.until_ms) else {
            return self.right;
        };
        if at <= stretch.from_ms {
            return stretch.x.max(self.left);
        }
        stretch.x + number(at - stretch.from_ms) / number(stretch.length_ms()) * stretch.width
    }

    /// The stretches that are not drawn to scale.
    pub(super) fn folds(&self) -> impl Iterator<Item = &Stretch> {
        self.stretches.iter().filter(|stretch| stretch.folded)
    }

    /// Round distances from `origin`, in seconds, with their places; none in a folded stretch.
    pub(super) fn ticks(&self, origin: Timestamp) -> Vec<(i64, f64)> {
        let origin = origin.as_millisecond();
        let open: Vec<&Stretch> = self.stretches.iter().filter(|s| !s.folded).collect();
        let seconds: i64 = open.iter().map(|s| s.length_ms()).sum::<i64>() / 1000;
        let step = STEPS_S
            .into_iter()
            .find(|step| seconds / step <= TICKS)
            .unwrap_or_else(|| (seconds / TICKS).max(1))
            * 1000;
        let mut ticks: Vec<(i64, f64)> = Vec::new();
        for stretch in open {
            let first = (stretch.from_ms - origin).div_euclid(step)
                + i64::from((stretch.from_ms - origin).rem_euclid(step) != 0);
            let last = (stretch.until_ms - origin).div_euclid(step);
            for index in first..=last {
                let x = self.x_ms(origin + index * step);
                if ticks.last().is_none_or(|(_, before)| x - before > 1.0) {
                    ticks.push((index * step / 1000, x));
                }
            }
        }
        ticks
    }
}

fn choose_folds(from: i64, until: i64, quiet: &[(Timestamp, Timestamp)]) -> Vec<(i64, i64)> {
    let mut candidates: Vec<(i64, i64)> = quiet
        .iter()
        .map(|(start, end)| {
            (
                start.as_millisecond().max(from),
                end.as_millisecond().min(until),
            )
        })
        .filter(|(start, end)| end > start)
        .collect();
    candidates.sort_by_key(|(start, end)| (start - end, *start));
    let mut left = until - from;
    let mut folds: Vec<(i64, i64)> = Vec::new();
    for (start, end) in candidates {
        let apart = folds.iter().all(|(s, e)| end <= *s || start >= *e);
        if folds.len() < FOLDS_MAX && apart && (end - start) * 3 > left {
            left -= end - start;
            folds.push((start, end));
        }
    }
    folds.sort_unstable();
    folds
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a run are far below 2^53"
)]
fn number(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("in range")
    }

    proptest! {
        #[test]
        fn later_is_never_further_left_and_always_inside(
            length in 0..1_000_000_i64,
            quiet in proptest::collection::vec((0..1_000_000_i64, 0..1_000_000_i64), 0..6),
            a in -10_000..1_100_000_i64,
            b in -10_000..1_100_000_i64,
        ) {
            let quiet: Vec<_> = quiet.iter().map(|(a, b)| (at(*a.min(b)), at(*a.max(b)))).collect();
            let axis = Axis::new((at(0), at(length)), &quiet, (200.0, 980.0));
            let (first, second) = (axis.x(at(a.min(b))), axis.x(at(a.max(b))));
            prop_assert!(first <= second + 1e-6);
            prop_assert!((199.999..=980.001).contains(&first) && (199.999..=980.001).contains(&second));
            prop_assert!(axis.ticks(at(0)).len() < 20);
        }
    }

    #[test]
    fn a_long_quiet_night_is_folded_and_a_short_pause_is_not() {
        let night = (at(600), at(40_000));
        let pause = (at(100), at(160));
        let axis = Axis::new((at(0), at(41_000)), &[night, pause], (0.0, 1000.0));
        let folds: Vec<i64> = axis.folds().map(Stretch::length_ms).collect();
        assert_eq!(folds, [39_400_000]);
        assert!((axis.x(night.1) - axis.x(night.0) - FOLD_WIDTH).abs() < 1e-9);
    }
}
