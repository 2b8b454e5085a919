//! Against real repositories.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::adapter::local::{MemoryStore, SystemClock};
use crate::model::{
    Access, Component, Platform, Repository as RepositorySettings, Role, Settings, Site, Technology,
};
use Lineage::{Behind, Complete, Diverged, Unknown};

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

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
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

    /// What was remembered by an earlier version.
    fn forget_the_trail(&self) {
        let server = self.server("primary", "laptop");
        run(async {
            let mut known = server.remembered().await.unwrap().unwrap();
            known.trail.clear();
            server.remember(&known).await.unwrap();
        });
    }

    fn server(&self, name: &str, machine: &str) -> GitServer {
        let home_role = match name {
            "mirror" => Role::Standby,
            _ => Role::Primary,
        };
        let here = Here {
            estate: "shop".parse().unwrap(),
            component: Component {
                id: "source".parse().unwrap(),
                technology: Technology::Git,
                settings: Settings::Repository(RepositorySettings { standby_off: true }),
            },
            site: site(name, home_role),
            peer: site("other", home_role.other()),
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

    fn look(&self, name: &str, machine: &str) -> (u64, u64, Lineage) {
        let state = run(self.server(name, machine).observe()).unwrap();
        assert!(state.running);
        (state.commits, state.last_seen_at_primary, state.lineage)
    }
}

#[test]
fn a_mirror_is_complete_when_it_holds_the_last_known_commit() {
    let world = World::new();
    assert_eq!(world.look("primary", "laptop"), (3, 3, Complete));
    assert_eq!(world.look("mirror", "laptop"), (3, 3, Complete));
}

#[test]
fn a_mirror_is_behind_what_the_primary_was_seen_to_hold_also_for_another_machine() {
    let world = World::new();
    commit(&world.primary(), 2);
    assert_eq!(world.look("primary", "laptop"), (5, 5, Complete));
    // The primary is lost, and somebody else looks who has never read it.
    assert_eq!(world.look("mirror", "another"), (3, 5, Behind));
}

/// A world whose primary's history was replaced by a forced push after it was seen.
fn rewritten() -> World {
    let world = World::new();
    assert_eq!(world.look("primary", "laptop"), (3, 3, Complete));
    let primary = world.primary();
    git(&primary, &["checkout", "--quiet", "--orphan", "fresh"]);
    // Of the same second and text it would be the first commit again.
    git(
        &primary,
        &["commit", "--quiet", "--allow-empty", "-m", "fresh"],
    );
    git(&primary, &["branch", "-M", "fresh", "main"]);
    world
}

#[test]
fn a_history_that_was_rewritten_is_not_taken_for_a_newer_one() {
    let world = rewritten();
    assert_eq!(world.look("primary", "laptop"), (1, 3, Diverged));
}

#[test]
fn what_the_primary_of_a_run_holds_replaces_what_was_known_and_a_mirror_must_follow() {
    let world = rewritten();
    let witnessed = run(world.server("primary", "laptop").witness()).unwrap();
    assert_eq!((witnessed.commits, witnessed.lineage), (1, Complete));
    assert_eq!(world.look("mirror", "laptop"), (3, 1, Diverged));
    let mirror = world.folder.path().join("mirror");
    git(&mirror, &["fetch", "--quiet", "origin", "+main:main"]);
    assert_eq!(world.look("mirror", "laptop"), (1, 1, Complete));
}

#[test]
fn commits_that_were_taken_back_are_not_missed_by_a_mirror_that_follows() {
    let world = World::new();
    assert_eq!(world.look("primary", "laptop"), (3, 3, Complete));
    git(&world.primary(), &["reset", "--quiet", "--hard", "HEAD~1"]);
    let mirror = world.folder.path().join("mirror");
    git(&mirror, &["fetch", "--quiet", "origin", "+main:main"]);
    assert_eq!(world.look("mirror", "laptop"), (2, 3, Behind));
    run(world.server("primary", "laptop").witness()).unwrap();
    assert_eq!(world.look("mirror", "laptop"), (2, 2, Complete));
}

#[test]
fn a_mirror_of_which_nothing_is_remembered_is_not_complete_and_not_remembered() {
    let world = World::new();
    commit(&world.primary(), 2);
    assert_eq!(world.look("mirror", "laptop"), (3, 0, Unknown));
    assert_eq!(
        run(world.server("mirror", "laptop").remembered()).unwrap(),
        None
    );
    assert_eq!(world.look("primary", "laptop"), (5, 5, Complete));
    assert_eq!(world.look("mirror", "laptop"), (3, 5, Behind));
}

/// A mirror that somebody has pushed two commits to while the primary got two others.
fn torn() -> World {
    let world = World::new();
    let clone = world.folder.path().join("clone");
    git(
        world.folder.path(),
        &["clone", "--quiet", "mirror", "clone"],
    );
    commit(&clone, 2);
    git(&clone, &["push", "--quiet", "origin", "main"]);
    // Commits of the same second and text would be the same.
    git(
        &world.primary(),
        &["commit", "--quiet", "--allow-empty", "-m", "y"],
    );
    commit(&world.primary(), 1);
    world
}

#[test]
fn a_mirror_that_went_another_way_with_as_many_commits_is_not_complete() {
    let world = torn();
    assert_eq!(world.look("primary", "laptop"), (5, 5, Complete));
    assert_eq!(world.look("mirror", "laptop"), (5, 5, Diverged));
    assert_eq!(world.look("mirror", "another"), (5, 5, Diverged));
}

#[test]
fn where_nothing_tells_how_histories_relate_that_is_unknown_and_not_a_number() {
    let world = torn();
    world.look("primary", "laptop");
    world.forget_the_trail();
    assert_eq!(world.look("mirror", "another"), (5, 5, Unknown));
    let world = World::new();
    commit(&world.primary(), 600);
    world.look("primary", "laptop");
    assert_eq!(world.look("mirror", "laptop"), (3, 603, Behind));
    assert_eq!(world.look("mirror", "another"), (3, 603, Unknown));
}
