//! SSM parameters: names, types and versions; of plain ones the hash of the value and which of the estate's regions and hosts
//! it mentions, of secret ones nothing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{ParameterMetadata, ParameterStringFilter, ParameterType};

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{hash, instant, mentions, word};
use crate::model::{COMPONENT_TAG, ComponentId, Resource, ResourceKind as Kind};

const PARAMETERS: Topic = Topic::new(Kind::SsmParameter, "ssm", "DescribeParameters");
const VALUES: Topic = Topic::new(Kind::SsmParameter, "ssm", "GetParameters");

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[PARAMETERS, VALUES];

/// Results a page, the most that the list takes.
const PAGE: i32 = 50;
/// Names that one question for values takes (SSM API reference, GetParameters).
const AT_ONCE: usize = 10;
/// Values that one filter takes (SSM API reference, ParameterStringFilter).
const VALUES_OF_A_FILTER: usize = 50;

/// Reads the parameters.
pub(super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let ssm = Client::new(reader.site().regional());
    reader
        .list(
            &PARAMETERS,
            |token| {
                ssm.describe_parameters()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                (
                    page.next_token.clone(),
                    page.parameters().iter().map(parameter).collect(),
                )
            },
        )
        .await;
    if reader.resources.is_empty() {
        return;
    }
    components(reader, &ssm, wanted).await;
    hashes(reader, &ssm, wanted).await;
}

/// Finds what belongs to each component by its tag: a question a component, and not one a parameter. The list tells no tags. Which
/// parameters have such a tag at all is asked first, so that nobody is asked about once all of them are known.
async fn components(reader: &mut Reader<'_>, ssm: &Client, wanted: &Wanted) {
    let all: Vec<&ComponentId> = wanted.components.iter().collect();
    let gaps = reader.gaps.len();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for some in all.chunks(VALUES_OF_A_FILTER) {
        unknown.extend(tagged(reader, ssm, some).await);
    }
    for component in all {
        if unknown.is_empty() && reader.gaps.len() == gaps {
            return;
        }
        let names = tagged(reader, ssm, &[component]).await;
        for parameter in reader
            .of_kind(Kind::SsmParameter)
            .filter(|p| names.contains(&p.id))
        {
            let tag = (COMPONENT_TAG.to_owned(), component.to_string());
            *parameter = parameter.clone().tagged([tag]);
            unknown.remove(&parameter.id);
        }
    }
}

/// The names of the parameters that belong to one of the components.
async fn tagged(
    reader: &mut Reader<'_>,
    ssm: &Client,
    components: &[&ComponentId],
) -> BTreeSet<String> {
    let filter = ParameterStringFilter::builder()
        .key(format!("tag:{COMPONENT_TAG}"))
        .option("Equals")
        .set_values(Some(components.iter().map(ToString::to_string).collect()))
        .build()
        .expect("a filter with a key is complete");
    let gaps = reader.gaps.len();
    let names = reader
        .pages(
            &PARAMETERS,
            |token| {
                let list = ssm.describe_parameters().parameter_filters(filter.clone());
                list.max_results(PAGE).set_next_token(token).send()
            },
            |page| {
                let names = page.parameters().iter().filter_map(|p| p.name());
                (
                    page.next_token.clone(),
                    names.map(str::to_owned).collect::<Vec<String>>(),
                )
            },
        )
        .await;
    for gap in reader.gaps.iter_mut().skip(gaps) {
        gap.attributes = vec!["tags".to_owned()];
    }
    names.into_iter().collect()
}

/// Hashes the values of the plain parameters. A secret one is never asked for.
async fn hashes(reader: &mut Reader<'_>, ssm: &Client, wanted: &Wanted) {
    let secret = ParameterType::SecureString.as_str();
    let plain = reader.of_kind(Kind::SsmParameter);
    let plain = plain.filter(|p| p.text("type").is_some_and(|kind| kind != secret));
    let plain: Vec<String> = plain.map(|parameter| parameter.id.clone()).collect();
    for names in plain.chunks(AT_ONCE) {
        let asked = || {
            let values = ssm.get_parameters().set_names(Some(names.to_vec()));
            values.with_decryption(false).send()
        };
        let answer = match reader.ask(&VALUES, asked).await {
            Ok(answer) => answer,
            Err(refusal) => {
                for name in names {
                    reader.lacks(&VALUES, refusal.clone(), name, &["value-hash", "mentions"]);
                }
                continue;
            }
        };
        let mut values: BTreeMap<&str, &str> = BTreeMap::new();
        for parameter in answer.parameters() {
            if let Some((name, value)) = parameter.name().zip(parameter.value()) {
                values.insert(name, value);
            }
        }
        for parameter in reader.of_kind(Kind::SsmParameter) {
            if let Some(value) = values.remove(parameter.id.as_str()) {
                *parameter = parameter
                    .clone()
                    .with("value-hash", hash(value))
                    .with("mentions", mentions(value, &wanted.names));
            }
        }
    }
}

fn parameter(parameter: &ParameterMetadata) -> Resource {
    let name = parameter.name();
    Resource::new(Kind::SsmParameter, name.unwrap_or_default())
        .named(name)
        .arn(parameter.arn())
        .with("type", word(parameter.r#type()))
        .with("data-type", parameter.data_type())
        .with("version", parameter.version())
        .with("tier", word(parameter.tier()))
        .with("key", parameter.key_id())
        .with("changed", instant(parameter.last_modified_date()))
}
