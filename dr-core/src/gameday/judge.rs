//! Judges what was expected of a story by what the simulated clients measured and what the journals say.

use super::board::{Noted, What};
use super::course::Ends;
use super::run::ending;
use super::scenario::{Count, Expected};
use super::scorecard::{ExpectationScore, RunScore};
use crate::model::{Duration, Ending, Expectation, SiteId, Stir};
use crate::report::words::time_of_day;
use crate::report::{Bound, Measured, Report};
use crate::runbook::RunStatus;
use crate::sim::{Simulation, Truth};

/// Whether an expectation is met, with the figures either way.
type Judged = Result<String, String>;

fn bounded(met: bool, said: String) -> Judged {
    if met { Ok(said) } else { Err(said) }
}

/// What the expectations are judged by.
pub(super) struct Judge<'a> {
    pub(super) simulation: &'a Simulation,
    pub(super) measured: &'a Truth,
    pub(super) reports: &'a [Report],
    pub(super) runs: &'a [RunScore],
    pub(super) violations: usize,
    pub(super) ends: &'a Ends,
}

impl Judge<'_> {
    pub(super) fn expectation(&self, expected: &Expected) -> ExpectationScore {
        let judged = match expected {
            Expected::Word(word) => self.word(*word),
            Expected::Run {
                runbook,
                is,
                exit_code,
                recovers_within,
            } => self.run(runbook, *is, *exit_code, *recovers_within),
            Expected::ServedBy(site) => self.served_by(site),
            Expected::LostWrites(most) => bounded(
                self.measured.lost <= *most,
                format!("{} acknowledged writes were lost", self.measured.lost),
            ),
            Expected::LostWithin(most) => {
                let lost = self.lost_over();
                bounded(
                    lost <= *most,
                    format!("what was lost had been written within {lost}"),
                )
            }
            Expected::LongestOutage(most) => {
                let worst = self.longest_outage();
                bounded(worst <= *most, format!("the longest outage was {worst}"))
            }
            Expected::Steady(share) => bounded(
                self.ends.steady.held >= *share,
                format!("it held for {} of the time", self.ends.steady.held),
            ),
            Expected::Refused { code, step, count } => {
                self.count(*count, "it was refused", |noted| match &noted.what {
                    What::Refused(by, found) => found == code && (step.is_none() || by == step),
                    _ => false,
                })
            }
            Expected::Attempts { step, count } => {
                self.count(*count, "it was begun", |noted| match &noted.what {
                    What::Step(found, Stir::Started) => found == step,
                    _ => false,
                })
            }
            Expected::Calls { call, count } => self.calls(call, *count),
        };
        ExpectationScore {
            expectation: expected.to_string(),
            objective: matches!(
                expected,
                Expected::Word(Expectation::ObjectivesMet)
                    | Expected::LostWrites(_)
                    | Expected::LostWithin(_)
                    | Expected::LongestOutage(_)
            ),
            met: judged.is_ok(),
            because: judged.unwrap_or_else(|because| because),
        }
    }

    fn word(&self, word: Expectation) -> Judged {
        match word {
            Expectation::NoViolation => self.no_violation(),
            Expectation::ObjectivesMet => self.objectives_met(),
            Expectation::LossAsStated => self.loss_as_stated(),
            Expectation::RolesHome => self.roles_home(),
            Expectation::Protected => self.protected(),
        }
    }

    /// The last run of a runbook, as it stands now.
    fn run(
        &self,
        runbook: &str,
        is: Option<Ending>,
        exit_code: Option<u8>,
        within: Option<Duration>,
    ) -> Judged {
        let Some(run) = self.runs.iter().rev().find(|run| run.runbook == runbook) else {
            return Err(format!("no run of {runbook} was begun"));
        };
        let stands = ending(run.status);
        let exits = self.ends.exits.iter().rev();
        let last = exits
            .filter(|(name, _)| name == runbook)
            .find_map(|(_, exit)| *exit);
        let recovered = match run.recovery {
            Measured::Figure {
                bound: Bound::Exactly | Bound::AtMost,
                value,
                ..
            } => Some(value),
            _ => None,
        };
        let exit = last.map_or_else(
            || "no exit code".to_owned(),
            |code| format!("exit code {code}"),
        );
        let said = format!(
            "{} is {}, {exit}, recovery time {}",
            run.run,
            stands.name(),
            run.recovery.phrase()
        );
        let met = is.is_none_or(|is| is == stands)
            && exit_code.is_none_or(|code| Some(code) == last)
            && within.is_none_or(|within| recovered.is_some_and(|took| took <= within));
        bounded(met, said)
    }

    fn served_by(&self, site: &SiteId) -> Judged {
        let Some(view) = &self.ends.clients else {
            return Err("what clients experience could not be read".to_owned());
        };
        let sites: Vec<&str> = view.served_by.iter().map(SiteId::as_str).collect();
        let said = match sites.as_slice() {
            [] => "no site served clients in the last minute".to_owned(),
            sites => format!(
                "served in the last minute by {}, {} of {} writes acknowledged",
                sites.join(" and "),
                view.acknowledged,
                view.tried
            ),
        };
        bounded(
            view.served_by.as_slice() == std::slice::from_ref(site),
            said,
        )
    }

    fn count(&self, count: Count, what: &str, fits: impl Fn(&Noted) -> bool) -> Judged {
        let times = self.ends.noted.iter().filter(|noted| fits(noted)).count() as u64;
        bounded(count.holds(times), format!("{what} {times} times"))
    }

    fn calls(&self, name: &str, count: Count) -> Judged {
        let made = self.simulation.calls();
        let by: Vec<String> = made
            .iter()
            .filter(|made| name.split_once(':') == Some((made.service, made.call)))
            .map(|made| format!("{} at {}", made.operator, time_of_day(made.at)))
            .collect();
        let said = match by.as_slice() {
            [] => "it was never called".to_owned(),
            by => format!("it was called by {}", by.join(", by ")),
        };
        bounded(count.holds(by.len() as u64), said)
    }

    fn longest_outage(&self) -> Duration {
        self.measured
            .outages
            .iter()
            .map(|outage| Duration::between(outage.from, outage.until.unwrap_or(self.measured.at)))
            .max()
            .unwrap_or(Duration::ZERO)
    }

    fn lost_over(&self) -> Duration {
        self.measured
            .lost_window
            .map_or(Duration::ZERO, |(first, last)| {
                Duration::between(first, last)
            })
    }

    fn no_violation(&self) -> Judged {
        match self.violations {
            0 => Ok("checked after every event of the world, none was broken".to_owned()),
            1 => Err("an invariant was broken".to_owned()),
            n => Err(format!("invariants were broken {n} times")),
        }
    }

    /// The clients' own measurement counts, not what a report says.
    fn objectives_met(&self) -> Judged {
        let objectives = self.simulation.estate().objectives;
        let worst = self.longest_outage();
        if worst > objectives.rto {
            return Err(format!(
                "clients were not served for {worst}, the RTO is {}",
                objectives.rto
            ));
        }
        let lost_over = self.lost_over();
        if lost_over > objectives.rpo {
            return Err(format!(
                "writes of {lost_over} were lost, the RPO is {}",
                objectives.rpo
            ));
        }
        Ok(format!(
            "the longest outage was {worst} (RTO {}), what was lost had been written within {lost_over} (RPO {})",
            objectives.rto, objectives.rpo
        ))
    }

    /// What was really lost is neither more than the reports say exactly, nor outside of the windows that they state.
    fn loss_as_stated(&self) -> Judged {
        let statements: Vec<_> = self
            .reports
            .iter()
            .flat_map(|report| &report.data_loss.data_sets)
            .filter_map(|set| set.statement.as_ref().map(|(_, loss)| loss))
            .collect();
        let lost = self.measured.lost;
        if let Some((first, last)) = self.measured.lost_window {
            // Clients measure whole seconds.
            let second = Duration::from_secs(1);
            let contained = statements.iter().any(|loss| {
                second.before(loss.window_from) <= first
                    && loss
                        .window_until
                        .is_none_or(|until| last <= second.after(until))
            });
            if !contained {
                return Err(format!(
                    "{lost} writes were lost outside of every window that a report states"
                ));
            }
        }
        let exact: Option<u64> = statements.iter().map(|loss| loss.exact).sum();
        match exact {
            Some(stated) if stated == lost => Ok(format!(
                "{lost} writes were lost, and the reports say exactly {stated}"
            )),
            Some(stated) => Err(format!(
                "{lost} writes were lost, and the reports say {stated}"
            )),
            None => Ok(format!(
                "{lost} writes were lost, within the windows that the reports state"
            )),
        }
    }

    fn roles_home(&self) -> Judged {
        let home = &self.simulation.estate().home().id;
        for (data_set, writers) in &self.measured.writable_primaries {
            if writers.as_slice() != std::slice::from_ref(home) {
                let sites: Vec<&str> = writers.iter().map(crate::model::SiteId::as_str).collect();
                let sites = if sites.is_empty() {
                    "no site".to_owned()
                } else {
                    sites.join(", ")
                };
                return Err(format!(
                    "{data_set} is written at {sites}, its home is {home}"
                ));
            }
        }
        Ok(format!("{home} is primary, as at home"))
    }

    fn protected(&self) -> Judged {
        let open: Vec<&str> = self
            .runs
            .iter()
            .filter(|run| run.status != RunStatus::Completed)
            .map(|run| run.run.as_str())
            .collect();
        if open.is_empty() {
            Ok("every run completed: the estate could stand another loss".to_owned())
        } else {
            Err(format!("not completed: {}", open.join(", ")))
        }
    }
}
