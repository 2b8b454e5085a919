//! Figures and times as people read them. Used by every page that `dr` makes.

use jiff::Timestamp;

use crate::model::Duration;

/// A duration in at most two units, rounded up so that it never flatters: `14m 33s`, `2h 5m`, `8s`, `350ms`.
pub fn figure(duration: Duration) -> String {
    let ms = duration.as_millis();
    if ms == 0 {
        return "0s".to_owned();
    }
    if ms < 1000 {
        return format!("{ms}ms");
    }
    let seconds = ms.div_ceil(1000);
    if seconds < 3600 {
        return two(seconds / 60, "m", seconds % 60, "s");
    }
    let minutes = seconds.div_ceil(60);
    if minutes < 24 * 60 {
        return two(minutes / 60, "h", minutes % 60, "m");
    }
    let hours = minutes.div_ceil(60);
    two(hours / 24, "d", hours % 24, "h")
}

/// A value as people read it, for templates.
pub trait Words {
    /// As people read it.
    fn words(&self) -> String;
}

impl Words for Duration {
    fn words(&self) -> String {
        figure(*self)
    }
}

impl Words for Timestamp {
    fn words(&self) -> String {
        instant(*self)
    }
}

fn two(big: u64, big_unit: &str, small: u64, small_unit: &str) -> String {
    match (big, small) {
        (0, small) => format!("{small}{small_unit}"),
        (big, 0) => format!("{big}{big_unit}"),
        (big, small) => format!("{big}{big_unit} {small}{small_unit}"),
    }
}

/// Day and time in UTC, to the second.
pub fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Time of day in UTC, to the second.
pub fn time_of_day(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// `1 write`, `2 writes`.
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// One line that is safe on a terminal: control characters, which could move the cursor or hide text, become spaces.
pub fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_figure_has_at_most_two_units_and_is_rounded_up() {
        for (ms, words) in [
            (0, "0s"),
            (350, "350ms"),
            (1001, "2s"),
            (872_000, "14m 32s"),
            (872_001, "14m 33s"),
            (3_600_000, "1h"),
            (3_600_001, "1h 1m"),
            (90_000_000, "1d 1h"),
        ] {
            assert_eq!(figure(Duration::from_millis(ms)), words);
        }
    }

    proptest! {
        #[test]
        fn a_printed_figure_is_never_shorter_than_the_truth(ms in 0..3_000_000_000_000_u64) {
            let shown: Duration = figure(Duration::from_millis(ms)).parse().expect("a duration");
            prop_assert!(shown.as_millis() >= ms);
        }

        #[test]
        fn one_line_has_no_control_character(text in any::<String>()) {
            prop_assert!(!one_line(&text).chars().any(char::is_control));
        }
    }
}
