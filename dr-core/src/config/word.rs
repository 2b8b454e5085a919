//! What one scalar may say, and how it is refused.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use super::diagnostic::{Problem, Span};
use super::suggest;
use crate::model::{
    Check, ComponentId, CronLine, Day, Duration, Ending, EstateName, Expectation, FenceTarget,
    Fences, GameDays, Happening, InvalidName, Kind, MailTls, Mailbox, Mode, OnDoubt, Only, Percent,
    Platform, Region, Reply, Role, Severity, SiteId, Steadiness, StepId, Stir, Technology,
    TrafficMethod, WebAddress,
};

/// Why a scalar was not taken.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Refusal {
    /// The problem that it is at a place.
    pub(crate) fn at(self, span: Span) -> Problem {
        let mut problem = Problem::new(self.code, span, self.message);
        problem.help = self.help;
        problem
    }
}

/// A value that is written as one scalar.
pub(crate) trait Word: Sized {
    /// Reads it.
    fn read(text: &str) -> Result<Self, Refusal>;
}

/// Reads what has a `FromStr` of its own, whose error says what is wanted.
fn parse<T>(text: &str, code: &'static str, help: Option<&str>) -> Result<T, Refusal>
where
    T: FromStr<Err: fmt::Display>,
{
    text.parse().map_err(|error: T::Err| Refusal {
        code,
        message: error.to_string(),
        help: help.map(str::to_owned),
    })
}

/// Reads a name; what is none is turned into one for the advice.
fn name<T: FromStr<Err = InvalidName>>(text: &str) -> Result<T, Refusal> {
    let near: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(63)
        .collect();
    let near = near.trim_matches('-');
    let help = near.parse::<T>().is_ok().then(|| format!("write `{near}`"));
    parse(text, "invalid-name", help.as_deref())
}

/// Reads one of a few words.
fn choose<T: Copy>(
    text: &str,
    code: &'static str,
    what: &str,
    words: &[(&'static str, T)],
) -> Result<T, Refusal> {
    words
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| Refusal {
            code,
            message: format!("`{text}` is not {what}"),
            help: suggest::help(text, words.iter().map(|(word, _)| *word)),
        })
}

impl Word for String {
    fn read(text: &str) -> Result<Self, Refusal> {
        if text.trim().is_empty() {
            return Err(Refusal {
                code: "empty-text",
                message: "the text is empty".to_owned(),
                help: Some("write something, or remove the line".to_owned()),
            });
        }
        Ok(text.to_owned())
    }
}

impl Word for u32 {
    fn read(text: &str) -> Result<Self, Refusal> {
        // `parse` takes a leading `+`, which no one writes on purpose.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|number| digits && *number <= 1_000_000)
            .ok_or_else(|| Refusal {
                code: "invalid-number",
                message: format!("\"{text}\" is not a whole number such as 3"),
                help: Some("write digits only, at most 1000000".to_owned()),
            })
    }
}

impl Word for Duration {
    fn read(text: &str) -> Result<Self, Refusal> {
        let unitless = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let help = unitless.then(|| format!("add the unit: {text}s or {text}m"));
        parse(text, "invalid-duration", help.as_deref())
    }
}

impl Word for Percent {
    fn read(text: &str) -> Result<Self, Refusal> {
        parse(text, "invalid-percentage", None)
    }
}

impl Word for Region {
    fn read(text: &str) -> Result<Self, Refusal> {
        parse(text, "invalid-region", None)
    }
}

impl Word for CronLine {
    fn read(text: &str) -> Result<Self, Refusal> {
        let help = "minute, hour, day of month, month, day of week, read in UTC";
        parse(text, "invalid-schedule", Some(help))
    }
}

impl Word for Day {
    fn read(text: &str) -> Result<Self, Refusal> {
        let help = "write year, month and day: 2027-01-31";
        parse(text, "invalid-day", Some(help))
    }
}

impl Word for EstateName {
    fn read(text: &str) -> Result<Self, Refusal> {
        name(text)
    }
}

impl Word for SiteId {
    fn read(text: &str) -> Result<Self, Refusal> {
        name(text)
    }
}

impl Word for ComponentId {
    fn read(text: &str) -> Result<Self, Refusal> {
        name(text)
    }
}

impl Word for StepId {
    fn read(text: &str) -> Result<Self, Refusal> {
        name(text)
    }
}

impl Word for Kind {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = Self::ALL.map(|kind| (kind.name(), kind));
        choose(text, "unknown-kind", "a kind of component", &words)
    }
}

impl Word for Technology {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = Self::ALL.map(|technology| (technology.name(), technology));
        choose(text, "unknown-technology", "a known technology", &words)
    }
}

impl Word for Platform {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [("aws", Self::Aws), ("hosts", Self::Hosts)];
        choose(text, "unknown-platform", "a platform", &words)
    }
}

impl Word for Role {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [("primary", Self::Primary), ("standby", Self::Standby)];
        choose(text, "unknown-role", "a role", &words)
    }
}

impl Word for TrafficMethod {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [
            ("health-switch", Self::HealthSwitch),
            ("record-edit", Self::RecordEdit),
        ];
        choose(text, "unknown-method", "a way to switch traffic", &words)
    }
}

impl Word for Check {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [
            Self::StandbyReady,
            Self::StandbyServing,
            Self::CaughtUp,
            Self::SteadyState,
        ]
        .map(|check| (check.name(), check));
        choose(
            text,
            "unknown-check",
            "something that `verify` reads",
            &words,
        )
    }
}

impl Word for Fences {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [("tell", Self::Tell), ("apply", Self::Apply)];
        choose(
            text,
            "unknown-fences",
            "what is done about pending fences",
            &words,
        )
    }
}

impl Word for FenceTarget {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [
            ("primary", Self::Primary),
            ("former-primary", Self::FormerPrimary),
        ];
        choose(
            text,
            "unknown-fence-target",
            "something that is fenced",
            &words,
        )
    }
}

impl Word for Only {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [
            ("planned", Self::Planned),
            ("unplanned", Self::Unplanned),
            ("gameday", Self::Gameday),
        ];
        choose(text, "unknown-run", "a sort of run", &words)
    }
}

impl Word for OnDoubt {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [("observe", Self::Observe), ("hold", Self::Hold)];
        choose(text, "unknown-answer", "something to do in doubt", &words)
    }
}

impl Word for Mode {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [("planned", Self::Planned), ("unplanned", Self::Unplanned)];
        choose(text, "unknown-mode", "a way to run", &words)
    }
}

impl Word for Happening {
    fn read(text: &str) -> Result<Self, Refusal> {
        choose(
            text,
            "unknown-fault",
            "something that happens",
            &Self::WORDS,
        )
    }
}

impl Word for Ending {
    fn read(text: &str) -> Result<Self, Refusal> {
        choose(
            text,
            "unknown-ending",
            "a way for a run to rest",
            &Self::WORDS,
        )
    }
}

impl Word for Expectation {
    fn read(text: &str) -> Result<Self, Refusal> {
        choose(
            text,
            "unknown-expectation",
            "something to expect",
            &Self::WORDS,
        )
    }
}

impl Word for Stir {
    fn read(text: &str) -> Result<Self, Refusal> {
        choose(
            text,
            "unknown-moment",
            "something that happens to a step or a run",
            &Self::WORDS,
        )
    }
}

impl Word for Reply {
    fn read(text: &str) -> Result<Self, Refusal> {
        choose(text, "unknown-reply", "something to say", &Self::WORDS)
    }
}

impl Word for Steadiness {
    fn read(text: &str) -> Result<Self, Refusal> {
        choose(
            text,
            "unknown-steadiness",
            "something to expect of the steady state",
            &Self::WORDS,
        )
    }
}

impl Word for GameDays {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [("allowed", Self::Allowed), ("refused", Self::Refused)];
        choose(text, "unknown-permission", "a permission", &words)
    }
}

impl Word for Severity {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [
            ("notice", Self::Notice),
            ("slowing", Self::Slowing),
            ("blocking", Self::Blocking),
        ];
        choose(text, "unknown-severity", "a severity", &words)
    }
}

impl Word for MailTls {
    fn read(text: &str) -> Result<Self, Refusal> {
        let words = [
            ("starttls", Self::Starttls),
            ("implicit", Self::Implicit),
            ("none", Self::None),
        ];
        choose(text, "unknown-encryption", "a way to encrypt", &words)
    }
}

impl Word for SocketAddr {
    fn read(text: &str) -> Result<Self, Refusal> {
        let is_named = text
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        let names = if is_named {
            "a name is not taken here: "
        } else {
            ""
        };
        text.parse().map_err(|_| Refusal {
            code: "invalid-address",
            message: format!("`{text}` is no address and port"),
            help: Some(format!(
                "{names}write an address of this machine and a port: 127.0.0.1:9464"
            )),
        })
    }
}

impl Word for WebAddress {
    fn read(text: &str) -> Result<Self, Refusal> {
        parse(text, "invalid-address", None)
    }
}

impl Word for Mailbox {
    fn read(text: &str) -> Result<Self, Refusal> {
        parse(text, "invalid-mailbox", None)
    }
}
