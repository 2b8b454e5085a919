//! The front door, Terraform, and what people do.

use serde_json::json;

use super::{BALANCER, CERTIFICATE, Case, LISTENER, STANDBY, case, record, set};
use crate::model::Severity::{Blocking, Notice, Slowing};
use crate::model::{Lineage, Observed, ResourceKind as Kind};
use crate::readiness::{PastRun, RunbookDefect, RunbookFacts};

/// The changes.
pub(super) const CASES: &[Case] = &[
    case("record-pair-unfit", Blocking, |w| {
        w.remove(
            "global",
            Kind::Route53Record,
            "Z1/app.shop.example./A/california",
        );
    }),
    case("record-pair-unfit", Blocking, |w| {
        record(w, "california", "failover", json!("PRIMARY"));
    }),
    case("health-check-unfit", Blocking, |w| {
        w.remove("global", Kind::Route53HealthCheck, "hc-1");
    }),
    case("health-check-unfit", Blocking, |w| {
        w.set(
            "global",
            Kind::Route53HealthCheck,
            "hc-1",
            "inverted",
            json!(false),
        );
    }),
    case("health-check-unfit", Blocking, |w| {
        w.set(
            "global",
            Kind::Route53HealthCheck,
            "hc-1",
            "disabled",
            json!(true),
        );
    }),
    case("health-check-unfit", Slowing, |w| {
        w.set(
            "global",
            Kind::Route53HealthCheck,
            "hc-1",
            "name",
            json!("lb.us-east-2.elb.amazonaws.com"),
        );
    }),
    case("record-target-unfit", Blocking, |w| {
        record(
            w,
            "california",
            "alias",
            json!({"name": "lb.us-east-2.elb.amazonaws.com", "evaluates-health": false}),
        );
    }),
    case("alias-target-missing", Blocking, |w| {
        set(
            Kind::ElbLoadBalancer,
            BALANCER,
            "dns-name",
            json!("new.us-west-1.elb.amazonaws.com"),
        )(w);
    }),
    case("ttl-above-rto-share", Slowing, |w| {
        w.thing("global", Kind::Route53Record, "Z1/app.shop.example./A/ohio")
            .attributes
            .remove("alias");
        record(w, "ohio", "values", json!(["192.0.2.1"]));
        record(w, "ohio", "ttl-s", json!(3600));
    }),
    case("certificate-missing", Blocking, |w| {
        w.remove(STANDBY, Kind::AcmCertificate, CERTIFICATE);
    }),
    case("certificate-missing", Blocking, |w| {
        set(Kind::ElbListener, LISTENER, "certificates", json!([]))(w);
    }),
    case("certificate-not-issued", Blocking, |w| {
        set(
            Kind::AcmCertificate,
            CERTIFICATE,
            "status",
            json!("PENDING_VALIDATION"),
        )(w);
    }),
    case("certificate-names-wrong", Blocking, |w| {
        set(
            Kind::AcmCertificate,
            CERTIFICATE,
            "names",
            json!(["other.example"]),
        )(w);
    }),
    case("certificate-expires", Slowing, |w| {
        set(
            Kind::AcmCertificate,
            CERTIFICATE,
            "expires",
            json!("2026-03-20T00:00:00Z"),
        )(w);
    }),
    case("certificate-expires", Blocking, |w| {
        set(
            Kind::AcmCertificate,
            CERTIFICATE,
            "expires",
            json!("2026-03-01T00:00:00Z"),
        )(w);
    }),
    case("state-absent", Blocking, |w| {
        w.remove(
            STANDBY,
            Kind::TerraformState,
            "state-us-west-1/site.tfstate",
        );
    }),
    case("state-locked", Blocking, |w| {
        if let Observed::Stack(stack) = w.observed("stack") {
            stack.locked_by = Some("ada on laptop".to_owned());
        }
    }),
    case("managed-thing-gone", Slowing, |w| {
        w.remove(STANDBY, Kind::Ec2SecurityGroup, "sg-s");
    }),
    case("thing-unmanaged", Notice, |w| {
        w.remove(
            STANDBY,
            Kind::TerraformResource,
            "state-us-west-1/site.tfstate:aws_security_group.sg-s",
        );
    }),
    case("mirror-behind", Slowing, |w| {
        if let Observed::Repository(state) = w.observed("source") {
            state.lineage = Lineage::Behind;
        }
    }),
    case("mirror-behind", Slowing, |w| {
        if let Observed::Repository(state) = w.observed("source") {
            state.lineage = Lineage::Diverged;
        }
    }),
    case("runbook-needs-primary", Blocking, |w| {
        let defect = RunbookDefect {
            code: "needs-global-control-plane".to_owned(),
            message: "`shift: front-door` needs route53:ChangeResourceRecordSets".to_owned(),
            fix: None,
        };
        w.history.runbook = Some(Ok(RunbookFacts {
            name: "failover".to_owned(),
            defects: vec![defect],
        }));
    }),
    case("runbook-never-exercised", Slowing, |w| {
        w.history.runs.clear();
    }),
    case("runbook-never-exercised", Notice, |w| {
        w.history.runs[0].is_simulated = true;
    }),
    case("runbook-never-exercised", Slowing, |w| {
        w.history.runs[0].is_completed = false;
    }),
    case("runbook-not-exercised-since-change", Notice, |w| {
        w.history.runs[0].is_of_this_estate = false;
    }),
    case("runbook-not-exercised-since-change", Notice, |w| {
        let older = PastRun {
            is_of_this_runbook: false,
            ..w.history.runs[0].clone()
        };
        w.history.runs = vec![older];
    }),
];
