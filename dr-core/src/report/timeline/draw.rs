//! Geometry: from what is drawn to where it is drawn.

use askama::Template;
use jiff::Timestamp;

use super::{Band, Bar, Mark, MarkLook, Timeline};
use crate::model::Duration;
use crate::report::axis::Axis;
use crate::report::words;

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 214.0;
const RIGHT: f64 = 984.0;
const LANE: f64 = 21.0;
const HEADING: f64 = 19.0;
const LABEL_ROW: f64 = 17.0;
/// Narrower than this a bar cannot be seen or pointed at.
const BAR_MIN: f64 = 3.0;
/// About the width of a character of the labels.
const CHARACTER: f64 = 6.1;
const LABEL_MAX: usize = 31;

#[derive(Template)]
#[template(path = "report_timeline.html")]
struct Drawing<'a> {
    id: &'a str,
    title: &'a str,
    height: String,
    top: String,
    bottom: String,
    plot_height: String,
    left: String,
    plot_width: String,
    groups: Vec<GroupBox<'a>>,
    lanes: Vec<LaneBox<'a>>,
    bands: Vec<BandBox<'a>>,
    ticks: Vec<TickBox>,
    folds: Vec<FoldBox>,
    bars: Vec<BarBox<'a>>,
    marks: Vec<MarkBox<'a>>,
}

struct GroupBox<'a> {
    y: String,
    height: String,
    text_y: String,
    name: &'a str,
    even: bool,
}

struct LaneBox<'a> {
    y: String,
    label: String,
    full: &'a str,
    pivot: bool,
}

struct BandBox<'a> {
    x: String,
    width: String,
    class: &'static str,
    title: &'a str,
}

struct TickBox {
    x: String,
    label: String,
}

struct FoldBox {
    x: String,
    width: String,
    middle: String,
    label: String,
}

struct BarBox<'a> {
    x: String,
    y: String,
    width: String,
    class: &'static str,
    open: bool,
    title: &'a str,
}

struct MarkBox<'a> {
    x: String,
    label_x: String,
    label_y: String,
    line_top: String,
    anchor: &'static str,
    class: &'static str,
    label: &'a str,
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// Draws it.
pub fn svg(timeline: &Timeline) -> String {
    let axis = Axis::new(timeline.range, &timeline.quiet, (LEFT, RIGHT));
    let (marks, rows) = place_marks(timeline, &axis);
    let top = LABEL_ROW * rows + 22.0;
    let mut y = top;
    let mut groups = Vec::new();
    let mut lanes = Vec::new();
    let mut bars = Vec::new();
    for (index, group) in timeline.groups.iter().enumerate() {
        let height = HEADING + LANE * size(group.lanes.len()) + 4.0;
        groups.push(GroupBox {
            y: px(y),
            height: px(height),
            text_y: px(y + 14.5),
            name: &group.name,
            even: index % 2 == 0,
        });
        for (row, lane) in group.lanes.iter().enumerate() {
            let lane_y = y + HEADING + LANE * size(row);
            lanes.push(LaneBox {
                y: px(lane_y + 14.0),
                label: shorten(&lane.label),
                full: &lane.label,
                pivot: lane.pivot,
            });
            bars.extend(
                lane.bars
                    .iter()
                    .map(|bar| bar_box(bar, &axis, lane_y + 4.0)),
            );
        }
        y += height;
    }
    let drawing = Drawing {
        id: &timeline.id,
        title: &timeline.title,
        height: px(y + 30.0),
        top: px(top),
        bottom: px(y),
        plot_height: px(y - top),
        left: px(LEFT),
        plot_width: px(RIGHT - LEFT),
        groups,
        lanes,
        bands: timeline.bands.iter().map(|b| band_box(b, &axis)).collect(),
        ticks: tick_boxes(&axis, timeline.origin),
        folds: axis
            .folds()
            .map(|fold| FoldBox {
                x: px(fold.x),
                width: px(fold.width),
                middle: px(fold.x + fold.width / 2.0),
                label: words::figure(Duration::from_millis(
                    u64::try_from(fold.length_ms()).unwrap_or(0),
                )),
            })
            .collect(),
        bars,
        marks,
    };
    drawing
        .render()
        .expect("writing to a string cannot fail, and the template calls nothing else that can")
}

fn bar_box<'a>(bar: &'a Bar, axis: &Axis, y: f64) -> BarBox<'a> {
    let x = axis.x(bar.from).min(RIGHT - BAR_MIN);
    BarBox {
        x: px(x),
        y: px(y),
        width: px((axis.x(bar.until) - x).max(BAR_MIN)),
        class: bar.look.class(),
        open: bar.open,
        title: &bar.title,
    }
}

fn band_box<'a>(band: &'a Band, axis: &Axis) -> BandBox<'a> {
    let x = axis.x(band.from);
    BandBox {
        x: px(x),
        width: px((axis.x(band.until) - x).max(1.0)),
        class: band.look.class(),
        title: &band.title,
    }
}

/// Labels are put in as many rows as they need so that none covers another. Returns the number of rows, too.
fn place_marks<'a>(timeline: &'a Timeline, axis: &Axis) -> (Vec<MarkBox<'a>>, f64) {
    let mut marks: Vec<&Mark> = timeline.marks.iter().collect();
    marks.sort_by_key(|mark| mark.at);
    let mut rows: Vec<f64> = Vec::new();
    let placed = marks
        .into_iter()
        .map(|mark| {
            let x = axis.x(mark.at);
            let width = CHARACTER * size(mark.label.chars().count()) + 10.0;
            let leftwards = x + width > WIDTH;
            let (start, end) = if leftwards {
                (x - width, x)
            } else {
                (x, x + width)
            };
            let row = rows.iter().position(|taken| *taken <= start);
            let row = row.unwrap_or_else(|| {
                rows.push(0.0);
                rows.len() - 1
            });
            rows[row] = end + 6.0;
            let label_y = LABEL_ROW * size(row) + 14.0;
            MarkBox {
                x: px(x),
                label_x: px(if leftwards { x - 5.0 } else { x + 5.0 }),
                label_y: px(label_y),
                line_top: px(label_y - 10.0),
                anchor: if leftwards { "end" } else { "start" },
                class: match mark.look {
                    MarkLook::Objective => "objective",
                    MarkLook::Pivot => "pivot",
                    MarkLook::Served => "served",
                    MarkLook::Plain => "plain",
                },
                label: &mark.label,
            }
        })
        .collect();
    (placed, size(rows.len()))
}

/// The ticks. A label that would stand on another one, or on that of a folded stretch, is left out.
fn tick_boxes(axis: &Axis, origin: Timestamp) -> Vec<TickBox> {
    let room = 30.0;
    let folds: Vec<(f64, f64)> = axis
        .folds()
        .map(|fold| (fold.x - room, fold.x + fold.width + room))
        .collect();
    let mut free_from = 0.0;
    axis.ticks(origin)
        .into_iter()
        .map(|(seconds, x)| {
            let taken = x < free_from || folds.iter().any(|(from, until)| *from < x && x < *until);
            let label = if taken {
                String::new()
            } else {
                free_from = x + 2.0 * room;
                tick_label(seconds)
            };
            TickBox { x: px(x), label }
        })
        .collect()
}

fn tick_label(seconds: i64) -> String {
    let length = words::figure(Duration::from_secs(seconds.unsigned_abs()));
    match seconds {
        0 => "0".to_owned(),
        1.. => format!("+{length}"),
        _ => format!("-{length}"),
    }
}

fn shorten(label: &str) -> String {
    if label.chars().count() <= LABEL_MAX {
        return label.to_owned();
    }
    let head: String = label.chars().take(LABEL_MAX - 1).collect();
    format!("{}…", head.trim_end())
}

fn size(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
