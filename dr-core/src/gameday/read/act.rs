//! Acts.

use super::known::{self, Known, exit_code};
use super::{fault, lasting, refuse_needless, within};
use crate::config::{
    self, ActWord, At, Problem, RawAct, RawOptions, RawSideAct, RawWhen, Report, Span,
};
use crate::gameday::codes;
use crate::gameday::scenario::{Act, ExpectedEnd, Inject, Moment, RunAct, SideAct, Trigger};
use crate::model::{Duration, Mode, Only, Stir};
use crate::runbook::Runbook;
use crate::sim;

/// Reads the acts of one file.
pub(super) struct Reader<'a> {
    pub(super) known: &'a Known<'a>,
    people: Vec<String>,
    /// The runbooks that are run by the acts that were read.
    ran: Vec<String>,
    pub(super) report: &'a mut Report,
}

impl<'a> Reader<'a> {
    pub(super) fn new(known: &'a Known<'a>, people: Vec<String>, report: &'a mut Report) -> Self {
        Self {
            known,
            people,
            ran: Vec::new(),
            report,
        }
    }

    /// One act.
    pub(super) fn act(&mut self, raw: RawAct) -> Option<Act> {
        let At { value, span } = raw.act?;
        let options = raw.options;
        if !matches!(value, ActWord::Fault(_)) {
            refuse_needless(&options.written, fits(&value), self.report);
        }
        Some(match value {
            ActWord::Verify => Act::VerifySteadyState,
            ActWord::Wait(duration) => {
                lasting(
                    "wait",
                    At {
                        value: duration,
                        span,
                    },
                    self.report,
                );
                Act::Wait(duration)
            }
            ActWord::Fault(happening) => self.fault(happening, &options, span)?,
            ActWord::Run(runbook) => Act::Run(self.run(runbook, &options, span)?),
            ActWord::Resume(runbook) => {
                self.tries(&options);
                if !self.ran.contains(&runbook) {
                    let message = format!("no act before this one runs {runbook}");
                    self.report
                        .add(Problem::new("nothing-to-resume", span, message));
                }
                Act::Resume {
                    runbook,
                    by: self.by(options.by.as_ref())?,
                    tries: options.tries.map_or(1, |tries| tries.value),
                    expect: self.expected_end(&options)?,
                }
            }
            ActWord::Kill(person) => {
                let person = At {
                    value: person,
                    span,
                };
                Act::Kill(self.by(Some(&person))??)
            }
            ActWord::Ask(question) => Act::Ask(Inject {
                to: self.by(options.to.as_ref())?,
                question,
                hint: options.hint.map(|hint| hint.value),
            }),
        })
    }

    fn run(&mut self, name: String, options: &RawOptions, span: Span) -> Option<RunAct> {
        self.ran.push(name.clone());
        let word = At { value: name, span };
        let runbook = self.known.runbook(&word, self.report);
        let accept: Vec<_> = options.accept.iter().flatten().collect();
        for code in &accept {
            known::code(code, &[&codes::FINDINGS], "a finding", self.report);
        }
        self.tries(options);
        let by = self.by(options.by.as_ref());
        let expect = self.expected_end(options);
        Some(RunAct {
            mode: match options.mode {
                Some(mode) => mode.value,
                None => usual_mode(runbook?),
            },
            runbook: word.value,
            by: by?,
            accept: accept.into_iter().map(|code| code.value.clone()).collect(),
            tries: options.tries.map_or(1, |tries| tries.value),
            expect: expect?,
        })
    }

    fn tries(&mut self, options: &RawOptions) {
        if let Some(tries) = options.tries {
            within("tries", tries, 1..=1000, self.report);
        }
    }

    fn fault(
        &mut self,
        happening: crate::model::Happening,
        options: &RawOptions,
        span: Span,
    ) -> Option<Act> {
        let ends_after = options.lasting;
        let fault = fault::read(happening, options, span, self)?;
        let Some(ends_after) = ends_after else {
            return Some(Act::Fault(fault, None));
        };
        let Some(end) = happening.end() else {
            let message = "this has no end that `for` could bring";
            self.report.add(
                Problem::new("endless-fault", ends_after.span, message).help("remove the line"),
            );
            return None;
        };
        lasting("for", ends_after, self.report);
        let end = fault::build(end, options, self)?;
        Some(Act::Fault(fault, Some((ends_after.value, end))))
    }

    /// An act beside the story.
    pub(super) fn side_act(&mut self, raw: RawSideAct) -> Option<SideAct> {
        let act = self.act(raw.act);
        let after = raw.after;
        let trigger = match (raw.at, raw.when) {
            (Some(at), None) => {
                if let Some(after) = after {
                    let message = "`after` counts from `when`, and there is none";
                    self.report
                        .add(Problem::new("needless-key", after.span, message));
                }
                if at.value > sim::LONGEST {
                    lasting("at", at, self.report);
                }
                Trigger::At(at.value)
            }
            (None, Some(when)) => {
                let moment = self.moment(when.value, when.span)?;
                Trigger::When(moment, after.map_or(Duration::ZERO, |after| after.value))
            }
            (both, _) => {
                let (span, message) = match both {
                    Some(at) => (at.span, "an act has one moment: `at` or `when`"),
                    None => (raw.span, "an act beside the story says when it happens"),
                };
                self.report
                    .add(Problem::new("no-moment", span, message).help(
                        "write `at: 2m`, or `when: { step: promote-database, is: started }`",
                    ));
                return None;
            }
        };
        Some(SideAct { trigger, act: act? })
    }

    fn moment(&mut self, raw: RawWhen, span: Span) -> Option<Moment> {
        let run = raw.run.as_ref().map(|run| At {
            value: run.value.0.clone(),
            span: run.span,
        });
        if let Some(run) = &run {
            self.known.is_run(run, self.report);
        }
        if let Some(step) = &raw.step {
            self.known.step(step, run.as_ref(), self.report);
        }
        if let Some(code) = &raw.asked {
            known::code(code, &[&codes::QUESTIONS], "a question", self.report);
        }
        let is = raw.is.map(|is| is.value);
        let fits = match (&raw.step, &raw.run, &raw.asked) {
            (None, None, None) => {
                let message = "of what?";
                let help = "write `step`, `run` or `asked`";
                self.report
                    .add(Problem::new("no-moment", span, message).help(help));
                return None;
            }
            (_, _, Some(_)) => is.is_none(),
            (Some(_), _, _) => is.is_none_or(Stir::is_of_steps),
            (None, Some(_), _) => is.is_none_or(Stir::is_of_runs),
        };
        if !fits {
            let span = raw.is.map_or(span, |is| is.span);
            let message = "this does not happen to it";
            let help = "steps are started, succeeded, failed or in-doubt; runs are started, held, unwinding or over";
            self.report
                .add(Problem::new("unknown-moment", span, message).help(help));
            return None;
        }
        Some(Moment {
            run: run.map(|run| run.value),
            step: raw.step.map(|step| step.value),
            asked: raw.asked.map(|code| code.value),
            is: is.unwrap_or(Stir::Started),
        })
    }

    /// One of the people; `None` when it is none of them, `Some(None)` when nobody is named.
    #[expect(
        clippy::option_option,
        reason = "that nobody is named is no problem; that the one named is unknown is one"
    )]
    pub(super) fn by(&mut self, word: Option<&At<String>>) -> Option<Option<String>> {
        let Some(word) = word else {
            return Some(None);
        };
        if !self.people.contains(&word.value) {
            let message = format!("nobody on call is called {}", word.value);
            let mut problem = Problem::new("unknown-person", word.span, message);
            problem.help =
                config::did_you_mean(&word.value, self.people.iter().map(String::as_str));
            self.report.add(problem);
            return None;
        }
        Some(Some(word.value.clone()))
    }

    fn expected_end(&mut self, options: &RawOptions) -> Option<ExpectedEnd> {
        if let Some(code) = &options.code {
            let lists: [&[&str]; 3] = [&codes::QUESTIONS, &codes::FINDINGS, &codes::REFUSALS];
            known::code(
                code,
                &lists,
                "a question, a finding or a refusal",
                self.report,
            );
        }
        Some(ExpectedEnd {
            ending: options.expect.map(|expect| expect.value),
            code: options.code.as_ref().map(|code| code.value.clone()),
            exit_code: match options.exit_code {
                Some(word) => Some(exit_code(word, self.report)?),
                None => None,
            },
        })
    }
}

/// The mode of a run where none is written. A way home is planned by nature, as `dr failback` and `dr switchover` are.
fn usual_mode(runbook: &Runbook) -> Mode {
    let is_planned = runbook.only == Some(Only::Planned)
        || matches!(runbook.name.as_str(), "failback" | "switchover");
    if is_planned {
        Mode::Planned
    } else {
        Mode::Unplanned
    }
}

/// The options that say something of an act which is no fault.
fn fits(act: &ActWord) -> &'static [&'static str] {
    match act {
        ActWord::Run(_) => &[
            "mode",
            "by",
            "accept",
            "tries",
            "expect",
            "code",
            "exit-code",
        ],
        ActWord::Resume(_) => &["by", "tries", "expect", "code", "exit-code"],
        ActWord::Ask(_) => &["to", "hint"],
        ActWord::Verify | ActWord::Fault(_) | ActWord::Wait(_) | ActWord::Kill(_) => &[],
    }
}
