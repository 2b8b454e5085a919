//! The scanner against answers from memory: nothing of AWS, everything of the SDK.

mod answers;
mod fake;
mod honest;
mod names;
mod polite;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::fake::{Answer, Fake};
use super::AwsScanner;
use crate::adapter::aws::AwsSite;
use crate::config::{self, builtin};
use crate::discover::budget::Share;
use crate::model::{Binding, Estate, SiteId, TerraformBinding};
use crate::port::{DatabaseDemand, Demand, Reading, ScanPart, ScanProgress, ScanWatch, Scanner};

struct Unwatched;

impl ScanWatch for Unwatched {
    fn went_on(&self, _: &SiteId, _: ScanProgress) {}
}

/// The built-in estate, with a stack bound on its home site.
fn estate() -> Estate {
    let mut estate = config::load_estate(builtin::storefront_estate()).expect("it is right");
    let stack = Binding::Terraform(TerraformBinding {
        directory: "terraform/us-east-2".to_owned(),
        roles: "dr.auto.tfvars.json".to_owned(),
        state_bucket: "storefront-state-us-east-2".to_owned(),
        state_key: "site.tfstate".to_owned(),
    });
    let home = estate.home().id.clone();
    let component = "stack".parse().expect("a name");
    let bindings = estate.bindings.entry(home).or_default();
    bindings.insert(component, stack);
    estate
}

/// A scan of one part of the home site, with what `answer` says to each call, by its name.
fn scan_part(fake: &Fake, part: &ScanPart) -> Reading {
    let mut readings = scan_parts(fake, std::slice::from_ref(part));
    readings.pop().expect("one part is one reading")
}

/// Scans of some parts by one scanner, one after the other.
fn scan_parts(fake: &Fake, parts: &[ScanPart]) -> Vec<Reading> {
    scans_of(&estate(), fake, parts)
}

/// The same, of another estate.
fn scans_of(estate: &Estate, fake: &Fake, parts: &[ScanPart]) -> Vec<Reading> {
    let site = AwsSite::over(estate.home(), fake.config(), Arc::clone(&fake.clock) as _);
    let scanner = AwsScanner::new(site, estate, Share::default());
    // The SDK wants a runtime's timer even where nothing waits.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime without I/O needs nothing");
    let readings = parts
        .iter()
        .map(|part| runtime.block_on(scanner.scan(part, &Unwatched)));
    readings.collect()
}

/// What the answers of [`answers`] make the sites use.
fn demand() -> Demand {
    Demand {
        instance_types: BTreeSet::from(["t3.micro".to_owned()]),
        databases: BTreeSet::from([DatabaseDemand {
            engine: "postgres".to_owned(),
            version: "16.3".to_owned(),
            class: "db.t3.small".to_owned(),
        }]),
    }
}

/// A scan of all parts.
fn scan_all(answer: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static) -> (Fake, Reading) {
    let fake = Fake::new(move |call, _| answer(call).unwrap_or_else(|| answers::usual(call)));
    let mut whole = Reading::default();
    for part in [
        ScanPart::Region,
        ScanPart::Global,
        ScanPart::Offers(demand()),
    ] {
        let reading = scan_part(&fake, &part);
        whole.resources.extend(reading.resources);
        whole.gaps.extend(reading.gaps);
        whole.calls += reading.calls;
        whole.throttled += reading.throttled;
    }
    (fake, whole)
}
