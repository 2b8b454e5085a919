//! Which zones offer the instance types that either site uses.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, LocationType};

use super::super::reader::Reader;
use super::super::scanner::Wanted;
use super::super::topic::Topic;
use super::{PAGE, client};
use crate::model::{Resource, ResourceKind as Kind};

const OFFERINGS: Topic = Topic::new(
    Kind::Ec2TypeOffering,
    "ec2",
    "DescribeInstanceTypeOfferings",
);

/// What this file asks.
pub(in super::super) const TOPICS: &[Topic] = &[OFFERINGS];

/// The most values that a filter takes (EC2 user guide, "Using_Filtering": 200 a request).
const VALUES: usize = 100;

/// Reads the offers. By zone *id*: a type that the region offers may be missing in the very zones that are used, and the
/// letters of zones mean different zones in different accounts.
pub(in super::super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let ec2 = client(reader.site());
    let types: Vec<&String> = wanted.demand.instance_types.iter().collect();
    for types in types.chunks(VALUES) {
        let filter = Filter::builder()
            .name("instance-type")
            .set_values(Some(types.iter().map(|name| (*name).clone()).collect()))
            .build();
        let gaps = reader.gaps.len();
        let offers: Vec<(String, String)> = reader
            .pages(
                &OFFERINGS,
                |token| {
                    let offers = ec2.describe_instance_type_offerings();
                    let offers = offers.location_type(LocationType::AvailabilityZoneId);
                    let offers = offers.filters(filter.clone()).max_results(PAGE);
                    offers.set_next_token(token).send()
                },
                |page| {
                    let offers = page.instance_type_offerings().iter().filter_map(|offer| {
                        let instance_type = offer.instance_type()?.as_str().to_owned();
                        Some((instance_type, offer.location()?.to_owned()))
                    });
                    (page.next_token.clone(), offers.collect())
                },
            )
            .await;
        let complete = reader.gaps.len() == gaps;
        reader.keep(offered(types, offers, complete));
    }
}

/// One resource a type. A type that no zone offers is a resource without zones, but only where every page was read.
fn offered(types: &[&String], offers: Vec<(String, String)>, complete: bool) -> Vec<Resource> {
    let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if complete {
        zones.extend(types.iter().map(|name| ((*name).clone(), BTreeSet::new())));
    }
    for (instance_type, zone) in offers {
        zones.entry(instance_type).or_default().insert(zone);
    }
    let resources = zones.into_iter().map(|(instance_type, zones)| {
        Resource::new(Kind::Ec2TypeOffering, instance_type)
            .with("offered", !zones.is_empty())
            .with("zone-ids", zones.into_iter().collect::<Vec<String>>())
    });
    resources.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_no_zone_offers_is_said_only_when_every_page_was_read() {
        let types = ["t2.micro".to_owned(), "t3.micro".to_owned()];
        let types: Vec<&String> = types.iter().collect();
        let offers = vec![
            ("t3.micro".to_owned(), "usw1-az3".to_owned()),
            ("t3.micro".to_owned(), "usw1-az1".to_owned()),
        ];
        let all = offered(&types, offers.clone(), true);
        assert_eq!(all[0].attributes["offered"], false);
        assert_eq!(
            all[1].attributes["zone-ids"],
            serde_json::json!(["usw1-az1", "usw1-az3"])
        );
        let partial = offered(&types, offers, false);
        assert_eq!(
            partial.len(),
            1,
            "nothing is said about a type that was not seen"
        );
    }
}
