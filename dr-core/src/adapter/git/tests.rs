//! Against real repositories.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::adapter::local::{MemoryStore, SystemClock};
use crate::model::{
    Access, Component, Platform, Repository as RepositorySettings, Role, Settings, Site, Technology,
};

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(arguments)
        .current_dir(folder)
        .status()
        .expect("the system has git");
    assert!(status.success(), "git {arguments:?}");
}

fn commit(folder: &Path, times: u32) {
    for _ in 0..times {
        git(folder, &["commit", "--quiet", "--allow-empty", "-m", "x"]);
    }
}

fn site(name: &str, home_role: Role) -> Site {
    Site {
        id: name.parse().unwrap(),
        platform: Platform::Aws,
        region: "us-east-2".parse().unwrap(),
        home_role,
        access: Access::default(),
    }
}

/// A primary with three commits and a mirror of it.
struct World {
    folder: tempfile::TempDir,
    memory: Arc<dyn ObjectStore>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let primary = folder.path().join("primary");
        std::fs::create_dir(&primary).unwrap();
        git(&primary, &["init", "--quiet", "-b", "main"]);
        commit(&primary, 3);
        git(
            folder.path(),
            &["clone", "--quiet", "--mirror", "primary", "mirror"],
        );
        Self {
            folder,
            memory: Arc::new(MemoryStore::default()),
        }
    }

    fn primary(&self) -> PathBuf {
        self.folder.path().join("primary")
    }

    fn server(&self, name: &str, machine: &str) -> GitServer {
        let here = Here {
            estate: "shop".parse().unwrap(),
            component: Component {
                id: "source".parse().unwrap(),
                technology: Technology::Git,
                settings: Settings::Repository(RepositorySettings { standby_off: true }),
            },
            site: site(name, Role::Primary),
            peer: site("other", Role::Standby),
            clock: Arc::new(SystemClock),
        };
        let binding = GitBinding {
            instance: None,
            url: self.folder.path().join(name).display().to_string(),
            branch: "main".to_owned(),
        };
        let cache = self.folder.path().join(machine);
        let memory = Memory {
            own: self.memory.clone(),
            other: None,
        };
        GitServer::new(here, None, binding, &cache, memory)
    }

    fn look(&self, name: &str, machine: &str) -> (u64, u64) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let state = runtime
            .block_on(self.server(name, machine).observe())
            .unwrap();
        assert!(state.running);
        (state.commits, state.last_seen_at_primary)
    }
}

#[test]
fn a_mirror_is_complete_when_it_holds_the_last_known_commit() {
    let world = World::new();
    assert_eq!(world.look("primary", "laptop"), (3, 3));
    assert_eq!(world.look("mirror", "laptop"), (3, 3));
}

#[test]
fn a_mirror_is_behind_what_the_primary_was_seen_to_hold_also_for_another_machine() {
    let world = World::new();
    commit(&world.primary(), 2);
    assert_eq!(world.look("primary", "laptop"), (5, 5));
    // The primary is lost, and somebody else looks who has never read it.
    assert_eq!(world.look("mirror", "another"), (3, 5));
}

#[test]
fn a_history_that_was_rewritten_is_not_taken_for_a_newer_one() {
    let world = World::new();
    assert_eq!(world.look("primary", "laptop"), (3, 3));
    let primary = world.primary();
    git(&primary, &["checkout", "--quiet", "--orphan", "fresh"]);
    commit(&primary, 1);
    git(&primary, &["branch", "-M", "fresh", "main"]);
    assert_eq!(world.look("primary", "laptop"), (1, 3));
}
