//! `dr explain`.

use clap::Args;
use dr_core::model::{Family, RuleDoc};
use dr_core::rules;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render;
use crate::session::Session;

/// Explain a rule of `dr drift` or `dr ready`: what it looks for, why, what to do, who says so
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_long_help = "\
Examples:
  dr explain type-not-offered                One rule
  dr explain --list                          All of them, family by family
  dr explain --list --output json | jq -r '.rules[].code'"
)]
pub(crate) struct ExplainArgs {
    /// Explain the rule of this code
    #[arg(value_name = "CODE", required_unless_present = "list")]
    code: Option<String>,
    /// List all rules
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

/// Finds the rule, or lists them.
pub(crate) fn run(args: &ExplainArgs, session: &Session) -> Result<ExitCode> {
    let out = &session.out;
    let Some(code) = &args.code else {
        let rules: Vec<&RuleDoc> = Family::ALL
            .iter()
            .flat_map(|family| rules::all().filter(move |rule| rule.family == *family))
            .collect();
        if out.is_json() {
            out.json(&serde_json::json!({ "rules": rules }));
        } else {
            out.result(&render::explain::list(&rules, out.style()));
        }
        return Ok(ExitCode::Done);
    };
    let Some(rule) = rules::find(code) else {
        let error = Error::usage(format!("there is no rule `{code}`"));
        return Err(match rules::nearest(code) {
            Some(meant) => error.hint(format!("dr explain {meant}")),
            None => error.hint("dr explain --list"),
        });
    };
    if out.is_json() {
        out.json(rule);
    } else {
        out.result(&render::explain::text(rule, out.style()));
    }
    Ok(ExitCode::Done)
}
