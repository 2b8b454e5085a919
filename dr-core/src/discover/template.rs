//! Which version of a launch template counts: the one that a group starts.
//!
//! A group names a version by its number, or as `$Default` or `$Latest` (EC2 Auto Scaling API reference,
//! `LaunchTemplateSpecification`). Terraform leaves the default at 1 unless it is told otherwise, so the default is often a
//! version that nobody starts any more.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::{GapClass, Resource, ResourceKind as Kind, ScanGap};
use crate::port::Reading;

/// Where a scanner leaves what each version that it read holds, by number; [`scan`](super::scan) puts the one that counts in its place.
pub const VERSIONS: &str = "versions";

/// The call that reads versions.
const ACTION: &str = "ec2:DescribeLaunchTemplateVersions";

/// Gives each template the attributes of the version that groups start; of its default version, where none does.
pub(super) fn settle(reading: &mut Reading) {
    let started: Vec<(String, Value)> = reading
        .resources
        .iter()
        .filter(|resource| resource.kind == Kind::AutoscalingGroup)
        .filter_map(|group| {
            Some((
                group.id.clone(),
                group.attributes.get("launch-template")?.clone(),
            ))
        })
        .collect();
    let templates = reading.resources.iter_mut();
    for template in templates.filter(|resource| resource.kind == Kind::Ec2LaunchTemplate) {
        let Some(Value::Object(mut versions)) = template.attributes.remove(VERSIONS) else {
            continue;
        };
        let named = started.iter().filter(|(_, named)| is_of(named, template));
        let numbers: BTreeSet<u64> = named
            .filter_map(|(_, named)| number(named, template))
            .collect();
        let known = attributes(&versions);
        let mut numbers = numbers.into_iter();
        let number = numbers.next().or_else(|| default(template));
        let of_number = number.and_then(|number| versions.remove(&number.to_string()));
        match (of_number, numbers.next()) {
            (Some(Value::Object(of_version)), None) => template.attributes.extend(of_version),
            (_, other) => {
                let number = number.unwrap_or_default();
                let reason = other.map_or_else(
                    || format!("version {number}, which a group starts, is neither its default nor its latest one: dr reads those two"),
                    |other| format!("groups start version {number} and version {other} of it, and dr judges one"),
                );
                reading.gaps.push(ScanGap {
                    kind: Kind::Ec2LaunchTemplate,
                    about: Some(template.id.clone()),
                    attributes: known,
                    class: GapClass::Failed,
                    action: ACTION.to_owned(),
                    reason,
                    kept: 0,
                });
            }
        }
    }
}

/// The attributes that versions give.
fn attributes(versions: &Map<String, Value>) -> Vec<String> {
    let versions = versions.values().filter_map(Value::as_object);
    let attributes: BTreeSet<&String> = versions.flat_map(Map::keys).collect();
    attributes.into_iter().cloned().collect()
}

/// Whether a group names this template.
fn is_of(named: &Value, template: &Resource) -> bool {
    let text = |key: &str| named.get(key).and_then(Value::as_str);
    match text("id") {
        Some(id) => id == template.id,
        None => text("name").is_some() && text("name") == template.name.as_deref(),
    }
}

/// The number of the version that a group starts; without one it is the default.
fn number(named: &Value, template: &Resource) -> Option<u64> {
    match named.get("version").and_then(Value::as_str) {
        None | Some("$Default" | "") => default(template),
        Some("$Latest") => template.attributes.get("latest-version")?.as_u64(),
        Some(number) => number.parse().ok(),
    }
}

fn default(template: &Resource) -> Option<u64> {
    template.attributes.get("default-version")?.as_u64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(default: u64, latest: u64) -> Resource {
        let image = |number: u64| json!({"version": number, "image": format!("ami-{number}")});
        Resource::new(Kind::Ec2LaunchTemplate, "lt-1")
            .named(Some("app"))
            .with("default-version", default)
            .with("latest-version", latest)
            .with(
                VERSIONS,
                json!({default.to_string(): image(default), latest.to_string(): image(latest)}),
            )
    }

    fn group(name: &str, version: &Value) -> Resource {
        let named = json!({"id": "lt-1", "name": "app", "version": version});
        Resource::new(Kind::AutoscalingGroup, name).with("launch-template", named)
    }

    /// The template after settling, and the gaps.
    fn settled(template: Resource, groups: Vec<Resource>) -> (Resource, Vec<ScanGap>) {
        let mut reading = Reading::default();
        reading.resources.push(template);
        reading.resources.extend(groups);
        settle(&mut reading);
        (reading.resources.remove(0), reading.gaps)
    }

    #[test]
    fn a_template_is_what_the_group_starts_and_not_its_default() {
        let starts = |version: Value| {
            let (template, gaps) = settled(template(1, 7), vec![group("app", &version)]);
            assert_eq!(gaps, []);
            assert!(!template.attributes.contains_key(VERSIONS));
            assert_eq!(
                template.attributes["version"].as_u64(),
                template
                    .text("image")
                    .and_then(|image| image[4..].parse().ok())
            );
            template.text("image").map(str::to_owned)
        };
        assert_eq!(starts(json!("$Latest")).as_deref(), Some("ami-7"));
        assert_eq!(starts(json!("7")).as_deref(), Some("ami-7"));
        assert_eq!(starts(json!("1")).as_deref(), Some("ami-1"));
        assert_eq!(starts(json!("$Default")).as_deref(), Some("ami-1"));
        assert_eq!(starts(Value::Null).as_deref(), Some("ami-1"));
    }

    #[test]
    fn a_template_that_no_group_starts_is_its_default() {
        let of_another = Resource::new(Kind::AutoscalingGroup, "other").with(
            "launch-template",
            json!({"id": "lt-2", "version": "$Latest"}),
        );
        let (template, gaps) = settled(template(1, 7), vec![of_another]);
        assert_eq!((template.text("image"), gaps.len()), (Some("ami-1"), 0));
    }

    #[test]
    fn a_version_that_was_not_read_is_a_gap_and_no_other_takes_its_place() {
        for groups in [
            vec![group("app", &json!("3"))],
            vec![group("app", &json!("1")), group("jobs", &json!("7"))],
        ] {
            let (template, gaps) = settled(template(1, 7), groups);
            assert_eq!(template.text("image"), None);
            let [gap] = &gaps[..] else {
                panic!("one gap: {gaps:?}");
            };
            assert_eq!(gap.about.as_deref(), Some("lt-1"));
            assert_eq!(gap.attributes, ["image", "version"]);
        }
    }

    #[test]
    fn a_template_whose_versions_were_not_read_keeps_the_gap_that_it_has() {
        let unread = Resource::new(Kind::Ec2LaunchTemplate, "lt-1").with("default-version", 1);
        let (template, gaps) = settled(unread.clone(), vec![group("app", &json!("$Latest"))]);
        assert_eq!((template, gaps.len()), (unread, 0));
    }
}
