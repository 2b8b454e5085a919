//! Where the adapters stand in these tests: an estate of two sites, and who may change it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use dr_core::adapter::Here;
use dr_core::adapter::local::SystemClock;
use dr_core::model::{
    Access, Component, Duration, Epoch, Monitoring, Platform, Role, Settings, Site, SiteId,
    Technology,
};
use dr_core::port::{Clock, LeaseDeadline, Permit};
use jiff::Timestamp;

/// A clock that runs with the real one, and that nobody waits for: a pause makes it jump.
#[derive(Default)]
pub(super) struct Jumping(Mutex<Duration>);

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().after(SystemClock.now())
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        let mut ahead = self.0.lock().unwrap();
        *ahead = *ahead + duration;
        Box::pin(std::future::ready(()))
    }
}

pub(super) fn ohio() -> SiteId {
    "ohio".parse().unwrap()
}

pub(super) fn california() -> SiteId {
    "california".parse().unwrap()
}

fn site(id: SiteId, region: &str, home_role: Role) -> Site {
    Site {
        id,
        platform: Platform::Aws,
        region: region.parse().unwrap(),
        home_role,
        access: Access::default(),
    }
}

/// A monitoring component at ohio.
pub(super) fn here(technology: Technology, clock: Arc<dyn Clock>) -> Here {
    Here {
        estate: "storefront".parse().unwrap(),
        component: Component {
            id: technology.name().parse().unwrap(),
            technology,
            settings: Settings::Monitoring(Monitoring { hosted_on: None }),
        },
        site: site(ohio(), "us-east-2", Role::Primary),
        peer: site(california(), "us-west-1", Role::Standby),
        clock,
    }
}

/// A permit that ends in so many seconds; one of none has ended.
pub(super) fn permit_for(lasts: Duration) -> Permit {
    Permit {
        run: "run-1".parse().unwrap(),
        step: "repoint-metrics".parse().unwrap(),
        epoch: Epoch(1),
        token: "run-1-repoint".to_owned(),
        deadline: LeaseDeadline::new(lasts.after(SystemClock.now())),
    }
}

pub(super) fn permit() -> Permit {
    permit_for(Duration::from_mins(60))
}

pub(super) fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}
