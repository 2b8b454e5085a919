//! Tests of the quantities.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn every_duration_reads_back_as_it_was_printed(ms in 0..3_155_760_000_000_u64) {
        let duration = Duration::from_millis(ms);
        prop_assert_eq!(duration.to_string().parse::<Duration>(), Ok(duration));
    }

    #[test]
    fn every_size_reads_back_as_it_was_printed(bytes in any::<u64>()) {
        let size = Size(bytes);
        prop_assert_eq!(size.to_string().parse::<Size>(), Ok(size));
    }

    #[test]
    fn every_percentage_reads_back_as_it_was_printed(hundredths in 0..=10_000_u32) {
        let percent = Percent(hundredths);
        prop_assert_eq!(percent.to_string().parse::<Percent>(), Ok(percent));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC*") {
        let _ = text.parse::<Duration>();
        let _ = text.parse::<Size>();
        let _ = text.parse::<Percent>();
        let _ = text.parse::<crate::model::CronLine>();
        let _ = text.parse::<Region>();
    }
}

#[test]
fn a_duration_without_a_unit_is_refused() {
    for bad in ["", "5", "m", "5 parsecs", "-5m", "1.5h", "99999999999d"] {
        assert!(bad.parse::<Duration>().is_err(), "{bad}");
    }
    assert_eq!("1h30m".parse(), Ok(Duration::from_mins(90)));
}

#[test]
fn a_region_of_aws_has_area_direction_and_number() {
    for (code, aws) in [
        ("us-east-2", true),
        ("us-gov-west-1", true),
        ("frankfurt", false),
        ("us-east", false),
    ] {
        assert_eq!(
            code.parse::<Region>().expect("a region").is_aws_shaped(),
            aws,
            "{code}"
        );
    }
}
