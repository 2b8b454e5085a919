//! Rules, explained.

use std::fmt::Write as _;

use dr_core::model::{RuleDoc, Severity};

use super::style::Style;

/// What a finding of a rule does, in words.
fn effect(severity: Severity) -> &'static str {
    match severity {
        Severity::Blocking => "stops a failover",
        Severity::Slowing => "adds minutes",
        Severity::Notice => "worth knowing",
    }
}

/// One rule.
pub(crate) fn text(rule: &RuleDoc, style: Style) -> String {
    let line = |name: &str, text: &str| format!("{} {text}\n", style.dim(format!("{name:<7}")));
    format!(
        "{}\n{}\n\n{}{}{}{}{}",
        style.bold(rule.code),
        sentence(rule.title),
        line("why", rule.why),
        line("fix", &sentence(rule.fix)),
        line("effect", &format!("{} at the worst", effect(rule.severity))),
        line("family", &rule.family.to_string()),
        line("source", rule.source),
    )
}

/// All rules, family by family.
pub(crate) fn list(rules: &[&RuleDoc], style: Style) -> String {
    let width = rules.iter().map(|rule| rule.code.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut family = None;
    for rule in rules {
        if family != Some(rule.family) {
            let gap = if family.is_some() { "\n" } else { "" };
            let _ = writeln!(
                text,
                "{gap}{}",
                style.bold(rule.family.to_string().to_uppercase())
            );
            family = Some(rule.family);
        }
        let _ = writeln!(
            text,
            "  {:<width$}  {:<16}  {}",
            rule.code,
            effect(rule.severity),
            rule.title
        );
    }
    text
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}
