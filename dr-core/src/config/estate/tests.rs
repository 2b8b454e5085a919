use super::*;
use crate::config::builtin;
use crate::model::{Binding, Duration, ProbeKind, Role, Settings, TrafficMethod};

const SHORT: &str = "
estate: shop
sites:
  west: { platform: aws, region: us-west-2, role: standby }
  east: { platform: aws, region: us-east-1, role: primary }
objectives: { rpo: 5m, rto: 30m }
components:
  database: { kind: database, technology: rds, class: db.t3.small, nodes: 2 }
  front-door: { kind: traffic, technology: route53, record: app.example.com, ttl: 60s }
  app: { kind: compute, technology: ec2-autoscaling, size: t3.micro, count: 3 }
  source: { kind: repository, technology: git }
";

fn load(text: &str) -> Estate {
    load_estate(Source::new("test.yaml", text)).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_home_primary_comes_first_in_whatever_order_the_sites_are_written() {
    let estate = load(SHORT);
    assert_eq!(estate.home().id.as_str(), "east");
    assert_eq!(estate.sites[1].home_role, Role::Standby);
    assert_eq!(estate.outward().to_string(), "east -> west");
}

#[test]
fn what_is_not_said_of_a_component_has_the_careful_default() {
    let estate = load(SHORT);
    let settings = |name: &str| &estate.components[&name.parse().unwrap()].settings;
    let Settings::Compute(fleet) = settings("app") else {
        panic!("app is a fleet");
    };
    // All members are needed, and a standby is as big as a primary.
    assert_eq!((fleet.capacity.minimum, fleet.standby_count), (3, 3));
    let Settings::Repository(repository) = settings("source") else {
        panic!("source is a repository");
    };
    assert!(!repository.standby_off);
    let Settings::Traffic(traffic) = settings("front-door") else {
        panic!("front-door is traffic");
    };
    assert_eq!(traffic.method, TrafficMethod::HealthSwitch);
    assert_eq!(estate.write_lease, None);
}

#[test]
fn a_probe_is_named_after_what_it_measures_unless_it_has_a_name() {
    let text = format!(
        "{SHORT}steady-state:
  - {{ probe: healthy-members, component: app, at-least: 2 }}
  - {{ probe: replication-lag, component: database, at-most: 1m, name: copy is fresh }}
"
    );
    let estate = load(&text);
    let names: Vec<&str> = estate
        .steady_state
        .iter()
        .map(|probe| probe.name.as_str())
        .collect();
    assert_eq!(names, ["healthy members of app", "copy is fresh"]);
    assert!(matches!(
        estate.steady_state[1].kind,
        ProbeKind::ReplicationLag { at_most, .. } if at_most == Duration::from_mins(1)
    ));
}

#[test]
fn an_estate_on_hosts_needs_no_aws_region() {
    let text = SHORT
        .replace(
            "platform: aws, region: us-west-2",
            "platform: hosts, region: west-hall",
        )
        .replace(
            "platform: aws, region: us-east-1",
            "platform: hosts, region: east-hall",
        );
    let problems = load_estate(Source::new("test.yaml", text)).unwrap_err();
    let codes: Vec<&str> = problems.list.iter().map(|problem| problem.code).collect();
    // Only what exists on AWS alone is refused: the database and the fleet.
    assert_eq!(codes, ["wrong-platform", "wrong-platform"]);
}

#[test]
fn problems_of_different_layers_are_told_at_once_in_the_order_of_the_file() {
    let text = builtin::storefront_estate()
        .text
        .replace("role: standby", "role: primary")
        .replace("fleet: app", "fleet: ap")
        .replace("class: db.t2.small", "clas: db.t2.small")
        .replace("ttl: 60s", "ttl: 60");
    let problems = load_estate(Source::new("test.yaml", text)).unwrap_err();
    let codes: Vec<&str> = problems.list.iter().map(|problem| problem.code).collect();
    assert_eq!(
        codes,
        [
            "same-role",
            "unknown-component",
            "unknown-key",
            "invalid-duration"
        ]
    );
    assert_eq!(
        problems.list[2].help.as_deref(),
        Some("did you mean `class`?")
    );
}

/// The problems of an estate whose database in one site is bound with `more`.
fn bound_with(more: &str) -> Result<Estate, String> {
    let text = format!(
        "{SHORT}bindings:
  west:
    database: {{ instance: db, port: 5432, subnet-group: a, parameter-group: a, security-group: sg-1, quarantine-group: sg-2, network-acl: acl-1{more} }}
"
    );
    load_estate(Source::new("test.yaml", text)).map_err(|problems| problems.to_string())
}

#[test]
fn where_an_address_is_read_is_said_in_one_of_three_ways() {
    let endpoint = |more: &str| {
        let estate = bound_with(more).unwrap();
        let (database, west) = ("database".parse().unwrap(), "west".parse().unwrap());
        match estate.binding(&database, &west) {
            Some(Binding::Rds(rds)) => format!("{:?}", rds.endpoint()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(endpoint(""), "None");
    assert_eq!(
        endpoint(", endpoint-parameter: /p"),
        "Some(Parameter(\"/p\"))"
    );
    assert_eq!(
        endpoint(", endpoint-secret: app/db"),
        "Some(Secret { name: \"app/db\", key: \"host\" })"
    );
    assert_eq!(
        endpoint(", endpoint-secret: app/db, endpoint-key: server"),
        "Some(Secret { name: \"app/db\", key: \"server\" })"
    );
    assert_eq!(
        endpoint(", endpoint-zone: Z1, endpoint-record: db.internal"),
        "Some(Record { zone: \"Z1\", name: \"db.internal\" })"
    );
}

#[test]
fn where_an_address_is_read_is_not_said_twice_nor_by_half() {
    for (more, wanted) in [
        (
            ", endpoint-parameter: /p, endpoint-secret: s",
            "says twice where the address is read",
        ),
        (
            ", endpoint-secret: s, endpoint-zone: Z1, endpoint-record: db.internal",
            "says twice where the address is read",
        ),
        (", endpoint-key: host", "needs `endpoint-secret`"),
        (", endpoint-zone: Z1", "needs `endpoint-record`"),
        (", endpoint-record: db.internal", "needs `endpoint-zone`"),
    ] {
        let problems = bound_with(more).unwrap_err();
        assert!(problems.contains(wanted), "{more}: {problems}");
    }
}

/// What `watch` says, or what is wrong with it.
fn watch(text: &str) -> Result<crate::model::Watch, Vec<&'static str>> {
    let source = Source::new("test.yaml", format!("{SHORT}watch:\n{text}"));
    let estate = load_estate(source);
    let estate =
        estate.map_err(|problems| problems.list.iter().map(|one| one.code).collect::<Vec<_>>())?;
    Ok(estate.watch.expect("it is written"))
}

#[test]
fn what_is_not_said_of_watching_has_its_default() {
    let standard = crate::model::Watch::default();
    let said = watch("  keep: 7d\n").unwrap();
    assert_eq!(said.keep, Duration::from_mins(7 * 24 * 60));
    assert_eq!((said.drift, said.listen), (standard.drift, standard.listen));
    assert_eq!(load(SHORT).watch, None);
}

#[test]
fn each_sort_of_receiver_is_read() {
    use crate::model::{MailTls, Receiver, SecretRef, SlackAddress};
    let said = watch(
        "  at-least: notice
  notify:
    - { webhook: https://hooks.example.com/dr, secret: env:KEY }
    - { slack: file:/etc/dr/slack }
    - { slack: http://localhost:8065/hooks/1 }
    - { webhook: http://127.0.0.1:8080/dr, secret: env:KEY }
    - email: { to: [a@example.com], from: dr@example.com, host: smtp.example.com, tls: implicit }
    - { pagerduty: env:PAGER, url: https://events.eu.pagerduty.com/v2/enqueue }
",
    )
    .unwrap();
    assert_eq!(said.at_least, crate::model::Severity::Notice);
    let [webhook, kept, plain, _, mail, pager] = said.notify.as_slice() else {
        panic!("{:?}", said.notify);
    };
    let key = |name: &str| SecretRef::Env(name.to_owned());
    assert!(matches!(webhook, Receiver::Webhook { secret, .. } if *secret == key("KEY")));
    assert!(matches!(
        kept,
        Receiver::Slack(SlackAddress::Secret(SecretRef::File(_)))
    ));
    assert!(matches!(plain, Receiver::Slack(SlackAddress::Plain(_))));
    assert!(
        matches!(mail, Receiver::Email(mail) if (mail.port, mail.tls) == (465, MailTls::Implicit))
    );
    assert!(matches!(pager, Receiver::Pagerduty { key: k, url: Some(_) } if *k == key("PAGER")));
}

#[test]
fn what_is_wrong_with_watching_is_told_with_its_code() {
    let mail = "to: [a@example.com], from: dr@example.com";
    for (text, code) in [
        ("  drift: \"0 0 31 2 *\"\n".to_owned(), "invalid-schedule"),
        (
            "  drift: \"*/5 * * * *\"\n  jitter: 5m\n".to_owned(),
            "jitter-exceeds-period",
        ),
        ("  jitter: 2h\n".to_owned(), "jitter-exceeds-period"),
        (
            "  drift: \"0,1 * * * *\"\n  jitter: 2m\n".to_owned(),
            "jitter-exceeds-period",
        ),
        ("  keep: 1h\n".to_owned(), "short-history"),
        ("  listen: 9464\n".to_owned(), "invalid-address"),
        ("  at-least: bad\n".to_owned(), "unknown-severity"),
        ("  redy: \"0 * * * *\"\n".to_owned(), "unknown-key"),
        (
            "  notify: [{ webhok: https://a.example }]\n".to_owned(),
            "unknown-key",
        ),
        (
            "  notify: [{ webhook: https://a.example }]\n".to_owned(),
            "missing-key",
        ),
        (
            "  notify: [{ url: https://a.example }]\n".to_owned(),
            "missing-key",
        ),
        (
            "  notify: [{ slack: env:A, pagerduty: env:B }]\n".to_owned(),
            "two-receivers",
        ),
        (
            "  notify: [{ slack: env:A }, { slack: env:A }]\n".to_owned(),
            "same-receiver",
        ),
        (
            "  notify: [{ slack: xoxb-1 }]\n".to_owned(),
            "invalid-secret",
        ),
        (
            "  notify: [{ slack: ssm:/a }]\n".to_owned(),
            "secret-elsewhere",
        ),
        (
            "  notify: [{ pagerduty: env:A, url: http://a.example }]\n".to_owned(),
            "open-to-others",
        ),
        (
            "  notify: [{ webhook: http://a.example, secret: env:A }]\n".to_owned(),
            "open-to-others",
        ),
        (
            "  notify: [{ slack: http://chat.internal/hooks/1 }]\n".to_owned(),
            "open-to-others",
        ),
        (
            format!("  notify: [{{ email: {{ {mail}, host: m.example, tls: none }} }}]\n"),
            "open-to-others",
        ),
        (
            format!("  notify: [{{ email: {{ {mail}, host: \"m:25/x\" }} }}]\n"),
            "invalid-host",
        ),
        (
            format!("  notify: [{{ email: {{ {mail}, host: m, port: 70000 }} }}]\n"),
            "invalid-number",
        ),
        (
            "  notify: [{ email: { to: [], from: a@b.c, host: m } }]\n".to_owned(),
            "empty-list",
        ),
    ] {
        assert_eq!(watch(&text).unwrap_err(), [code], "{text}");
    }
}

/// The advice about what is wrong with `watch`.
fn advice(text: &str) -> String {
    let source = Source::new("test.yaml", format!("{SHORT}watch:\n{text}"));
    let problems = load_estate(source).unwrap_err().list;
    let help = problems.iter().map(|one| one.help.clone());
    help.flatten().collect::<Vec<_>>().join("; ")
}

#[test]
fn advice_about_watching_names_only_what_is_taken() {
    let said = advice("  notify: [{ webhook: https://a.example, secret: hunter2 }]\n");
    assert_eq!(said, "write env:NAME or file:PATH");
    let said = advice("  listen: localhost:9464\n");
    assert!(said.starts_with("a name is not taken here"), "{said}");
    assert!(!advice("  listen: 9464\n").contains("name"));
}
