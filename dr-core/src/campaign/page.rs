//! A campaign as one self-contained page, in the dress of the report.

use std::fmt::Write as _;

use askama::Template;

use super::play::Fate;
use super::statistics::{Campaign, Distances, LegScore, Quantile};
use crate::model::Duration;
use crate::report::words::{self, Words as _};

#[derive(Template)]
#[template(path = "campaign.html")]
struct Page<'a> {
    campaign: &'a Campaign,
    seal: (&'static str, &'static str),
    headline: String,
    recovery: String,
    loss: String,
}

impl Page<'_> {
    fn share(&self, trials: &u64) -> String {
        percent(*trials, self.campaign.trials)
    }

    fn seeds(&self) -> String {
        let first = self.campaign.first_seed;
        let last = (first + self.campaign.trials).saturating_sub(1);
        format!("seeds {first} to {last}")
    }

    fn class(&self, fate: &Fate) -> &'static str {
        match fate {
            Fate::Protected => "good",
            Fate::Served => "attention",
            Fate::Remained => "plain",
            Fate::Down | Fate::NeverRests => "bad",
        }
    }

    fn bar_width(&self, score: &LegScore) -> u64 {
        score.share.div_ceil(10)
    }

    fn tenths(&self, share: &u64) -> String {
        format!("{}.{} %", share / 10, share % 10)
    }

    fn met(&self, distances: &Distances) -> &'static str {
        if distances.p95.is_within(distances.objective) {
            "good"
        } else {
            "bad"
        }
    }

    /// How much sooner the median is without a leg.
    fn sooner(&self, score: &LegScore) -> String {
        match (self.campaign.recovery.p50, score.p50_without) {
            (Quantile::Time(with), Quantile::Time(without)) => {
                words::figure(with.saturating_sub(without))
            }
            _ => "–".to_owned(),
        }
    }
}

/// A share of a whole, in tenths of a percent.
fn percent(part: u64, whole: u64) -> String {
    let tenths = part * 1000 / whole.max(1);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// The page.
pub fn to_html(campaign: &Campaign) -> String {
    let met = campaign.meets(95);
    let (seal, headline) = match (campaign.is_sound(), met) {
        (false, _) => (
            ("bad", "✕"),
            "Something happened that must never happen".to_owned(),
        ),
        (true, true) => (
            ("good", "✓"),
            "The objectives hold in 95 of 100 disasters".to_owned(),
        ),
        (true, false) => (
            ("attention", "!"),
            "The objectives do not hold in 95 of 100 disasters".to_owned(),
        ),
    };
    Page {
        recovery: histogram(&campaign.recovery, "How long clients were not served"),
        loss: histogram(&campaign.loss, "How much of the newest data was lost"),
        campaign,
        seal,
        headline,
    }
    .render()
    .expect("writing to a string cannot fail, and the template calls nothing else that can")
}

const WIDTH: u64 = 1040;
const HEIGHT: u64 = 260;
const LEFT: u64 = 56;
const RIGHT: u64 = 24;
const TOP: u64 = 40;
const BOTTOM: u64 = 44;

/// Bars with the objective and the quantiles as lines. The count of each bar is its title.
fn histogram(distances: &Distances, title: &str) -> String {
    let most = distances
        .bars
        .iter()
        .copied()
        .chain([distances.never, distances.longer, 1])
        .max()
        .unwrap_or(1);
    let shown = bars_shown(distances);
    // What does not fit on the axis stands apart at its end.
    let apart = [
        (distances.longer, "beyond", "longer"),
        (distances.never, "never", "never"),
    ]
    .into_iter()
    .filter(|(count, _, _)| *count > 0);
    let places = shown + 2 * apart.clone().count() as u64;
    let step = (WIDTH - LEFT - RIGHT) / places.max(1);
    let (plot, base) = (HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM);
    let mut svg = format!(
        "<svg class=\"histogram\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">"
    );
    grid(&mut svg, most);
    let bar = |svg: &mut String, index: u64, count: u64, class: &str, name: &str| {
        if count == 0 {
            return;
        }
        let height = (plot * count / most).max(2);
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\"><title>{name}: {}</title></rect>",
            LEFT + index * step + 1,
            base - height,
            step.saturating_sub(2).max(1),
            words::count(count, "trial")
        );
    };
    for (index, count) in (0..).zip(&distances.bars) {
        let until = distances.bar.times(index + 1);
        let class = if until <= distances.objective {
            "within"
        } else {
            "beyond"
        };
        let from = words::figure(distances.bar.times(index));
        let name = format!("{from} to {}", words::figure(until));
        bar(&mut svg, index, *count, class, &name);
    }
    for (index, (count, class, name)) in (0..).zip(apart) {
        let place = shown + 2 * index + 1;
        bar(&mut svg, place, count, class, name);
        tick(&mut svg, LEFT + place * step + step / 2, name);
    }
    axis(&mut svg, distances, shown, step);
    svg.push_str("</svg>");
    svg
}

/// Bars up to the longest shown, and up to the objective at the least.
fn bars_shown(distances: &Distances) -> u64 {
    let objective = distances.objective.as_millis() / distances.bar.as_millis();
    (distances.bars.len() as u64).max(objective + 1)
}

/// Lines at whole counts, four or fewer.
fn grid(svg: &mut String, most: u64) {
    let (plot, base) = (HEIGHT - TOP - BOTTOM, HEIGHT - BOTTOM);
    let every = most.div_ceil(4).max(1);
    for count in (1..=most / every).map(|line| line * every) {
        let y = base - plot * count / most;
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/><text class=\"y\" x=\"{}\" y=\"{}\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8,
            y + 4,
            count
        );
    }
}

fn tick(svg: &mut String, x: u64, text: &str) {
    let y = HEIGHT - BOTTOM + 18;
    let _ = write!(svg, "<text class=\"x\" x=\"{x}\" y=\"{y}\">{text}</text>");
}

fn axis(svg: &mut String, distances: &Distances, shown: u64, step: u64) {
    let every = shown.div_ceil(10).max(1);
    for index in (0..=shown).filter(|index| index % every == 0) {
        tick(
            svg,
            LEFT + index * step,
            &words::figure(distances.bar.times(index)),
        );
    }
    let mut line = |time: Duration, class: &str, label: &str, y: u64| {
        let x = LEFT + (time.as_millis() * step / distances.bar.as_millis()).min(shown * step);
        let _ = write!(
            svg,
            "<line class=\"{class}\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\"/><text class=\"label {class}\" x=\"{}\" y=\"{y}\">{label}</text>",
            y + 4,
            HEIGHT - BOTTOM,
            x + 4
        );
    };
    line(distances.objective, "objective", "objective", 12);
    for (quantile, label, y) in [(distances.p50, "P50", 24), (distances.p95, "P95", 36)] {
        if let Quantile::Time(time) = quantile {
            line(time, "quantile", label, y);
        }
    }
}
