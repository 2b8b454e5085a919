//! The events of journals written by hand.

use super::plan::{HEAD, PLAN, at, id};
use crate::action::{Before, Detail, Output};
use crate::model::{
    ClientView, Epoch, FenceEvidence, FenceLevel, LossStatement, Outage, Position, SiteId,
};
use crate::port::{Answer, Decision, Question};
use crate::report::{Report, from_journal};
use crate::runbook::journal::{Digest, Header, JOURNAL_FORMAT, Record};
use crate::runbook::{Event, Plan, RunStatus};

/// A journal that grows event by event.
pub(super) struct Story {
    pub(super) header: Header,
    pub(super) records: Vec<Record>,
    epoch: Epoch,
}

impl Story {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            header: Header {
                format: JOURNAL_FORMAT,
                dr_version: "0.1.0".to_owned(),
                run: id("failover-20260307-040130-k3v9"),
                epoch: Epoch(7),
                at: at(90),
                by: "ana".to_owned(),
                plan: plan.into(),
            },
            records: Vec::new(),
            epoch: Epoch(7),
        }
    }

    pub(super) fn then(mut self, seconds: i64, event: Event) -> Self {
        if let Event::TakenOver { epoch, .. } = &event {
            self.epoch = *epoch;
        }
        self.records.push(Record {
            seq: self.records.len() as u64 + 1,
            epoch: self.epoch,
            at: at(seconds),
            event,
            prev: Digest::of(b"the line before"),
        });
        self
    }

    pub(super) fn report(&self) -> Report {
        from_journal(&self.header, &self.records, HEAD)
    }
}

pub(super) fn started(name: &str, attempt: u32) -> Event {
    Event::StepStarted {
        step: id(name),
        attempt,
        before: Before::default(),
    }
}

pub(super) fn done(name: &str, output: Output) -> Event {
    Event::StepSucceeded {
        step: id(name),
        output,
        found_done: false,
    }
}

pub(super) fn found(name: &str, output: Output) -> Event {
    Event::StepSucceeded {
        step: id(name),
        output,
        found_done: true,
    }
}

pub(super) fn asked(name: &str, code: &str, people: u32, text: &str) -> Event {
    Event::Asked {
        question: question(name, code, people, text),
    }
}

pub(super) fn question(name: &str, code: &str, people: u32, text: &str) -> Question {
    Question {
        step: id(name),
        code: code.to_owned(),
        text: text.to_owned(),
        people,
    }
}

pub(super) fn answered(name: &str, code: &str, decision: Decision, who: &str, why: &str) -> Event {
    Event::Answered {
        answer: Answer {
            step: id(name),
            code: code.to_owned(),
            decision,
            who: who.to_owned(),
            why: why.to_owned(),
            plan_digest: PLAN.to_owned(),
        },
        inbox: None,
    }
}

pub(super) fn loss(until: Option<i64>, exact: Option<u64>) -> LossStatement {
    LossStatement {
        promoted_position: Position::Writes(81_204),
        last_known_source: Some((Position::Writes(81_217), at(-4))),
        window_from: at(-38),
        window_until: until.map(at),
        exact,
    }
}

pub(super) fn lost(until: Option<i64>, exact: Option<u64>) -> Detail {
    Detail::Loss {
        component: id("database"),
        loss: loss(until, exact),
    }
}

pub(super) fn fence(level: FenceLevel, seconds: i64, pending: bool) -> FenceEvidence {
    FenceEvidence {
        site: id("ohio"),
        level,
        at: at(seconds),
        observations: if pending {
            vec![
                "5 of 5 observers lost the path to ohio".to_owned(),
                "rds:ModifyDBInstance at ohio did not answer within 20s".to_owned(),
            ]
        } else {
            vec!["database at ohio refuses writes, read back".to_owned()]
        },
        pending,
        unanswered: Vec::new(),
        denied: Vec::new(),
    }
}

pub(super) fn clients(seconds: i64, outage: Option<(i64, Option<i64>)>, by: &[&str]) -> Detail {
    Detail::Clients(ClientView {
        at: at(seconds),
        tried: 600,
        acknowledged: 540,
        outage: outage.map(|(from, until)| Outage {
            from: at(from),
            until: until.map(at),
        }),
        served_by: by.iter().map(|name| id::<SiteId>(name)).collect(),
    })
}

pub(super) fn closed(status: RunStatus, missing: &[&str]) -> Event {
    Event::Closed {
        status,
        missing: missing.iter().map(|item| (*item).to_owned()).collect(),
    }
}
