//! What one seed stands for.

use dr_core::model::{Duration, Mode, RunId};
use dr_core::runbook::lock::{CALL, SKEW};
use dr_core::sim::{Dice, Fault, Moment};

use super::faults::Thrower;
use super::scene::Scene;

/// Sets the dice of draws apart from those of the world, which begin at the seed itself.
const DRAWS: u64 = 0x6f70_6572_0000_0001;

const NAMES: [&str; 4] = ["olga", "paul", "quinn", "rosa"];

/// Everything that is drawn of a trial.
#[derive(Debug, Clone)]
pub struct Draw {
    /// Where it was drawn from.
    pub seed: u64,
    /// Which scene, counted from 0.
    pub scene: usize,
    /// What begins it; nothing where the run is planned.
    pub strike: Vec<Fault>,
    /// From then until people act.
    pub notice: Duration,
    /// How people on call answer.
    pub mood: Mood,
    /// How long each answer takes.
    pub answer: Duration,
    /// The operators.
    pub team: Vec<Person>,
    /// What goes wrong besides.
    pub mishaps: Vec<Mishap>,
}

/// How people on call answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// Three people, who say yes to what people can pass.
    Willing,
    /// One person.
    Alone,
    /// Nobody answers.
    Silent,
    /// They abort what has failed.
    Aborting,
    /// They go on without what has failed.
    Careless,
}

/// What an operator is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// To plan and begin.
    Begin,
    /// To begin by the plan that everybody has: the same command, typed by two.
    BeginShared,
    /// To go on with whatever is open.
    Resume,
}

/// One operator.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub name: &'static str,
    /// When they begin, from the moment at which people act.
    pub begins: Duration,
    /// What with.
    pub errand: Errand,
    /// The run to go on with; the newest when nothing is said.
    pub run: Option<RunId>,
    /// At which call the machine dies.
    pub crash: Option<(u64, Moment)>,
    /// At which call, and how long, the machine stands still between its look at the lease and the call itself.
    pub stop_before: Option<(u64, Duration)>,
    /// When they press Ctrl-C, how often.
    pub interrupt: Option<(Duration, u32)>,
    /// How often they try.
    pub tries: u32,
    /// Whether they take a run back that was taken from them.
    pub stubborn: bool,
}

/// Something that goes wrong.
#[derive(Debug, Clone)]
pub struct Mishap {
    /// When, from the moment at which people act.
    pub at: Duration,
    /// What.
    pub fault: Fault,
    /// How long it lasts, when it does not last until everything is mended.
    pub lasts: Option<Duration>,
}

impl Draw {
    /// The draw of a seed.
    pub fn of(scenes: &[Scene], seed: u64) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ DRAWS);
        // Half of them are failovers, which have the most to lose.
        let scene = [0, 1, 0, 2, 0, 3]
            .get(usize::try_from(seed % 6).expect("below six"))
            .copied()
            .unwrap_or_default();
        let size = usize::try_from(dice.between(2, 4)).expect("a small number");
        let names = &NAMES[..size];
        let mut thrower = Thrower {
            dice: &mut dice,
            direction: &scenes[scene].direction,
            names,
        };
        let strike = match scenes[scene].mode {
            Mode::Unplanned => thrower.strike(),
            Mode::Planned => Vec::new(),
        };
        let mood = match thrower.dice.between(0, 19) {
            0 => Mood::Alone,
            1 => Mood::Silent,
            2 => Mood::Aborting,
            3 => Mood::Careless,
            _ => Mood::Willing,
        };
        let notice = thrower.seconds(30, 300);
        let answer = thrower.seconds(2, 150);
        // Together, or one after another.
        let apart = *thrower.of(&[2, 60, 900]);
        let mut mishaps = Vec::new();
        let team = names
            .iter()
            .enumerate()
            .map(|(place, name)| person(&mut thrower, name, place, apart, &mut mishaps))
            .collect();
        for _ in 0..thrower.dice.between(0, 5) {
            let fault = thrower.any();
            mishaps.push(mishap(&mut thrower, fault, 1800));
        }
        mishaps.sort_by_key(|mishap| mishap.at);
        Self {
            seed,
            scene,
            strike,
            notice,
            mood,
            answer,
            team,
            mishaps,
        }
    }
}

fn mishap(thrower: &mut Thrower<'_>, fault: Fault, within: u64) -> Mishap {
    Mishap {
        at: thrower.seconds(0, within),
        fault,
        lasts: thrower.dice.chance(80).then(|| thrower.seconds(10, 1500)),
    }
}

fn person(
    thrower: &mut Thrower<'_>,
    name: &'static str,
    place: usize,
    apart: u64,
    mishaps: &mut Vec<Mishap>,
) -> Person {
    // A clock is wrong from the beginning.
    if thrower.dice.chance(60) {
        mishaps.push(Mishap {
            at: Duration::ZERO,
            fault: thrower.clock(name),
            lasts: None,
        });
    }
    if thrower.dice.chance(35) {
        let fault = thrower.of_operator(name);
        mishaps.push(mishap(thrower, fault, 600));
    }
    let errand = match (place, thrower.dice.between(0, 3)) {
        (0, 0..=1) => Errand::BeginShared,
        (0, _) => Errand::Begin,
        (_, 0) => Errand::BeginShared,
        (_, 1) => Errand::Begin,
        _ => Errand::Resume,
    };
    let moments = [Moment::Before, Moment::Unanswered, Moment::After];
    let crash = thrower
        .dice
        .chance(30)
        .then(|| (thrower.dice.between(1, 400), *thrower.of(&moments)));
    // What the lock promises to cover: the margin of who takes over, by the worst pair of clocks.
    let longest = (SKEW + CALL).as_millis();
    let stop_before = thrower.dice.chance(30).then(|| {
        let lasts = Duration::from_millis(thrower.dice.between(1000, longest));
        (thrower.dice.between(1, 400), lasts)
    });
    let interrupt = thrower.dice.chance(10).then(|| {
        let presses = u32::from(thrower.dice.chance(50)) + 1;
        (thrower.seconds(5, 900), presses)
    });
    Person {
        name,
        begins: thrower.seconds(0, apart),
        errand,
        run: None,
        crash,
        stop_before,
        interrupt,
        tries: u32::try_from(thrower.dice.between(2, 6)).expect("a small number"),
        stubborn: thrower.dice.chance(50),
    }
}
