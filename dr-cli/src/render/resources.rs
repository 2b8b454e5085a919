//! What stands in the sites' accounts: a grid of counts, then the gaps with what to do about each.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dr_core::drift::form::visible;
use dr_core::model::{EstateScan, GapClass, ResourceKind, ScanGap, SiteScan};

use super::style::Style;

/// Width of the column of kinds.
const KIND: usize = 30;
/// Least width of a site's column.
const COLUMN: usize = 16;

/// The whole for people.
pub(crate) fn text(scan: &EstateScan, style: Style) -> String {
    let columns: Vec<Column> = scan.parts().map(|part| Column::new(scan, part)).collect();
    let mut text = format!(
        "{} {}\n\n{}",
        style.dim("estate"),
        style.bold(scan.estate.as_str()),
        style.dim(format!("{:<KIND$}", "KIND"))
    );
    for column in &columns {
        let width = column.width();
        let _ = write!(text, "{}", style.dim(format!("{:>width$}", column.title)));
    }
    text.push('\n');
    for kind in ResourceKind::ALL {
        if !columns.iter().any(|column| column.tells_of(*kind)) {
            continue;
        }
        let _ = write!(text, "{:<KIND$}", kind.name());
        for column in &columns {
            text.push_str(&column.cell(*kind, style));
        }
        text.push('\n');
    }
    text.push('\n');
    for part in scan.parts() {
        text.push_str(&foot(scan, part, style));
    }
    text.push_str(&gaps(scan, style));
    text
}

/// One column of the grid.
struct Column<'a> {
    title: String,
    part: &'a SiteScan,
    global: bool,
}

impl<'a> Column<'a> {
    fn new(scan: &EstateScan, part: &'a SiteScan) -> Self {
        let global = is_global(scan, part);
        let title = if global {
            "GLOBAL".to_owned()
        } else {
            part.site.to_string()
        };
        Self {
            title,
            part,
            global,
        }
    }

    fn width(&self) -> usize {
        COLUMN.max(self.title.chars().count() + 2)
    }

    /// Whether the column's reading covers the kind: global services are read once, for both sites.
    fn tells_of(&self, kind: ResourceKind) -> bool {
        (kind.service() == "route53") == self.global
    }

    /// A count, or that it is not known: a gap is never shown as nothing.
    fn cell(&self, kind: ResourceKind, style: Style) -> String {
        let width = self.width();
        if !self.tells_of(kind) {
            return " ".repeat(width);
        }
        let count = self.part.of_kind(kind).count();
        let gaps: Vec<&ScanGap> = self.part.gaps_of(kind).collect();
        let missing = gaps.iter().any(|gap| gap.attributes.is_empty());
        match (missing, gaps.is_empty(), count) {
            (true, _, 0) => style.bad(format!("{:>width$}", "?")),
            (true, _, _) => style.bad(format!("{:>width$}", format!("{count} + ?"))),
            (false, false, _) => style.warn(format!("{:>width$}", format!("{count} in part"))),
            (false, true, 0) => style.dim(format!("{:>width$}", 0)),
            (false, true, _) => format!("{count:>width$}"),
        }
    }
}

fn is_global(scan: &EstateScan, part: &SiteScan) -> bool {
    scan.global
        .as_ref()
        .is_some_and(|global| std::ptr::eq(global, part))
}

/// Where a part was read, and what it cost.
fn foot(scan: &EstateScan, part: &SiteScan, style: Style) -> String {
    let (name, place) = if is_global(scan, part) {
        ("global".to_owned(), format!("read through {}", part.site))
    } else {
        (part.site.to_string(), format!("in {}", part.region))
    };
    let throttled = match part.throttled {
        0 => "none refused for too many".to_owned(),
        n => format!("{n} refused for too many"),
    };
    format!(
        "{}  {} resources {place}, {} calls, {throttled}\n",
        style.dim(format!("{name:<12}")),
        part.resources.len(),
        part.calls
    )
}

/// What one line of gaps is about: gaps of the same cause are told together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Cause<'a> {
    place: String,
    class: GapClass,
    reason: &'a str,
    fix: String,
}

/// The gaps, those of one cause together.
fn gaps(scan: &EstateScan, style: Style) -> String {
    let mut causes: BTreeMap<Cause<'_>, Vec<&ScanGap>> = BTreeMap::new();
    for part in scan.parts() {
        let place = if is_global(scan, part) {
            "global".to_owned()
        } else {
            part.site.to_string()
        };
        for gap in &part.gaps {
            let cause = Cause {
                place: place.clone(),
                class: gap.class,
                reason: &gap.reason,
                fix: gap.fix(),
            };
            causes.entry(cause).or_default().push(gap);
        }
    }
    if causes.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n{} nothing is said about what follows\n",
        style.bad("not everything could be read:")
    );
    for (cause, gaps) in causes {
        let _ = writeln!(
            text,
            "\n  {} {} {}",
            style.bad(cause.class.to_string()),
            style.bold(&cause.place),
            visible(&subjects(&gaps))
        );
        let _ = writeln!(text, "    {}", visible(cause.reason));
        let _ = writeln!(text, "    {} {}", style.dim("fix:"), visible(&cause.fix));
    }
    text
}

/// What gaps of one cause are about: the kinds, and of few single resources their names.
fn subjects(gaps: &[&ScanGap]) -> String {
    let mut kinds: BTreeMap<ResourceKind, Vec<&ScanGap>> = BTreeMap::new();
    for gap in gaps {
        kinds.entry(gap.kind).or_default().push(gap);
    }
    let named = kinds.into_iter().map(|(kind, gaps)| {
        let what = match gaps.as_slice() {
            [gap] => match (&gap.about, gap.kept) {
                (Some(about), _) => format!("{kind} {about}"),
                (None, 0) => kind.to_string(),
                (None, kept) => format!("{kind} (after {kept} were read)"),
            },
            many => format!("{kind} ({} of them)", many.len()),
        };
        let attributes = &gaps[0].attributes;
        if attributes.is_empty() {
            what
        } else {
            format!("{what}: {}", attributes.join(", "))
        }
    });
    named.collect::<Vec<String>>().join("; ")
}

#[cfg(test)]
mod tests {
    use dr_core::model::Resource;
    use dr_core::model::SiteId;
    use jiff::Timestamp;

    use super::*;

    fn gap(kind: ResourceKind, about: Option<&str>, attributes: &[&str], kept: usize) -> ScanGap {
        ScanGap {
            kind,
            about: about.map(str::to_owned),
            attributes: attributes.iter().map(|a| (*a).to_owned()).collect(),
            class: GapClass::Denied,
            action: "ec2:DescribeVpcs".to_owned(),
            reason: "AccessDenied: no".to_owned(),
            kept,
        }
    }

    fn scan(resources: Vec<Resource>, gaps: Vec<ScanGap>) -> EstateScan {
        let site: SiteId = "ohio".parse().unwrap();
        let part = SiteScan {
            site: site.clone(),
            region: "us-east-2".parse().unwrap(),
            at: Timestamp::UNIX_EPOCH,
            resources,
            gaps,
            calls: 3,
            throttled: 0,
        };
        EstateScan {
            format: EstateScan::FORMAT,
            kinds: EstateScan::kinds_read(),
            estate: "storefront".parse().unwrap(),
            sites: BTreeMap::from([(site, part)]),
            global: None,
        }
    }

    fn row(text: &str, kind: ResourceKind) -> String {
        let mut lines = text.lines();
        let line = lines.find(|line| line.starts_with(kind.name())).unwrap();
        line[kind.name().len()..].trim().to_owned()
    }

    #[test]
    fn what_could_not_be_read_is_never_shown_as_nothing() {
        let vpc = Resource::new(ResourceKind::Ec2Vpc, "vpc-1");
        let scan = scan(
            vec![vpc],
            vec![
                gap(ResourceKind::Ec2Subnet, None, &[], 0),
                gap(ResourceKind::Ec2Vpc, None, &[], 1),
            ],
        );
        let text = text(&scan, Style::new(false));
        assert_eq!(row(&text, ResourceKind::Ec2Subnet), "?");
        assert_eq!(row(&text, ResourceKind::Ec2Vpc), "1 + ?");
        assert_eq!(row(&text, ResourceKind::RdsInstance), "0");
        assert!(text.contains("allow ec2:DescribeVpcs"), "{text}");
        assert!(text.contains("ec2/vpc (after 1 were read)"), "{text}");
    }

    #[test]
    fn gaps_of_one_cause_are_told_once() {
        let kinds = [ResourceKind::Ec2Vpc, ResourceKind::Ec2Subnet];
        let gaps = kinds.map(|kind| gap(kind, None, &[], 0)).to_vec();
        let text = text(&scan(Vec::new(), gaps), Style::new(false));
        assert_eq!(text.matches("AccessDenied: no").count(), 1, "{text}");
    }
}
