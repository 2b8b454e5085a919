//! The real world of an estate, and the runs that are carried out there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use dr_core::adapter::LocalSecrets;
use dr_core::adapter::aws::{AwsSite, S3Store};
use dr_core::adapter::local::SystemClock;
use dr_core::adapter::terraform::Folders;
use dr_core::adapter::wire::{self, Machine, Reached, Unwired};
use dr_core::discover;
use dr_core::model::{
    Access, Binding, Direction, Duration, Estate, EstateInventory, Platform, Role, SecretRef, Site,
    SiteId,
};
use dr_core::port::{Clock, LogStore, Narrator, Notifier, ObjectStore, Permit, PortResult};
use dr_core::runbook::journal::{ObjectLog, ReadJournal};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::session::Session;
use crate::stores::RunStore;

/// How far back one looks for the beginning of an outage.
const LOOK_BACK: Duration = Duration::from_mins(60);

/// The real world of an estate.
pub(crate) struct RealWorld {
    estate: Estate,
    reached: Reached,
    store: RunStore,
    runtime: Arc<Runtime>,
}

impl RealWorld {
    /// Reaches every place of the grid. Nothing is asked of it yet.
    ///
    /// # Errors
    /// Everything that is not bound or has no adapter.
    pub(crate) fn reach(estate: &Estate, session: &Session) -> Result<Self> {
        let runtime = session.runtime()?;
        let machine = Machine {
            clock: Arc::new(SystemClock),
            folders: Folders {
                estate: session.folder(),
                data: absolute(session)?,
            },
            secrets: LocalSecrets::new(named_variables(estate)),
            narrator: Arc::new(Lines::new(session.out.clone())),
            notifier: Arc::new(Lines::new(session.out.clone())),
        };
        let reached = runtime
            .block_on(wire::reach(estate, &machine))
            .map_err(|missing| unreachable(estate, &missing))?;
        Ok(Self {
            estate: estate.clone(),
            reached,
            store: RunStore::real(session)?,
            runtime,
        })
    }

    /// The store on this machine.
    pub(crate) fn store(&self) -> &RunStore {
        &self.store
    }

    /// The store of a run of that direction: in the region that it moves to, with a copy here.
    pub(crate) fn store_of(&self, direction: &Direction, out: &Output) -> RunStore {
        match self.reached.stores.get(&direction.to) {
            Some(bucket) => self.store.in_bucket(bucket.clone()),
            None => {
                out.notice(&format!(
                    "{} has no `store`: journal and lock are kept on this machine alone, and nobody else can go on with the run",
                    direction.to
                ));
                self.store.clone()
            }
        }
    }

    /// The journals that a site's own store keeps; `None` where it has none.
    pub(crate) fn journals_at(&self, site: &SiteId) -> Option<Arc<dyn LogStore>> {
        let bucket = self.reached.stores.get(site)?;
        Some(Arc::new(ObjectLog::new(bucket.clone())))
    }

    /// The world for a run of that direction.
    pub(crate) fn towards(&self, direction: &Direction) -> Reached {
        self.reached.clone().towards(&self.estate, direction)
    }

    /// The instant that it is.
    pub(crate) fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// Waits for work in this world.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// What a reader finds on both sites.
    pub(crate) fn inventories(&self) -> EstateInventory {
        self.wait(discover::inventories(&self.estate, &self.reached.ports))
    }

    /// Since when clients are not served; `None` while they are, or where no observer tells.
    pub(crate) fn outage(&self) -> Option<Timestamp> {
        let view = self.wait(self.reached.ports.observers.clients(LOOK_BACK));
        let outage = view.ok()?.outage?;
        outage.until.is_none().then_some(outage.from)
    }
}

/// The directory of the store by its whole path: Terraform runs in another one.
fn absolute(session: &Session) -> Result<std::path::PathBuf> {
    std::path::absolute(&session.store).map_err(|error| Error::file("find", &session.store, &error))
}

fn unreachable(estate: &Estate, missing: &[Unwired]) -> Error {
    let mut error = Error::usage(format!("{} cannot be reached", estate.name));
    let mut unbound = false;
    for one in missing {
        unbound |= matches!(one, Unwired::Unbound { .. });
        error = error.because(one);
    }
    if unbound {
        error = error.hint("add what is missing under `bindings` (docs/estate.md), or let `dr estate from-terraform` write it");
    }
    error
}

/// The environment variables that the estate's bindings name.
fn named_variables(estate: &Estate) -> BTreeMap<String, secrecy::SecretString> {
    let named = estate
        .bindings
        .values()
        .flat_map(BTreeMap::values)
        .filter_map(|binding| match binding {
            Binding::Rds(binding) => binding.login.as_ref(),
            Binding::Grafana(binding) => Some(&binding.token),
            Binding::GithubActions(binding) => Some(&binding.token),
            _ => None,
        });
    #[expect(
        clippy::disallowed_methods,
        reason = "a variable that the estate names is the user's environment, and the CLI is where that is read"
    )]
    let read = |name: &String| std::env::var(name).ok();
    named
        .filter_map(|secret| match secret {
            SecretRef::Env(name) => Some((name.clone(), read(name)?.into())),
            _ => None,
        })
        .collect()
}

/// A bucket named on the command line, in the region of the environment.
///
/// # Errors
/// No region is given.
pub(crate) fn bucket(bucket: &str, prefix: &str, session: &Session) -> Result<RunStore> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the region is the user's environment, and the CLI is where that is read"
    )]
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .and_then(|region| region.parse().ok())
        .ok_or_else(|| {
            Error::usage(format!("in which region is s3://{bucket}?"))
                .hint("set AWS_REGION to the region of the bucket")
        })?;
    let site = Site {
        id: "store".parse().expect("a word is a name"),
        platform: Platform::Aws,
        region,
        home_role: Role::Standby,
        access: Access::default(),
    };
    let local = RunStore::real(session)?;
    let aws = local.wait(AwsSite::connect(&site, Arc::new(SystemClock)));
    let store: Arc<dyn ObjectStore> = Arc::new(S3Store::new(aws, bucket, prefix));
    Ok(local.in_bucket(store))
}

/// The bucket in which a run is kept, by its plan.
///
/// # Errors
/// None yet: the signature is that of a lookup which can fail.
#[expect(clippy::unnecessary_wraps, reason = "a lookup of a store can fail")]
pub(crate) fn bucket_of(
    local: &RunStore,
    journal: &ReadJournal,
    _: &Session,
) -> Result<Option<RunStore>> {
    let plan = &journal.header.plan;
    let site = plan.estate.site(&plan.direction.to);
    let bucket = site.and_then(|site| bucket_at(local, site));
    Ok(bucket.map(|bucket| local.in_bucket(bucket)))
}

/// The bucket in which a site keeps runs; `None` where it has none.
pub(crate) fn bucket_at(local: &RunStore, site: &Site) -> Option<Arc<dyn ObjectStore>> {
    let bucket = site.access.store.as_ref()?;
    let aws = local.wait(AwsSite::connect(site, Arc::new(SystemClock)));
    Some(Arc::new(S3Store::new(aws, bucket, "")))
}

/// Shows what long work tells, and what people are told, as lines of progress.
struct Lines {
    out: Output,
    last: Mutex<String>,
}

impl Lines {
    fn new(out: Output) -> Self {
        Self {
            out,
            last: Mutex::default(),
        }
    }
}

impl Narrator for Lines {
    fn line(&self, place: &str, line: &str) {
        let text = format!("  {place}: {line}");
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != text {
            self.out.notice(&text);
            *last = text;
        }
    }
}

#[async_trait]
impl Notifier for Lines {
    async fn notify(&self, message: &str, _: &Permit) -> PortResult<()> {
        self.out.notice(&format!("  for everybody: {message}"));
        Ok(())
    }
}

/// Why nothing at all answered, if that is so: credentials are the usual reason.
pub(crate) fn silent(inventory: &EstateInventory) -> Option<Error> {
    let is_silent = inventory
        .sites
        .values()
        .all(|site| site.observed.is_empty());
    let (_, _, gap) = inventory.gaps().next()?;
    is_silent.then(|| {
        Error::new(ExitCode::Unreachable, "nothing of the estate answered").hint(gap.reason.clone())
    })
}
