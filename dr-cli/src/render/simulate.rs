//! Trials and campaigns for a terminal.

use std::fmt::Write as _;

use dr_core::campaign::{Campaign, Distances, Draw, Fate, LegScore, Played, Quantile, Setting};
use dr_core::report::words::{count, figure};

use super::style::Style;
use crate::output::Output;

/// The most columns of a bar.
const BAR: u64 = 40;
/// Legs that are shown.
const LEGS: usize = 8;

/// What the trials of a campaign say together. `what` is the runbook as the user named it, with what else decides a trial.
pub(crate) fn campaign(campaign: &Campaign, what: &str, percent: u32, out: &Output) -> String {
    let style = out.style();
    let mut text = String::new();
    head(&mut text, campaign, percent, style);
    for fate in campaign.fates.iter().filter(|fate| fate.trials > 0) {
        let name = match fate.fate {
            Fate::Protected => style.good(format!("{:<12}", fate.fate)),
            Fate::Served | Fate::Remained => format!("{:<12}", fate.fate),
            Fate::Down | Fate::NeverRests => style.bad(format!("{:<12}", fate.fate)),
        };
        let example = fate
            .example
            .map_or_else(String::new, |seed| format!("seed {seed}"));
        let _ = writeln!(
            text,
            "  {name} {:>7} {:>7}   {:<48} {}",
            fate.trials,
            share(fate.trials, campaign.trials),
            fate.fate.meaning(),
            style.dim(example)
        );
    }
    text.push('\n');
    distances(
        &mut text,
        "recovery time",
        "RTO",
        &campaign.recovery,
        campaign.trials,
        style,
    );
    distances(
        &mut text,
        "data loss",
        "RPO",
        &campaign.loss,
        campaign.trials,
        style,
    );
    let _ = writeln!(
        text,
        "  {} lost in {}\n",
        count(campaign.lost_writes, "write"),
        count(campaign.trials_with_loss, "trial")
    );
    histogram(&mut text, &campaign.recovery, style);
    legs(&mut text, campaign, style);
    for (seed, violation) in campaign.violations.iter().take(10) {
        let _ = writeln!(text, "  {} seed {seed}: {violation}", style.bad("✘"));
    }
    worst(&mut text, campaign, what, out);
    text
}

fn head(text: &mut String, campaign: &Campaign, percent: u32, style: Style) {
    let (sign, words) = if !campaign.is_sound() {
        (style.bad("✘"), style.bad("a promise was broken"))
    } else {
        let down = down(campaign);
        let met = if campaign.meets(percent) {
            "met"
        } else {
            "not met"
        };
        let mut words = format!("the objectives are {met} in {percent} of 100 disasters");
        if down > 0 {
            words.push_str(&format!(
                "; in {down} of {} trials clients were not served again",
                campaign.trials
            ));
            (style.bad("✘"), style.bad(words))
        } else if campaign.meets(percent) {
            (style.good("✔"), style.good(words))
        } else {
            (style.warn("!"), style.warn(words))
        }
    };
    let last = (campaign.first_seed + campaign.trials).saturating_sub(1);
    let _ = writeln!(text, "{sign} {}: {words}", style.bold(&campaign.runbook));
    let _ = writeln!(
        text,
        "  {}, {}, {}, drawn from {} (seeds {} to {last})\n",
        count(campaign.trials, "trial"),
        campaign.mode,
        campaign.direction,
        campaign.disasters,
        campaign.first_seed,
    );
}

/// The trials that ended with clients that nobody serves: the worst outcome, of which a headline does not keep silent.
fn down(campaign: &Campaign) -> u64 {
    let fates = campaign.fates.iter();
    let down = fates.filter(|fate| matches!(fate.fate, Fate::Down | Fate::NeverRests));
    down.map(|fate| fate.trials).sum()
}

fn share(part: u64, whole: u64) -> String {
    let tenths = part * 1000 / whole.max(1);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn distances(
    text: &mut String,
    name: &str,
    objective: &str,
    of: &Distances,
    trials: u64,
    style: Style,
) {
    let worst = match of.worst_seed {
        Some(seed) => format!("worst {} (seed {seed})", of.worst),
        None => format!("worst {}", of.worst),
    };
    let judged = format!(
        "{} within the {objective} of {}",
        share(of.within, trials),
        figure(of.objective)
    );
    let judged = if of.p95.is_within(of.objective) {
        style.good(judged)
    } else {
        style.warn(judged)
    };
    let _ = writeln!(
        text,
        "  {:<14} P50 {:<9} P95 {:<9} P99 {:<9} {worst}",
        style.bold(name),
        of.p50,
        of.p95,
        of.p99
    );
    let _ = writeln!(text, "  {:<14} {judged}", "");
}

/// The recovery times as bars; long empty stretches are left out.
fn histogram(text: &mut String, of: &Distances, style: Style) {
    let most = of
        .bars
        .iter()
        .copied()
        .chain([of.never, of.longer])
        .max()
        .unwrap_or(1)
        .max(1);
    let mut bar = |name: String, trials: u64, within: bool| {
        let blocks = "█".repeat(usize::try_from((trials * BAR).div_ceil(most)).unwrap_or(0));
        let blocks = if within {
            style.good(blocks)
        } else {
            style.warn(blocks)
        };
        let _ = writeln!(text, "  {name:>9}  {blocks} {trials}");
    };
    let mut skipped = false;
    for (index, trials) in of.bars.iter().enumerate() {
        if *trials == 0 {
            skipped = true;
            continue;
        }
        let until = of.bar.times(index as u64 + 1);
        let sign = if skipped { "… " } else { "" };
        bar(
            format!("{sign}{}", figure(until)),
            *trials,
            until <= of.objective,
        );
        skipped = false;
    }
    if of.longer > 0 {
        bar("longer".to_owned(), of.longer, false);
    }
    if of.never > 0 {
        bar("never".to_owned(), of.never, false);
    }
    text.push('\n');
}

fn legs(text: &mut String, campaign: &Campaign, style: Style) {
    let _ = writeln!(
        text,
        "  {:<26} {:>9} {:>9} {:>8}   without it the median would be",
        style.bold("what takes the time"),
        "P50",
        "P95",
        "share"
    );
    for leg in campaign.legs.iter().take(LEGS) {
        let _ = writeln!(
            text,
            "  {:<26} {:>9} {:>9} {:>8}   {}{}",
            leg.leg,
            figure(leg.p50),
            figure(leg.p95),
            share(leg.share, 1000),
            leg.p50_without,
            sooner(campaign, leg)
        );
    }
    text.push('\n');
}

fn sooner(campaign: &Campaign, leg: &LegScore) -> String {
    match (campaign.recovery.p50, leg.p50_without) {
        (Quantile::Time(with), Quantile::Time(without)) if without < with => {
            format!(" ({} sooner)", figure(with.saturating_sub(without)))
        }
        _ => String::new(),
    }
}

fn worst(text: &mut String, campaign: &Campaign, what: &str, out: &Output) {
    let style = out.style();
    let Some(story) = &campaign.story else {
        return;
    };
    let _ = writeln!(
        text,
        "  {} {}: {}; {} of the {} things that went wrong in it are enough:",
        style.bold("the worst, seed"),
        story.drawn.seed,
        story.badness,
        story.shrunk.incidents.len(),
        story.drawn.incidents.len()
    );
    for incident in &story.shrunk.incidents {
        let _ = writeln!(text, "    {:>9}  {incident}", figure(incident.at));
    }
    let its_story = format!("dr simulate {what} --seed {}", story.drawn.seed);
    let _ = writeln!(text, "  its story            {}", out.command(&its_story));
    let least = format!(
        "dr simulate {what} --from {} --seeds {} --output json | jq .story.shrunk > draw.json && dr simulate {what} --replay draw.json",
        campaign.first_seed, campaign.trials
    );
    let _ = writeln!(text, "  the least of it      {}", out.command(&least));
}

/// One trial: what was drawn, what happened, what came of it.
pub(crate) fn story(setting: &Setting, draw: &Draw, played: &Played, style: Style) -> String {
    let trial = &played.trial;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} of {}, seed {}\n",
        style.bold("one trial"),
        setting.runbook.name,
        draw.seed
    );
    for incident in &draw.incidents {
        let _ = writeln!(text, "  {:>9}  {incident}", figure(incident.at));
    }
    let _ = writeln!(
        text,
        "  people act {} after the disaster; an answer takes {}\n",
        figure(draw.notice),
        figure(draw.answer)
    );
    for line in &played.story {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(
        text,
        "\n  outcome         {}: {}",
        trial.fate,
        trial.fate.meaning()
    );
    let _ = writeln!(text, "  recovery time   {}", Quantile::of(trial.recovery));
    let _ = writeln!(
        text,
        "  data loss       {}, {}",
        count(trial.lost, "write"),
        figure(trial.loss)
    );
    for leg in &trial.legs {
        let _ = writeln!(
            text,
            "    {:<26} {:>9}",
            leg.name.words(setting.steps()),
            figure(leg.took)
        );
    }
    for violation in &trial.violations {
        let _ = writeln!(text, "  {} {violation}", style.bad("✘"));
    }
    text
}
