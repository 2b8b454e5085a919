//! One look, into a file.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use dr_core::model::{Fences, SiteScan};
use futures_util::FutureExt as _;

use super::*;
use crate::output::{Color, Format, Output};

const STOREFRONT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../runbooks/storefront/estate.yaml"
);

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::write(path, bytes).expect("the folder is there");
}

/// A folder with an estate; its scan is at `scan`.
fn looking(folder: &Path, scan: &Path) -> Looking {
    let file = folder.join("estate.yaml");
    std::fs::copy(STOREFRONT, &file).expect("it is shipped");
    let out = Output::new(Format::Text, Color::Never, true, true);
    let session = Session::new(out, Some(file), folder.join("store"));
    let estate = session.estate().expect("it is right").estate;
    Looking {
        name: estate.name,
        compared: ComparedArgs {
            scan: Some(scan.to_owned()),
            to: Some("california".parse().expect("a site")),
        },
        session: session.quietly(),
        source: Source::File(scan.to_owned()),
        fences: Fences::Tell,
        turn: Arc::default(),
    }
}

/// Two sites on which nothing stands.
fn empty_scan(looking: &Looking) -> Vec<u8> {
    let estate = looking.session.estate().expect("it is right").estate;
    let sites = estate.sites.iter().map(|site| {
        let scan = SiteScan {
            site: site.id.clone(),
            region: site.region.clone(),
            at: "2026-11-21T12:00:00Z".parse().expect("an instant"),
            resources: Vec::new(),
            gaps: Vec::new(),
            calls: 1,
            throttled: 0,
        };
        (site.id.clone(), scan)
    });
    let scan = EstateScan {
        format: EstateScan::FORMAT,
        kinds: EstateScan::kinds_read(),
        estate: estate.name.clone(),
        sites: sites.collect::<BTreeMap<_, _>>(),
        global: None,
    };
    serde_json::to_vec(&scan).expect("it is plain data")
}

#[tokio::test]
async fn every_round_reads_the_estate_anew_and_a_broken_file_is_told_by_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let scan = folder.path().join("scan.json");
    let looking = looking(folder.path(), &scan);
    write(&scan, empty_scan(&looking));
    let file = folder.path().join("estate.yaml");
    let whole = std::fs::read_to_string(&file).expect("it was copied");
    for job in Job::ALL {
        assert!(looking.look(job, None).await.is_ok(), "{job:?}");
    }
    write(&file, whole.replace("role: standby", "role: stndby"));
    for job in Job::ALL {
        let why = looking.look(job, None).await.expect_err("it is broken");
        assert!(why.contains("stndby"), "{job:?}: {why}");
    }
    write(&file, whole.replace("estate: storefront", "estate: bank"));
    for job in Job::ALL {
        let why = looking.look(job, None).await.expect_err("it is of another");
        assert!(why.contains("bank") && why.contains("storefront"), "{why}");
    }
    write(&file, &whole);
    for job in Job::ALL {
        assert!(looking.look(job, None).await.is_ok(), "{job:?}");
    }
}

#[tokio::test]
async fn nothing_is_read_beside_a_round_that_nobody_waits_for_any_more() {
    let folder = tempfile::tempdir().expect("a folder");
    // Whoever reads a pipe waits for somebody who writes into it.
    let pipe = folder.path().join("scan.json");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("it is of coreutils").success());
    let looking = looking(folder.path(), &pipe);
    assert!(looking.look(Job::Ready, None).now_or_never().is_none());
    for job in Job::ALL {
        let why = looking.look(job, None).await.expect_err("somebody reads");
        assert!(why.contains("still reads"), "{job:?}: {why}");
    }
    write(&pipe, empty_scan(&looking));
    drop(looking.turn.lock().await);
    std::fs::remove_file(&pipe).expect("it is there");
    write(&pipe, empty_scan(&looking));
    for job in Job::ALL {
        assert!(looking.look(job, None).await.is_ok(), "{job:?}");
    }
}
