//! What `dr drift` is held to: it finds what makes a standby unable to take over, is silent on what makes no difference, pairs
//! things whatever they are called, says what it could not read, and says the same each time. On pairs of sites that are made
//! from seeds (`dr_tests::twins`). The figures are printed: `cargo test --test drift_corpus -- --nocapture`. With
//! `DR_CORPUS_SEED=1000000` the seeds begin there: pairs of sites that nobody had seen when the rules were written.
#![expect(clippy::disallowed_macros, reason = "the figures are printed")]
#![expect(
    clippy::disallowed_methods,
    reason = "the first seed is asked for by the environment"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use dr_core::drift::{FindingId, Verdict, counterparts, examine};
use dr_core::model::{EstateScan, ResourceKind as Kind, SiteScan};
use dr_core::sim::Dice;
use dr_tests::twins::mutate::{self, Operator};
use dr_tests::twins::{SIDES, Style, Twins, benign, kinds, noise, side_by_side, told};

fn percent(part: usize, of: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let percent = part as f64 / of.max(1) as f64 * 100.0;
    format!("{percent:.2} %")
}

/// The seed of a pair, from the first one on.
fn seed(number: usize) -> u64 {
    static FIRST: LazyLock<u64> = LazyLock::new(|| match std::env::var("DR_CORPUS_SEED") {
        Ok(first) => first.parse().expect("DR_CORPUS_SEED is a number"),
        Err(_) => 0,
    });
    *FIRST + number as u64
}

#[test]
fn twins_have_every_part_of_a_stack_and_are_in_sync() {
    let twins = Twins::new(Style::drawn(1));
    let seen: BTreeSet<Kind> = SIDES
        .iter()
        .flat_map(|side| kinds(&twins.sides[*side]))
        .collect();
    assert!(seen.len() >= 35, "{seen:?}");
    for report in side_by_side(200, |number| {
        Twins::new(Style::drawn(seed(number))).examine()
    }) {
        assert_eq!(report.verdict, Verdict::InSync, "{}", told(&report));
    }
}

#[test]
fn a_primary_in_more_zones_than_the_standby_can_have_is_in_sync() {
    for report in side_by_side(60, |number| {
        let style = Style {
            zones: [3, 2],
            ..Style::drawn(seed(number) + 700)
        };
        Twins::new(style).examine()
    }) {
        assert_eq!(report.verdict, Verdict::InSync, "{}", told(&report));
    }
}

/// What came of the mutants of one operator on one side.
#[derive(Default)]
struct Line {
    mutants: usize,
    found: usize,
    weighed: usize,
    extra: usize,
    findings: usize,
    raw: usize,
    stripped: usize,
    failure: Option<String>,
}

/// Pairs of sites that each operator is put to.
const PAIRS: usize = 10;

fn line(operator: &Operator, side: usize, pairs: &[Twins]) -> Line {
    let mut line = Line::default();
    for (number, twins) in pairs.iter().enumerate() {
        let mut dice = Dice::new(seed(number));
        let Some(mutant) = operator.apply(twins, side, &mut dice) else {
            continue;
        };
        let report = mutant.twins.examine();
        let verdict = mutant.judge(twins, &report);
        let ids: BTreeSet<&FindingId> = report.findings.iter().map(|entry| &entry.id).collect();
        assert_eq!(
            ids.len(),
            report.findings.len(),
            "each finding has an id of its own"
        );
        line.mutants += 1;
        line.found += usize::from(verdict.is_found);
        line.weighed += usize::from(verdict.is_weighed);
        line.extra += verdict.extra;
        line.findings += report.findings.len();
        if number < 2 {
            let scan = mutant.twins.scan();
            line.raw += noise::raw(&scan);
            line.stripped += noise::stripped(&scan);
        }
        if !verdict.is_found || !verdict.is_weighed || verdict.extra > 0 {
            let text = format!(
                "{} on side {side}, pair {number}, {:?}: {}",
                operator.name,
                mutant.on,
                told(&report)
            );
            line.failure.get_or_insert(text);
        }
    }
    line
}

#[test]
fn seeded_differences_are_found_by_the_right_rule_and_told_once() {
    let operators = mutate::operators();
    let pairs: Vec<Twins> = (0..PAIRS)
        .map(|number| Twins::new(Style::drawn(seed(number))))
        .collect();
    let lines = side_by_side(operators.len() * 2, |number| {
        line(&operators[number / 2], number % 2, &pairs)
    });
    let sum = |of: &dyn Fn(&Line) -> usize| lines.iter().map(of).sum::<usize>();
    let mutants = sum(&|line| line.mutants);
    let touched: BTreeSet<Kind> = operators.iter().map(|operator| operator.kind).collect();
    let blocking: Vec<(&Operator, &Line)> = lines
        .iter()
        .enumerate()
        .filter(|(number, line)| operators[number / 2].blocks[number % 2] && line.mutants > 0)
        .map(|(number, line)| (&operators[number / 2], line))
        .collect();
    let names: BTreeSet<&str> = blocking.iter().map(|(operator, _)| operator.name).collect();
    let blocking_mutants: usize = blocking.iter().map(|(_, line)| line.mutants).sum();
    let blocking_found: usize = blocking
        .iter()
        .map(|(_, line)| line.found.min(line.weighed))
        .sum();
    let found = sum(&|line| line.found);
    println!(
        "operators {} ({} of them block), on {} kinds",
        operators.len(),
        names.len(),
        touched.len()
    );
    println!(
        "mutants {mutants}, found by a right rule on the right thing {found}: {}",
        percent(found, mutants)
    );
    println!(
        "weighed rightly {}",
        percent(sum(&|line| line.weighed), mutants)
    );
    println!(
        "blocking mutants {blocking_mutants}, told as blocking {}",
        percent(blocking_found, blocking_mutants)
    );
    println!("findings besides the one: {}", sum(&|line| line.extra));
    let measured = lines.iter().map(|line| line.mutants.min(2)).sum::<usize>();
    println!(
        "of {measured} mutants: findings {measured}, leaves of a raw JSON diff {}, of one without ids {}",
        sum(&|line| line.raw),
        sum(&|line| line.stripped)
    );
    let failures: Vec<&String> = lines
        .iter()
        .filter_map(|line| line.failure.as_ref())
        .collect();
    for failure in &failures {
        println!("{failure}");
    }
    assert!(operators.len() >= 60 && names.len() >= 30 && touched.len() >= 25 && mutants >= 2_500);
    assert!(found * 1_000 >= mutants * 995, "recall");
    assert_eq!(
        blocking_found, blocking_mutants,
        "recall of what stops a failover"
    );
    assert!(
        sum(&|line| line.extra) * 100 <= mutants,
        "each difference is told once: {failures:#?}"
    );
    assert!(
        measured * 100 <= sum(&|line| line.raw),
        "noise against a raw diff"
    );
    assert!(
        measured * 10 <= sum(&|line| line.stripped),
        "noise against a diff without ids"
    );
}

/// How many variants of pairs in sync are looked at.
const VARIANTS: usize = 5_000;

#[test]
fn what_makes_no_difference_is_not_told() {
    let variants = side_by_side(VARIANTS, |number| {
        let mut dice = Dice::new(seed(number) ^ 0x6265_6e69);
        let mut twins = Twins::new(Style::drawn(seed(number) + 1_000));
        let mut edits = Vec::new();
        // Each edit alone first, then several on top of each other.
        let (several, first) = (number >= VARIANTS / 2, number % benign::EDITS.len());
        let edit = |twins: &mut Twins, edit: &benign::Edit, dice: &mut Dice| {
            let side = usize::from(dice.chance(50));
            edit.apply(twins, side, dice);
        };
        edit(&mut twins, &benign::EDITS[first], &mut dice);
        edits.push(benign::EDITS[first].name);
        while several && edits.len() < 6 {
            let last = benign::EDITS.len() as u64 - 1;
            let drawn = usize::try_from(dice.between(0, last)).expect("an index");
            edit(&mut twins, &benign::EDITS[drawn], &mut dice);
            edits.push(benign::EDITS[drawn].name);
        }
        let report = twins.examine();
        (report.verdict != Verdict::InSync).then(|| {
            format!(
                "variant {number}, {edits:?}: {}{:?}",
                told(&report),
                report.unknown.first()
            )
        })
    });
    let false_ones: Vec<&String> = variants.iter().flatten().collect();
    println!(
        "benign variants {VARIANTS}, with a false finding {}: {}",
        false_ones.len(),
        percent(false_ones.len(), VARIANTS)
    );
    for one in false_ones.iter().take(12) {
        println!("{one}");
    }
    assert!(false_ones.len() * 1_000 <= VARIANTS);
}

/// How the things of one pair of sites were paired.
struct Paired {
    truth: usize,
    found: usize,
    right: usize,
    /// Pairs that were missed, and of which no finding says a word.
    silent: usize,
    missed: Vec<Kind>,
}

#[test]
fn things_are_paired_whatever_they_are_called_and_what_is_not_paired_is_told() {
    let measured = side_by_side(300, |number| {
        let mut twins = Twins::new(Style::drawn(seed(number) + 50_000));
        let mut dice = Dice::new(seed(number));
        for side in SIDES {
            benign::shake(&mut twins, side, &mut dice);
        }
        let scan = shuffled(&twins.scan(), &mut dice);
        let found = counterparts(&twins.estate, &twins.direction(), &scan).expect("both sites");
        let found: BTreeSet<_> = found
            .into_iter()
            .map(|pair| (pair.kind, pair.primary, pair.standby))
            .collect();
        let truth = twins.truth();
        let report = twins.examine();
        let told: BTreeSet<&str> = report
            .findings
            .iter()
            .flat_map(|entry| {
                entry
                    .evidence
                    .values()
                    .filter_map(|evidence| evidence.id.as_deref())
            })
            .chain(report.unknown.iter().filter_map(|gap| gap.about.as_deref()))
            .collect();
        let missed: Vec<_> = truth.difference(&found).cloned().collect();
        let silent = missed.iter().filter(|(_, one, other)| {
            !told.contains(one.as_str()) && !told.contains(other.as_str())
        });
        Paired {
            truth: truth.len(),
            found: found.len(),
            right: truth.intersection(&found).count(),
            silent: silent.count(),
            missed: missed.iter().map(|(kind, ..)| *kind).collect(),
        }
    });
    let sum = |of: fn(&Paired) -> usize| measured.iter().map(of).sum::<usize>();
    let (truth, found) = (sum(|one| one.truth), sum(|one| one.found));
    let right = sum(|one| one.right);
    let mut missed: BTreeMap<Kind, usize> = BTreeMap::new();
    for kind in measured.iter().flat_map(|one| &one.missed) {
        *missed.entry(*kind).or_default() += 1;
    }
    println!(
        "pairs {truth}, found {found}, rightly {right}: F1 {}; missed {missed:?}, of these without a word {}",
        percent(2 * right, truth + found),
        sum(|one| one.silent)
    );
    assert!(2 * right * 100 >= (truth + found) * 99, "F1");
}

fn shuffled(scan: &EstateScan, dice: &mut Dice) -> EstateScan {
    let mut scan = scan.clone();
    for site in scan.sites.values_mut() {
        for at in (1..site.resources.len()).rev() {
            let other = usize::try_from(dice.between(0, at as u64)).expect("an index");
            site.resources.swap(at, other);
        }
    }
    scan
}

#[test]
fn the_same_scan_gives_the_same_bytes_in_whatever_order_it_stands() {
    let operators = mutate::operators();
    let differing = side_by_side(200, |number| {
        let twins = Twins::new(Style {
            numbered: false,
            ..Style::drawn(seed(number))
        });
        let mut dice = Dice::new(seed(number));
        let mutant = operators[number % operators.len()].apply(&twins, 1, &mut dice);
        let mut twins = mutant.map_or(twins, |mutant| mutant.twins);
        benign::shake(&mut twins, number % 2, &mut dice);
        let scan = twins.scan();
        let bytes = |scan: &EstateScan| {
            let report =
                examine(&twins.estate, &twins.direction(), scan, None).expect("both sites");
            serde_json::to_string(&report).expect("JSON")
        };
        let first = bytes(&scan);
        (0..5)
            .filter(|_| bytes(&shuffled(&scan, &mut dice)) != first)
            .count()
    });
    assert_eq!(differing.iter().sum::<usize>(), 0, "of 1000 runs");
}

#[test]
fn an_unchanged_scan_told_again_has_nothing_new() {
    let again = side_by_side(100, |number| {
        let twins = Twins::new(Style::drawn(seed(number) + 9_000));
        let mut scan = twins.scan();
        let first = examine(&twins.estate, &twins.direction(), &scan, None).expect("both sites");
        for part in scan.sites.values_mut() {
            let SiteScan { at, calls, .. } = part;
            *at += std::time::Duration::from_secs(300);
            *calls += 1;
        }
        let second = examine(&twins.estate, &twins.direction(), &scan, None).expect("both sites");
        (first.findings, second.findings)
    });
    assert!(
        again
            .iter()
            .all(|(first, second)| first.is_empty() && second.is_empty())
    );
}
