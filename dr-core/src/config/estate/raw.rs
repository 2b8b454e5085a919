//! The shape of `estate.yaml`: what is written where. Also what the editors' schema is made from.
//!
//! Every part is optional here, because a part that could not be read is missing from the raw shape and its problem stands
//! in the report. `#[schemars(required)]` marks what a whole file must have.

use schemars::JsonSchema;

use super::binding::RawSiteBindings;
use super::component::RawComponent;
use super::exception::RawException;
use super::probe::RawProbe;
use super::watch::RawWatch;
use crate::config::read::{Fields, Rows, Shape};
use crate::config::schema::NAME_PATTERN;
use crate::config::yaml::At;
use crate::model::{
    ComponentId, CronLine, Duration, EstateName, GameDays, Platform, Region, Role, SiteId,
};

/// The whole thing protected: two sites, their components, objectives and policies.
#[derive(Debug, Default, JsonSchema)]
#[schemars(rename = "Estate", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawEstate {
    /// The estate's name: lower-case letters, digits and hyphens.
    #[schemars(required, regex(pattern = NAME_PATTERN))]
    pub(crate) estate: Option<At<EstateName>>,
    /// The two sites, by name. A name stays with its site; roles move.
    #[schemars(required, extend("minProperties" = 2, "maxProperties" = 2))]
    pub(crate) sites: Option<Rows<SiteId, RawSite>>,
    /// What the business asked for.
    #[schemars(required)]
    pub(crate) objectives: Option<RawObjectives>,
    /// What exists on both sites, by name: the rows of the grid.
    #[schemars(required, extend("minProperties" = 1))]
    pub(crate) components: Option<Rows<ComponentId, RawComponent>>,
    /// How long the application's write lease lasts, where it holds one: a primary that cannot renew it in the surviving site
    /// stops accepting writes by itself.
    pub(crate) write_lease: Option<At<Duration>>,
    /// The probes that define "healthy", each with its tolerance.
    pub(crate) steady_state: Option<Vec<RawProbe>>,
    /// When data is backed up, and how long a backup is kept.
    pub(crate) backups: Option<Vec<RawBackup>>,
    /// Differences between the sites that somebody accepts, each until a day (docs/drift.md).
    pub(crate) exceptions: Option<Vec<RawException>>,
    /// What `dr watch` looks at, when, and whom it tells (docs/watch.md).
    pub(crate) watch: Option<RawWatch>,
    /// Addresses of the observers outside both sites (docs/observers.md).
    pub(crate) observers: Option<Vec<At<String>>>,
    /// Which real thing stands at each place, by site and component. `dr estate from-terraform` writes it.
    pub(crate) bindings: Option<Rows<SiteId, RawSiteBindings>>,
}

impl Shape for RawEstate {
    const KEYS: &[&str] = &[
        "estate",
        "sites",
        "objectives",
        "components",
        "write-lease",
        "steady-state",
        "backups",
        "exceptions",
        "watch",
        "observers",
        "bindings",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            estate: fields.required("estate", "estate: storefront"),
            sites: fields.rows("sites", "site", "sites: { ohio: { … }, california: { … } }"),
            objectives: fields.required("objectives", "objectives: { rpo: 5m, rto: 30m }"),
            components: fields.rows(
                "components",
                "component",
                "components: { database: { kind: database, … }, … }",
            ),
            write_lease: fields.optional("write-lease"),
            steady_state: fields.optional("steady-state"),
            backups: fields.optional("backups"),
            exceptions: fields.optional("exceptions"),
            watch: fields.optional("watch"),
            observers: fields.optional("observers"),
            bindings: fields.optional_rows("bindings", "bindings of"),
        }
    }
}

/// One deployment of the workload: the unit that fails.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Site", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSite {
    /// What the site runs on.
    #[schemars(required)]
    pub(crate) platform: Option<At<Platform>>,
    /// Where it is: an AWS region, or the name that its owner gives to the place.
    #[schemars(required)]
    pub(crate) region: Option<At<Region>>,
    /// The role that the site has when nothing has failed over.
    #[schemars(required)]
    pub(crate) role: Option<At<Role>>,
    /// The profile of the AWS configuration files that its credentials come from; the standard chain when it is left out.
    pub(crate) profile: Option<At<String>>,
    /// The ARN of a role that is assumed with those credentials.
    pub(crate) assume_role: Option<At<String>>,
    /// An address that replaces every service endpoint of the site.
    pub(crate) endpoint: Option<At<String>>,
    /// The bucket in the site's region that keeps journals, lock and plans of runs that move to it.
    pub(crate) store: Option<At<String>>,
    /// Whether rehearsals may touch the real site. Refused when nothing is said.
    pub(crate) game_day: Option<At<GameDays>>,
}

impl Shape for RawSite {
    const KEYS: &[&str] = &[
        "platform",
        "region",
        "role",
        "profile",
        "assume-role",
        "endpoint",
        "store",
        "game-day",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            platform: fields.required("platform", "platform: aws"),
            region: fields.required("region", "region: us-east-2"),
            role: fields.required("role", "role: primary"),
            profile: fields.optional("profile"),
            assume_role: fields.optional("assume-role"),
            endpoint: fields.optional("endpoint"),
            store: fields.optional("store"),
            game_day: fields.optional("game-day"),
        }
    }
}

/// The recovery objectives.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Objectives", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawObjectives {
    /// Recovery point objective: how much of the newest data may be lost, as time.
    #[schemars(required)]
    pub(crate) rpo: Option<At<Duration>>,
    /// Recovery time objective: from the start of an outage until clients are served again.
    #[schemars(required)]
    pub(crate) rto: Option<At<Duration>>,
}

impl Shape for RawObjectives {
    const KEYS: &[&str] = &["rpo", "rto"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            rpo: fields.required("rpo", "rpo: 5m"),
            rto: fields.required("rto", "rto: 30m"),
        }
    }
}

/// When a component's data is backed up.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Backup", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawBackup {
    /// The component: a database, an object store or a repository.
    #[schemars(required)]
    pub(crate) component: Option<At<ComponentId>>,
    /// When a backup starts: a five-field cron line, read in UTC.
    #[schemars(required)]
    pub(crate) schedule: Option<At<CronLine>>,
    /// How long a backup is kept.
    #[schemars(required)]
    pub(crate) keep: Option<At<Duration>>,
}

impl Shape for RawBackup {
    const ITEM: &str = "a backup policy";
    const KEYS: &[&str] = &["component", "schedule", "keep"];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            component: fields.required("component", "component: database"),
            schedule: fields.required("schedule", "schedule: \"30 3 * * *\""),
            keep: fields.required("keep", "keep: 35d"),
        }
    }
}
