//! `dr run`: look at runs, decide what they wait for, go on with them.

use clap::{Args, Subcommand};
use dr_core::model::{RunId, StepId};
use dr_core::port::{Answer, Decision};
use dr_core::runbook::engine::{APPROVAL, RunState};
use dr_core::runbook::inbox;
use dr_core::runbook::replay::replay;

use super::options::RunningArgs;
use crate::carry;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::runs;
use crate::session::Session;
use crate::stores::{self, FoundRun, RunStore};
use crate::wiring;

/// Look at runs, decide what they wait for, go on with them
#[derive(Debug, Subcommand)]
pub(crate) enum RunCommand {
    List(ListArgs),
    Show(ShowArgs),
    Resume(ResumeArgs),
    Approve(ApproveArgs),
    Skip(SkipArgs),
    Retry(RetryArgs),
    Abort(AbortArgs),
}

/// List the runs of the store
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr run list
  dr run list --output json | jq -r '.runs[] | select(.status == \"held\") | .run'")]
pub(crate) struct ListArgs {}

/// Show where a run stands and what it waits for
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr run show failover-20260101-000030-1f0c
  dr run show failover-20260101-000030-1f0c --output json")]
pub(crate) struct ShowArgs {
    /// Show this run
    run: RunId,
}

/// Go on with a run that is held or whose operator died, also on another machine
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr run resume failover-20260101-000030-1f0c
  dr run resume failover-20260101-000030-1f0c --people none --output json
  dr run resume failover-20260101-000030-1f0c --until-fenced")]
pub(crate) struct ResumeArgs {
    /// Go on with this run
    run: RunId,
    /// Only apply the fence that is still pending, then hold: what follows it takes an hour
    #[arg(long)]
    until_fenced: bool,
    #[command(flatten)]
    running: RunningArgs,
}

/// Who decides, and why.
#[derive(Debug, Args)]
struct Signature {
    /// Sign with this name
    #[arg(long, value_name = "NAME")]
    who: String,
    /// Say why: it is kept in the journal
    #[arg(long, value_name = "REASON")]
    why: String,
}

/// Say yes to what a run asks: an approval, or a gate to pass in full knowledge
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr run approve RUN approve --who ada --why 'seen the plan, region is gone'
  dr run approve RUN promote-database --who ada --why 'loss of 40 s accepted by the owner'
  dr run resume RUN")]
pub(crate) struct ApproveArgs {
    /// Decide about this run
    run: RunId,
    /// Decide about this step
    step: StepId,
    /// Answer the question of this code [default: the one that is open]
    #[arg(long)]
    code: Option<String>,
    #[command(flatten)]
    signature: Signature,
}

/// Go on without a step
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr run skip RUN repoint-dashboards --who ada --why 'done by hand'
  dr run resume RUN")]
pub(crate) struct SkipArgs {
    /// Decide about this run
    run: RunId,
    /// Decide about this step
    step: StepId,
    #[command(flatten)]
    signature: Signature,
}

/// Try a step again that failed or is in doubt
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr run retry RUN provision-stack --who ada --why 'quota was raised'
  dr run resume RUN")]
pub(crate) struct RetryArgs {
    /// Decide about this run
    run: RunId,
    /// Decide about this step
    step: StepId,
    #[command(flatten)]
    signature: Signature,
}

/// Stop a run: before the pivot what was done is undone, past it the run rests and can be gone on with
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr run abort RUN --who ada --why 'the region is back'
  dr run resume RUN")]
pub(crate) struct AbortArgs {
    /// Decide about this run
    run: RunId,
    #[command(flatten)]
    signature: Signature,
}

/// Carries out `dr run`.
pub(crate) fn run(command: &RunCommand, session: &Session) -> Result<ExitCode> {
    match command {
        RunCommand::List(_) => list(session),
        RunCommand::Show(args) => show(&args.run, session),
        RunCommand::Resume(args) => {
            let found = stores::find(&args.run, session)?;
            if args.until_fenced && !open_state(&found)?.stands_before_fence() {
                let run = &args.run;
                let refused =
                    format!("{run} does not stand before the fence of its former primary");
                return Err(Error::usage(refused).hint(format!("dr run show {run}")));
            }
            carry::resume(&found, args.until_fenced, &args.running, session)
        }
        RunCommand::Approve(args) => {
            let found = stores::find(&args.run, session)?;
            let state = open_state(&found)?;
            let code = match (&args.code, state.questions.get(&args.step)) {
                (Some(code), _) => code.clone(),
                (None, Some(question)) => question.code.clone(),
                (None, None) => APPROVAL.to_owned(),
            };
            decide(
                &found,
                &state,
                &args.step,
                &code,
                Decision::Yes,
                &args.signature,
                session,
            )
        }
        RunCommand::Skip(args) => about_step(
            &args.run,
            &args.step,
            Decision::Skip,
            &args.signature,
            session,
        ),
        RunCommand::Retry(args) => about_step(
            &args.run,
            &args.step,
            Decision::Retry,
            &args.signature,
            session,
        ),
        RunCommand::Abort(args) => {
            let found = stores::find(&args.run, session)?;
            let state = open_state(&found)?;
            let step = current_step(&state)?;
            let code = code_of(&state, &step, Decision::Abort);
            decide(
                &found,
                &state,
                &step,
                &code,
                Decision::Abort,
                &args.signature,
                session,
            )
        }
    }
}

fn list(session: &Session) -> Result<ExitCode> {
    let mut rows = Vec::new();
    let stores = match wiring::named_bucket(session)? {
        Some(store) => vec![store],
        None => vec![RunStore::real(session)?, RunStore::simulated(session)?],
    };
    for store in stores {
        for run in store.runs()? {
            rows.push(runs::Row::new(
                run.clone(),
                store.simulated,
                store.read(&run),
            ));
        }
    }
    rows.sort_by(|a, b| a.order().cmp(&b.order()));
    if session.out.is_json() {
        session.out.json(&serde_json::json!({ "runs": rows }));
    } else if rows.is_empty() {
        session
            .out
            .notice(&format!("no runs in {}", session.place()));
    } else {
        session.out.result(&runs::table(&rows, &session.out));
    }
    Ok(ExitCode::Done)
}

fn show(run: &RunId, session: &Session) -> Result<ExitCode> {
    let found = stores::find(run, session)?;
    let state = state_of(&found)?;
    if session.out.is_json() {
        session.out.json(&runs::json(
            run,
            found.store.simulated,
            &state,
            &session.out,
        ));
    } else {
        let text = runs::text(&found.journal, &state, &session.out);
        session.out.result(&text);
    }
    Ok(ExitCode::Done)
}

fn state_of(found: &FoundRun) -> Result<RunState> {
    replay(&found.journal).map_err(|error| {
        Error::new(
            ExitCode::JournalUnreadable,
            format!("cannot read the journal of {}", found.journal.header.run),
        )
        .because(&error)
    })
}

/// The state of a run that can still be decided about.
fn open_state(found: &FoundRun) -> Result<RunState> {
    let state = state_of(found)?;
    let run = &found.journal.header.run;
    if state.status.is_over() {
        return Err(Error::usage(format!("run {run} is over")).hint(format!("dr run show {run}")));
    }
    Ok(state)
}

/// The step that a decision about the whole run is filed under: the first that asks, or that is not behind.
fn current_step(state: &RunState) -> Result<StepId> {
    state
        .questions
        .keys()
        .next()
        .cloned()
        .or_else(|| {
            state
                .plan
                .steps()
                .find(|step| !state.step(&step.id).is_behind())
                .or_else(|| state.plan.steps().last())
                .map(|step| step.id.clone())
        })
        .ok_or_else(|| Error::usage("the run's plan has no steps"))
}

fn code_of(state: &RunState, step: &StepId, decision: Decision) -> String {
    state.questions.get(step).map_or_else(
        || {
            match decision {
                Decision::Yes => APPROVAL,
                Decision::Retry => "retry",
                Decision::Skip => "skip",
                Decision::Abort => "abort",
            }
            .to_owned()
        },
        |question| question.code.clone(),
    )
}

fn about_step(
    run: &RunId,
    step: &StepId,
    decision: Decision,
    signature: &Signature,
    session: &Session,
) -> Result<ExitCode> {
    let found = stores::find(run, session)?;
    let state = open_state(&found)?;
    let code = code_of(&state, step, decision);
    decide(&found, &state, step, &code, decision, signature, session)
}

/// Puts a person's decision into the run's inbox, where the operator who carries the run out finds it.
fn decide(
    found: &FoundRun,
    state: &RunState,
    step: &StepId,
    code: &str,
    decision: Decision,
    signature: &Signature,
    session: &Session,
) -> Result<ExitCode> {
    let run = &found.journal.header.run;
    if state.plan.step(step).is_none() {
        let steps: Vec<&str> = state.plan.steps().map(|step| step.id.as_str()).collect();
        return Err(Error::usage(format!("run {run} has no step {step}"))
            .hint(format!("one of its steps: {}", steps.join(", "))));
    }
    let answer = Answer {
        step: step.clone(),
        code: code.to_owned(),
        decision,
        who: signature.who.trim().to_owned(),
        why: signature.why.trim().to_owned(),
        plan_digest: state.plan.digest.clone(),
    };
    if answer.who.is_empty() || answer.why.is_empty() {
        return Err(Error::usage("a decision needs a name and a reason"));
    }
    let store = &found.store;
    store
        .wait(inbox::post(&*store.store(), run, &answer))
        .map_err(|error| {
            Error::new(ExitCode::Unexpected, "cannot hand the decision to the run").because(&error)
        })?;
    if session.out.is_json() {
        session
            .out
            .json(&serde_json::json!({ "run": run, "answer": answer }));
    } else {
        session.out.line(&format!(
            "noted for {run}: {} decides about {step} ({code})",
            answer.who
        ));
        session.out.notice(&format!(
            "next: {}, unless it is being carried out right now",
            session.out.command(&format!("dr run resume {run}"))
        ));
    }
    Ok(ExitCode::Done)
}
