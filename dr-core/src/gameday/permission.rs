//! Whether a rehearsal may touch the real sites of an estate.

use crate::model::{Estate, Finding, GameDays, Subject};
use crate::runbook::Plan;

/// What speaks against touching the real sites of `estate` in a rehearsal: each that is not marked `game-day: allowed`. A simulated
/// site needs no mark.
pub fn unmarked(estate: &Estate) -> Vec<Finding> {
    estate
        .sites
        .iter()
        .filter(|site| site.access.game_day != GameDays::Allowed)
        .map(|site| {
            Finding::blocking(
                "game-day-refused",
                Subject::Site(site.id.clone()),
                format!("{} is not marked for rehearsals: nothing of it is touched", site.id),
                format!(
                    "rehearse on the simulator, or write `game-day: allowed` under {} in estate.yaml once its owner agrees",
                    site.id
                ),
            )
        })
        .collect()
}

/// What speaks against carrying out a plan on real sites: that it is a rehearsal, and they are not marked for one.
pub fn refusals(plan: &Plan) -> Vec<Finding> {
    if plan.rehearsal {
        unmarked(&plan.estate)
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{self, Source, builtin};

    use super::*;

    fn estate(marks: &[&str]) -> Estate {
        let mut text = builtin::storefront_estate().text;
        for site in marks {
            let line = format!("  {site}:\n");
            assert!(text.contains(&line));
            text = text.replace(&line, &format!("{line}    game-day: allowed\n"));
        }
        config::load_estate(Source::new("estate.yaml", text))
            .unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn told(estate: &Estate) -> Vec<String> {
        unmarked(estate)
            .into_iter()
            .map(|finding| format!("{} {}", finding.code, finding.message))
            .collect()
    }

    #[test]
    fn each_site_that_is_not_marked_speaks_against_a_real_rehearsal() {
        let told_of = |site: &str| {
            format!(
                "game-day-refused {site} is not marked for rehearsals: nothing of it is touched"
            )
        };
        assert_eq!(told(&estate(&[])), [told_of("ohio"), told_of("california")]);
        assert_eq!(told(&estate(&["ohio"])), [told_of("california")]);
        assert_eq!(told(&estate(&["ohio", "california"])), [""; 0]);
    }

    #[test]
    fn a_mark_that_is_misspelt_is_a_problem_of_the_file() {
        let text = builtin::storefront_estate().text;
        let text = text.replacen(
            "    platform: aws\n",
            "    platform: aws\n    game-day: alowed\n",
            1,
        );
        let problems = config::load_estate(Source::new("estate.yaml", text)).expect_err("it is");
        assert_eq!(problems.list[0].code, "unknown-permission");
        assert_eq!(
            problems.list[0].help.as_deref(),
            Some("did you mean `allowed`?")
        );
    }
}
