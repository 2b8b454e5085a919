//! Two sites, one primary, apart from each other.

use crate::config::diagnostic::{Problem, Report, Span};
use crate::config::estate::raw::RawSite;
use crate::config::read::Rows;
use crate::config::yaml::At;
use crate::model::{Platform, Region, Role, SiteId};

pub(super) fn check(sites: Option<&Rows<SiteId, RawSite>>, report: &mut Report) {
    let Some(sites) = sites else { return };
    count(sites, report);
    roles(sites, report);
    regions(sites, report);
}

fn count(sites: &Rows<SiteId, RawSite>, report: &mut Report) {
    // The third site is where it went wrong; with fewer there is only the last, or the file.
    let place = sites.list.get(2).or(sites.list.last());
    let span = place.map_or(Span::START, |(id, _)| id.span);
    if sites.written != 2 {
        let message = format!("an estate has two sites, this one has {}", sites.written);
        report.add(
            Problem::new("site-count", span, message).help("write one file for each pair of sites"),
        );
    }
}

fn roles(sites: &Rows<SiteId, RawSite>, report: &mut Report) {
    let roles: Vec<At<Role>> = sites.read().filter_map(|(_, site)| site.role).collect();
    if roles.len() != 2 || sites.written != 2 {
        return;
    }
    if roles[0].value == roles[1].value {
        let role = roles[0].value;
        report.add(
            Problem::new(
                "same-role",
                roles[1].span,
                format!("both sites are {role}: one must be primary, the other standby"),
            )
            .label(format!("so is the site on line {}", roles[0].span.line))
            .help(format!("write `role: {}` at one of the two", role.other())),
        );
    }
}

fn regions(sites: &Rows<SiteId, RawSite>, report: &mut Report) {
    let mut seen: Vec<&At<Region>> = Vec::new();
    for (_, site) in sites.read() {
        let Some(region) = &site.region else { continue };
        let on_aws = site
            .platform
            .is_some_and(|platform| platform.value == Platform::Aws);
        if on_aws && !region.value.is_aws_shaped() {
            report.add(
                Problem::new(
                    "not-an-aws-region",
                    region.span,
                    format!("`{}` is not the code of an AWS region", region.value),
                )
                .help("write a code such as us-east-2, or `platform: hosts`"),
            );
        }
        match seen.iter().find(|other| other.value == region.value) {
            Some(first) => report.add(
                Problem::new(
                    "same-region",
                    region.span,
                    format!(
                        "both sites are in {}: they would fail together",
                        region.value
                    ),
                )
                .label(format!("first written on line {}", first.span.line))
                .help("put the standby into another region"),
            ),
            None => seen.push(region),
        }
    }
}
