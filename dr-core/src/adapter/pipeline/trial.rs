//! What the tests of every pipeline need: a stack's place, a permit, virtual time, an ear.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use crate::adapter::Here;
use crate::model::{
    Access, Component, Duration, Epoch, Infrastructure, Platform, Role, Settings, Site, Technology,
};
use crate::port::{Clock, LeaseDeadline, Narrator, Permit};

/// Time passes only by sleeping, at once.
pub(in crate::adapter) struct Instants(Mutex<Timestamp>);

impl Instants {
    pub(in crate::adapter) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::UNIX_EPOCH)))
    }

    #[cfg(feature = "http")]
    pub(in crate::adapter) fn passed(&self) -> Duration {
        Duration::between(Timestamp::UNIX_EPOCH, self.now())
    }
}

impl Clock for Instants {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        let mut now = self.0.lock().unwrap();
        *now = duration.after(*now);
        Box::pin(std::future::ready(()))
    }
}

/// Keeps what is told.
#[derive(Default)]
pub(in crate::adapter) struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub(in crate::adapter) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

impl Narrator for Heard {
    fn line(&self, place: &str, line: &str) {
        self.0.lock().unwrap().push(format!("{place}: {line}"));
    }
}

/// `stack@california`.
pub(in crate::adapter) fn here(clock: Arc<dyn Clock>) -> Here {
    let site = |id: &str, region: &str, home_role| Site {
        id: id.parse().unwrap(),
        platform: Platform::Aws,
        region: region.parse().unwrap(),
        home_role,
        access: Access::default(),
    };
    Here {
        estate: "shop".parse().unwrap(),
        component: Component {
            id: "stack".parse().unwrap(),
            technology: Technology::GithubActions,
            settings: Settings::Infrastructure(Infrastructure { state: None }),
        },
        site: site("california", "us-west-1", Role::Standby),
        peer: site("ohio", "us-east-2", Role::Primary),
        clock,
    }
}

/// A permit that never ends, of the step with that token.
pub(in crate::adapter) fn permit(token: &str) -> Permit {
    Permit {
        run: "failover-20261121".parse().unwrap(),
        step: "provision".parse().unwrap(),
        epoch: Epoch(1),
        token: token.to_owned(),
        deadline: LeaseDeadline::new(Timestamp::MAX),
    }
}
