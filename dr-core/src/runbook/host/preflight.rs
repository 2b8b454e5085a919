//! Re-check of what a plan was based on, just before it runs.

use super::{Host, HostError, StartOptions};
use crate::action::{Context, History, for_verb};
use crate::discover;
use crate::model::{Epoch, Finding, RunId, Severity};
use crate::port::{LeaseDeadline, Permit};
use crate::runbook::plan::{self, Plan};

impl Host {
    /// Reads both sites again, compares with the plan's facts, and asks every action what speaks against it. Blocking findings
    /// refuse the run, unless a person accepted their code; accepted ones stay on record as what they are.
    pub(super) async fn preflight(
        &self,
        run: &RunId,
        plan: &Plan,
        options: &StartOptions,
        epoch: Epoch,
    ) -> Result<Vec<Finding>, HostError> {
        let inventory = discover::inventories(&plan.estate, &self.ports).await;
        let mut findings = plan::recheck(plan, &inventory);
        for step in plan.steps() {
            // A permit that is over: a preflight that tried to change something would be refused.
            let permit = Permit {
                run: run.clone(),
                step: step.id.clone(),
                epoch,
                token: String::new(),
                deadline: LeaseDeadline::new(self.ports.clock.now()),
            };
            let context = Context {
                estate: &plan.estate,
                direction: &plan.direction,
                mode: plan.mode,
                step: &step.id,
                verb: &step.verb,
                timeout: step.timeout,
                ports: &self.ports,
                permit: &permit,
                history: &History::default(),
            };
            for finding in for_verb(&step.verb).preflight(&context).await {
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
        }
        let refused = findings.iter().any(|finding| {
            finding.severity == Severity::Blocking
                && options
                    .accepted
                    .iter()
                    .all(|waiver| waiver.code != finding.code)
        });
        if refused {
            return Err(HostError::Refused(findings));
        }
        Ok(findings)
    }
}
