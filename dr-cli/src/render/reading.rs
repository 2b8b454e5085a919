//! How far a scan of the sites' accounts is.

use std::collections::BTreeMap;
use std::sync::Mutex;

use dr_core::model::SiteId;
use dr_core::port::{ScanProgress, ScanWatch};

use crate::output::Output;

/// Shows how far the scans of both sites are: one line that is painted over at a terminal, else one line a site.
pub(crate) struct Reading {
    out: Output,
    sites: Mutex<BTreeMap<SiteId, ScanProgress>>,
}

impl Reading {
    /// A display.
    pub(crate) fn new(out: Output) -> Self {
        Self {
            out,
            sites: Mutex::default(),
        }
    }

    /// Clears the line.
    pub(crate) fn end(&self) {
        if self.out.is_live() {
            self.out.progress("\r\u{1b}[K");
        }
    }
}

impl ScanWatch for Reading {
    fn went_on(&self, site: &SiteId, progress: ScanProgress) {
        let Ok(mut sites) = self.sites.lock() else {
            return;
        };
        let before = sites.insert(site.clone(), progress);
        if self.out.is_live() {
            let each: Vec<String> = sites.iter().map(|(site, p)| line(site, *p)).collect();
            self.out
                .progress(&format!("\r\u{1b}[K{}", each.join(" · ")));
        } else if progress.done == progress.services
            && before.map(|b| b.done) != Some(progress.done)
        {
            self.out.notice(&line(site, progress));
        }
    }
}

fn line(site: &SiteId, progress: ScanProgress) -> String {
    let ScanProgress {
        done,
        services,
        calls,
        throttled,
    } = progress;
    let refused = match throttled {
        0 => String::new(),
        n => format!(", {n} throttled"),
    };
    format!("{site}: {done} of {services} services, {calls} calls{refused}")
}
