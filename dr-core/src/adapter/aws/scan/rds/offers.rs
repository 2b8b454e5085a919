//! What can be ordered of the engine versions and classes that either site uses.

use aws_sdk_rds::types::OrderableDbInstanceOption;

use super::super::reader::Reader;
use super::super::scanner::Wanted;
use super::super::topic::Topic;
use super::super::value::sorted;
use super::{PAGE, client};
use crate::model::{Resource, ResourceKind as Kind};
use crate::port::DatabaseDemand;

const ORDERABLE: Topic = Topic::new(
    Kind::RdsOrderable,
    "rds",
    "DescribeOrderableDBInstanceOptions",
);

/// What this file asks.
pub(in super::super) const TOPICS: &[Topic] = &[ORDERABLE];

/// Reads the offers. A class on which a primary runs may be one that cannot be created any more: AWS retired `db.t2`.
pub(in super::super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let rds = client(reader.site());
    for demand in &wanted.demand.databases {
        let id = id(demand);
        let gaps = reader.gaps.len();
        let options = reader
            .pages(
                &ORDERABLE,
                |token| {
                    let options = rds.describe_orderable_db_instance_options();
                    let options = options
                        .engine(&demand.engine)
                        .engine_version(&demand.version);
                    let options = options.db_instance_class(&demand.class).max_records(PAGE);
                    options.set_marker(token).send()
                },
                |page| {
                    (
                        page.marker.clone(),
                        page.orderable_db_instance_options().to_vec(),
                    )
                },
            )
            .await;
        let complete = reader.gaps.len() == gaps;
        for gap in reader.gaps.iter_mut().skip(gaps) {
            gap.about = Some(id.clone());
        }
        if complete {
            reader.keep([orderable(id, &options)]);
        }
    }
}

/// `postgres/16.3/db.t3.small`.
fn id(demand: &DatabaseDemand) -> String {
    format!("{}/{}/{}", demand.engine, demand.version, demand.class)
}

fn orderable(id: String, options: &[OrderableDbInstanceOption]) -> Resource {
    let any = |can: fn(&OrderableDbInstanceOption) -> Option<bool>| {
        options.iter().any(|option| can(option) == Some(true))
    };
    let zones = options
        .iter()
        .flat_map(|option| option.availability_zones());
    let mut zones = sorted(zones.filter_map(|zone| zone.name()));
    zones.dedup();
    let mut storage = sorted(options.iter().filter_map(|option| option.storage_type()));
    storage.dedup();
    Resource::new(Kind::RdsOrderable, id)
        .with("offered", !options.is_empty())
        .with("zones", zones)
        .with("storage-types", storage)
        .with("multi-az", any(|option| option.multi_az_capable()))
        .with("read-replica", any(|option| option.read_replica_capable()))
        .with(
            "encryption",
            any(|option| option.supports_storage_encryption()),
        )
}
