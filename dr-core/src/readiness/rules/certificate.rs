//! Certificates of the standby's listeners.

use super::super::facts::{flag, instant};
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Duration, Family, Resource, ResourceKind as Kind, RuleDoc, Settings, Severity};

/// The needs of every rule about certificates.
const NEEDS: &[Need] = &[
    Need::all(Where::Standby, Kind::ElbListener, &[]),
    Need::all(Where::Standby, Kind::ElbLoadBalancer, &[]),
    Need::all(
        Where::Standby,
        Kind::AcmCertificate,
        &["status", "expires", "names"],
    ),
];

/// A listener without its certificate.
pub(super) const MISSING: Rule = Rule {
    doc: RuleDoc::new(
        "certificate-missing",
        Family::Edge,
        Severity::Blocking,
        [
            "an encrypted listener of the standby has no certificate, or one that is not there",
            "Clients that come to the standby are shown no valid certificate, and leave.",
            "request the certificate in the standby's region, and give it to the listener: certificates are regional",
            "https://docs.aws.amazon.com/acm/latest/userguide/acm-regions.html",
        ],
    ),
    needs: NEEDS,
    check: missing,
};

/// A certificate that is not valid yet, or not any more.
pub(super) const NOT_ISSUED: Rule = Rule {
    doc: RuleDoc::new(
        "certificate-not-issued",
        Family::Edge,
        Severity::Blocking,
        [
            "a certificate of the standby's listeners is not issued",
            "ACM waits for its validation, or gave up: the listener cannot use it.",
            "validate the name (its CNAME record is the same in all regions), or request the certificate again",
            "https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html",
        ],
    ),
    needs: NEEDS,
    check: |facts| {
        of_each(facts, |_, found| match found.certificate.text("status") {
            Some("ISSUED") => Outcome::Holds(format!("{} is issued", found.name())),
            Some(status) => found.found(format!("it is {status}"), "status").into(),
            None => Outcome::unclear(
                format!("the state of {} does not stand in the scan", found.name()),
                "dr discover",
            ),
        })
    },
};

/// A certificate for other names.
pub(super) const NAMES: Rule = Rule {
    doc: RuleDoc::new(
        "certificate-names-wrong",
        Family::Edge,
        Severity::Blocking,
        [
            "no certificate of the standby's listeners covers the name that clients use",
            "Clients refuse a certificate that is for another name (RFC 6125).",
            "request a certificate for the name in the standby's region",
            "https://docs.aws.amazon.com/acm/latest/userguide/acm-regions.html",
        ],
    ),
    needs: NEEDS,
    check: names,
};

/// A certificate that ends.
pub(super) const EXPIRES: Rule = Rule {
    doc: RuleDoc::new(
        "certificate-expires",
        Family::Edge,
        Severity::Blocking,
        [
            "a certificate of the standby's listeners has ended, or ends within 30 days",
            "One that has ended stops clients. ACM renews what it issued and what is in use, some 60 days before its end: one that is this \
             near was not renewed, or was imported.",
            "look why it was not renewed; import the new one where it was imported",
            "https://docs.aws.amazon.com/config/latest/developerguide/acm-certificate-expiration-check.html",
        ],
    ),
    needs: NEEDS,
    check: |facts| of_each(facts, expires),
};

/// What is nearer than this to its end should have been renewed.
const SOON: Duration = Duration::from_mins(30 * 24 * 60);

/// Listeners that speak TLS.
const ENCRYPTED: [&str; 2] = ["HTTPS", "TLS"];

fn listeners<'a>(facts: &Facts<'a>) -> Vec<&'a Resource> {
    let ours = |listener: &&Resource| {
        listener.component.is_some() || {
            let balancer = listener.text("load-balancer").unwrap_or_default();
            let balancer = facts.find(Side::Standby, Kind::ElbLoadBalancer, balancer);
            balancer.is_some_and(|balancer| balancer.component.is_some())
        }
    };
    let all = facts.all(Side::Standby, Kind::ElbListener);
    all.filter(|listener| {
        listener
            .text("protocol")
            .is_some_and(|p| ENCRYPTED.contains(&p))
    })
    .filter(ours)
    .collect()
}

fn none() -> Vec<Outcome> {
    vec![Outcome::Nothing(
        "no listener of the standby is encrypted".to_owned(),
    )]
}

/// A certificate that a listener uses.
struct Used<'a> {
    site: &'a crate::model::SiteId,
    certificate: &'a Resource,
}

impl Used<'_> {
    fn name(&self) -> &str {
        self.certificate
            .name
            .as_deref()
            .unwrap_or(&self.certificate.id)
    }

    fn found(&self, message: String, attribute: &str) -> Found {
        Found::of(self.certificate, message).at(self.site, self.certificate, attribute)
    }
}

fn used<'a>(facts: &Facts<'a>) -> Vec<Used<'a>> {
    let mut arns: Vec<&str> = listeners(facts)
        .into_iter()
        .flat_map(|listener| listener.texts("certificates"))
        .collect();
    arns.sort_unstable();
    arns.dedup();
    let found = arns.into_iter().filter_map(|arn| {
        let certificate = facts.find(Side::Standby, Kind::AcmCertificate, arn)?;
        let site = facts.standby();
        Some(Used { site, certificate })
    });
    found.collect()
}

/// The certificates in use, or what is said where none is to be judged.
fn in_use<'a>(facts: &Facts<'a>) -> Result<Vec<Used<'a>>, Vec<Outcome>> {
    if listeners(facts).is_empty() {
        return Err(none());
    }
    let used = used(facts);
    if used.is_empty() {
        return Err(vec![Outcome::Nothing(
            "no certificate of ACM is in use at the standby".to_owned(),
        )]);
    }
    Ok(used)
}

fn of_each(facts: &Facts<'_>, judge: for<'a> fn(&Facts<'a>, &Used<'a>) -> Outcome) -> Vec<Outcome> {
    match in_use(facts) {
        Ok(used) => used.iter().map(|used| judge(facts, used)).collect(),
        Err(nothing) => nothing,
    }
}

fn missing(facts: &Facts<'_>) -> Vec<Outcome> {
    let listeners = listeners(facts);
    if listeners.is_empty() {
        return none();
    }
    let mut outcomes = Vec::new();
    for listener in listeners {
        let port = listener.attributes.get("port").map(ToString::to_string);
        let port = port.unwrap_or_default();
        let certificates = listener.texts("certificates");
        if certificates.is_empty() {
            let found = Found::of(
                listener,
                format!("the listener on port {port} has no certificate"),
            );
            outcomes.push(found.at(facts.standby(), listener, "certificates").into());
        }
        for arn in certificates {
            outcomes.push(
                if facts
                    .find(Side::Standby, Kind::AcmCertificate, arn)
                    .is_some()
                {
                    Outcome::Holds(format!("the listener on port {port} has its certificate"))
                } else if arn.contains(":acm:") {
                    Found::of(
                        listener,
                        format!("the certificate {arn} of port {port} is not there"),
                    )
                    .at(facts.standby(), listener, "certificates")
                    .absent()
                    .into()
                } else {
                    Outcome::unclear(
                        format!("{arn} of port {port} is no certificate of ACM: it was not read"),
                        "import it into ACM, or look at it by hand",
                    )
                },
            );
        }
    }
    outcomes
}

fn names(facts: &Facts<'_>) -> Vec<Outcome> {
    let used = match in_use(facts) {
        Ok(used) => used,
        Err(nothing) => return nothing,
    };
    let records =
        facts
            .estate
            .components
            .values()
            .filter_map(|component| match &component.settings {
                Settings::Traffic(traffic) => Some(traffic.record.as_str()),
                _ => None,
            });
    let outcomes = records.map(|record| {
        let covers = |used: &&Used<'_>| {
            let mut names = used.certificate.texts("names");
            names.extend(used.certificate.text("domain"));
            names.into_iter().any(|name| is_covered(record, name))
        };
        if let Some(found) = used.iter().find(covers) {
            return Outcome::Holds(format!("{record}: {}", found.name()));
        }
        if used
            .iter()
            .any(|used| flag(used.certificate, "more-names") == Some(true))
        {
            return Outcome::unclear(
                format!("whether a certificate covers {record}: ACM's list cuts its names off"),
                "aws acm describe-certificate",
            );
        }
        used[0]
            .found(format!("{record} is not among its names"), "names")
            .into()
    });
    outcomes.collect()
}

/// A wildcard stands for one label (RFC 6125, section 6.4.3).
fn is_covered(record: &str, name: &str) -> bool {
    let (record, name) = (
        record.trim_end_matches('.').to_ascii_lowercase(),
        name.to_ascii_lowercase(),
    );
    match name.strip_prefix("*.") {
        Some(parent) => record
            .split_once('.')
            .is_some_and(|(_, rest)| rest == parent),
        None => record == name,
    }
}

fn expires(facts: &Facts<'_>, used: &Used<'_>) -> Outcome {
    let Some(end) = instant(used.certificate, "expires") else {
        return match used.certificate.text("status") {
            Some("ISSUED") => Outcome::unclear(
                format!("when {} ends does not stand in the scan", used.name()),
                "dr discover",
            ),
            _ => Outcome::Nothing(format!("{} is not issued", used.name())),
        };
    };
    if end <= facts.at {
        return used
            .found(format!("it has ended at {end}"), "expires")
            .into();
    }
    if Duration::between(facts.at, end) < SOON {
        return used
            .found(format!("it ends at {end}"), "expires")
            .only(Severity::Slowing)
            .into();
    }
    Outcome::Holds(format!("{} ends at {end}", used.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_covers_one_label_and_not_the_name_itself() {
        assert!(is_covered("app.example.com", "*.example.com"));
        assert!(is_covered("App.example.com.", "app.Example.com"));
        assert!(!is_covered("example.com", "*.example.com"));
        assert!(!is_covered("a.b.example.com", "*.example.com"));
        assert!(!is_covered("app.badexample.com", "example.com"));
    }
}
