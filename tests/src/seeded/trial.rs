//! Whether the suite notices a bug.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Result, bail};

use super::cargo::Ran;
use super::{Bug, Cargo, Copy, Target, TestName};

/// No named test runs longer: a bug that makes one hang is to be caught by another.
const LIMIT: Duration = Duration::from_mins(3);

/// What came of a bug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its test failed, as it should.
    Caught,
    /// Its test passed: the suite does not notice the mistake.
    Survived,
    /// Its patch no longer applies, as git says.
    DoesNotApply(String),
    /// With it the test does not compile, as the compiler says: that proves nothing about the suite.
    DoesNotBuild(String),
    /// The test is not there.
    NoSuchTest,
    /// The test does not pass without the bug either, or is not there.
    FailsAnyway,
    /// The test was ended by force after that long.
    Hangs(Duration),
}

/// One bug, tried.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The bug.
    pub bug: Bug,
    /// What came of it.
    pub verdict: Verdict,
    /// How long that took.
    pub took: Duration,
}

impl Verdict {
    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Survived => "SURVIVED",
            Self::DoesNotApply(_) => "NOT APPLIED",
            Self::DoesNotBuild(_) => "NOT BUILT",
            Self::NoSuchTest => "NO TEST",
            Self::FailsAnyway => "NO PASS",
            Self::Hangs(_) => "HANGS",
        }
    }

    /// What a person does about it; nothing where there is nothing to do.
    pub fn advice(&self, bug: &Bug) -> Option<String> {
        let Bug { name, .. } = bug;
        let test = &bug.caught_by;
        Some(match self {
            Self::Caught => return None,
            Self::Survived => format!(
                "{name}: the test passes although \"{}\". Put the bug in with `git apply tests/bugs/{name}.patch`, run \
                 `tests/run --simulator`, and name a test that fails in its line `Caught-by:`; if none does, write one.",
                bug.breaks
            ),
            Self::DoesNotApply(why) => format!(
                "{name}: its patch no longer applies; make the same mistake in the code as it is now and write it again \
                 with `git diff -U1`.\n{why}"
            ),
            Self::DoesNotBuild(why) => {
                format!(
                    "{name}: a mistake that does not compile proves nothing; mend its patch.\n{why}"
                )
            }
            Self::NoSuchTest => {
                format!(
                    "{name}: there is no test `{test}`; write its new name in the line `Caught-by:`."
                )
            }
            Self::FailsAnyway => format!(
                "{name}: `{test}` is not there or does not pass without the bug: it was not tried."
            ),
            Self::Hangs(limit) => format!(
                "{name}: `{test}` does not end within {} s; name a test that fails.",
                limit.as_secs()
            ),
        })
    }
}

/// Builds and runs the tests that are to catch `bugs`, without any bug, and returns those that pass: a test that fails anyway
/// catches nothing.
///
/// # Errors
/// When cargo cannot be run, or the code does not build.
pub fn untouched(
    cargo: &Cargo,
    bugs: &[Bug],
    tell: &mut dyn FnMut(&str),
) -> Result<BTreeSet<TestName>> {
    let mut binaries: BTreeMap<(&str, &Target), BTreeSet<&TestName>> = BTreeMap::new();
    for test in bugs.iter().map(|bug| &bug.caught_by) {
        binaries.entry(test.binary()).or_default().insert(test);
    }
    let mut pass = BTreeSet::new();
    for (binary, tests) in binaries {
        let place = match binary.1 {
            Target::Lib => format!("tests beside the code of {}", binary.0),
            Target::Test(suite) => format!("tests in {suite} of {}", binary.0),
        };
        let count = tests.len();
        tell(&format!("without a bug: {place}, {count}"));
        if let Err(why) = cargo.build(binary)? {
            bail!("without a bug the {place} do not build:\n{why}");
        }
        let names: Vec<&TestName> = tests.into_iter().collect();
        let Ran::Ended { output, .. } = cargo.run(binary, &names, LIMIT)? else {
            continue;
        };
        let passed = |test: &&&TestName| {
            let line = format!("test {} ... ok", test.name);
            output.lines().any(|said| said == line)
        };
        pass.extend(names.iter().filter(passed).map(|test| (*test).clone()));
    }
    Ok(pass)
}

/// Puts a bug into the copy, runs its test, and takes it out again.
///
/// # Errors
/// When cargo cannot be run or the bug cannot be taken out.
pub fn try_bug(cargo: &Cargo, copy: &Copy, bug: &Bug) -> Result<Verdict> {
    if let Err(why) = copy.put_in(bug) {
        return Ok(Verdict::DoesNotApply(why.to_string()));
    }
    let verdict = judged(cargo, &bug.caught_by);
    copy.take_out(bug)?;
    verdict
}

fn judged(cargo: &Cargo, test: &TestName) -> Result<Verdict> {
    if let Err(why) = cargo.build(test.binary())? {
        return Ok(Verdict::DoesNotBuild(why));
    }
    Ok(match cargo.run(test.binary(), &[test], LIMIT)? {
        Ran::TooLong => Verdict::Hangs(LIMIT),
        Ran::Ended { output, success } => verdict(&output, success),
    })
}

/// Judges by what the test harness prints: exactly one test must have been begun.
fn verdict(output: &str, success: bool) -> Verdict {
    match (output.lines().any(|line| line == "running 1 test"), success) {
        (false, _) => Verdict::NoSuchTest,
        (true, true) => Verdict::Survived,
        (true, false) => Verdict::Caught,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_test_that_was_begun_and_failed_catches_a_bug() {
        let failed = "\nrunning 1 test\ntest a ... FAILED\n";
        assert_eq!(verdict(failed, false), Verdict::Caught);
        let passed = "\nrunning 1 test\ntest a ... ok\n";
        assert_eq!(verdict(passed, true), Verdict::Survived);
        assert_eq!(verdict("\nrunning 0 tests\n", true), Verdict::NoSuchTest);
        // Killed, or never started.
        assert_eq!(verdict("", false), Verdict::NoSuchTest);
    }
}
