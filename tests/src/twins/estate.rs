//! The estate of a pair of twins: the shipped one, with as many applications as there are, and its bindings.

use dr_core::model::{
    AlbBinding, AutoscalingBinding, Binding, ComponentId, EksBinding, Estate, RdsBinding,
    ResourceKind as Kind, Settings, SiteId, VpcBinding,
};

use super::compute::machine;
use super::data::class;
use super::network::network_of;
use super::site::{SITES, Site, component};
use super::style::Style;
use crate::lab;

/// Its components that each application has for itself.
const OWN: [&str; 4] = ["app", "balancer", "cluster", "database"];

fn id(text: &str) -> ComponentId {
    text.parse().expect("a component's name")
}

/// The estate.
///
/// # Panics
/// Never: the shipped estate has all that is copied here.
pub(super) fn estate(style: &Style) -> Estate {
    let mut estate = lab::storefront();
    estate.bindings.clear();
    for application in 1..style.applications {
        let networks = (network_of(application) > 0).then_some("network");
        for what in OWN.into_iter().chain(networks) {
            let number = if what == "network" {
                network_of(application)
            } else {
                application
            };
            let mut copy = estate.components[&id(what)].clone();
            copy.id = id(&component(what, number));
            estate.components.insert(copy.id.clone(), copy);
        }
    }
    for application in 0..style.applications {
        declare(&mut estate, &Site::new(style, 0), application);
    }
    if style.bound {
        for side in [0, 1] {
            let site: SiteId = SITES[side].0.parse().expect("a site's name");
            let of = Site::new(style, side);
            let bindings =
                (0..style.applications).flat_map(|application| bindings(&of, application));
            estate.bindings.insert(site, bindings.collect());
        }
    }
    estate
}

/// Declares what stands there.
fn declare(estate: &mut Estate, site: &Site<'_>, application: usize) {
    for what in ["app", "database"] {
        let of = id(&component(what, application));
        let component = estate.components.get_mut(&of);
        match component.map(|component| &mut component.settings) {
            Some(Settings::Compute(fleet)) => {
                machine(site, application).clone_into(&mut fleet.size);
            }
            Some(Settings::Database(database)) => {
                class(site, application).clone_into(&mut database.class);
            }
            _ => {}
        }
    }
}

fn bindings(site: &Site<'_>, application: usize) -> Vec<(ComponentId, Binding)> {
    let network = network_of(application);
    let of = |what: &str| id(&component(what, application));
    let name = site.database(application);
    let cluster = site.called(&format!("cluster-{application}"));
    vec![
        (
            id(&component("network", network)),
            Binding::Vpc(VpcBinding {
                vpc: site.vpc(network),
            }),
        ),
        (
            of("balancer"),
            Binding::Alb(AlbBinding {
                load_balancer: site.balancer_arn(application),
                target_group: site.target_group(application, "app"),
            }),
        ),
        (
            of("app"),
            Binding::Ec2Autoscaling(AutoscalingBinding {
                group: site.called(&format!("app-{application}")),
            }),
        ),
        (
            of("cluster"),
            Binding::Eks(EksBinding {
                cluster,
                node_group: site.called(&format!("general-{application}")),
            }),
        ),
        (
            of("database"),
            Binding::Rds(RdsBinding {
                instance: name.clone(),
                port: 5432,
                subnet_group: name.clone(),
                parameter_group: name,
                kms_key: Some(site.key_arn(application, "data")),
                security_group: site.group(application, "database"),
                quarantine_group: site.group(application, "quarantine"),
                network_acl: site.id("acl", &format!("net{network}/acl/data")),
                endpoint_parameter: None,
                endpoint_secret: None,
                endpoint_key: None,
                endpoint_zone: None,
                endpoint_record: None,
                login: None,
                certificates: None,
            }),
        ),
    ]
}

/// The kinds of which a site has something.
pub fn kinds(things: &[super::Thing]) -> std::collections::BTreeSet<Kind> {
    things.iter().map(|thing| thing.resource.kind).collect()
}
