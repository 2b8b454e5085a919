//! Times and durations for people: short, and no finer than a person acts on.

use dr_core::model::Duration;
use jiff::Timestamp;

/// A duration in at most two units: `4m 10s`, `850ms`.
pub(crate) fn short(duration: Duration) -> String {
    let ms = duration.as_millis();
    let seconds = ms / 1000;
    match seconds {
        0 if ms == 0 => "0s".to_owned(),
        0 => format!("{ms}ms"),
        1..=59 => format!("{seconds}s"),
        60..=3599 => two(seconds / 60, 'm', seconds % 60, 's'),
        3600..=86_399 => two(seconds / 3600, 'h', seconds % 3600 / 60, 'm'),
        _ => two(seconds / 86_400, 'd', seconds % 86_400 / 3600, 'h'),
    }
}

fn two(large: u64, large_unit: char, small: u64, small_unit: char) -> String {
    if small == 0 {
        format!("{large}{large_unit}")
    } else {
        format!("{large}{large_unit} {small}{small_unit}")
    }
}

/// From one instant to another, short.
pub(crate) fn between(earlier: Timestamp, later: Timestamp) -> String {
    short(Duration::between(earlier, later))
}

/// The time of day in UTC.
pub(crate) fn time_of_day(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_at_most_two_units() {
        for (ms, text) in [
            (0, "0s"),
            (850, "850ms"),
            (59_999, "59s"),
            (60_000, "1m"),
            (250_400, "4m 10s"),
            (7_380_000, "2h 3m"),
            (90_000_000, "1d 1h"),
        ] {
            assert_eq!(short(Duration::from_millis(ms)), text);
        }
    }
}
