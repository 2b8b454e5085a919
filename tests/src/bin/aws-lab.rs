//! `cargo aws-lab`: leaves the AWS laboratory running, for people who want to lose a region on their laptop
//! (`docs/aws-lab.md`). With `--stacks` it only applies the stacks, for which `dr` need not be built, and says where they are.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use dr_tests::laboratory::{Base, Places, Story};

/// The faults of a lost region: it answers nothing, and what is administered in us-east-1 cannot be changed.
const LOST_REGION: &str = r#"[
  { "region": "us-east-2", "mode": "hang" },
  { "service": "route53", "mode": "503" },
  { "service": "iam", "mode": "503" }
]
"#;

#[expect(
    clippy::disallowed_methods,
    reason = "how long a person waited is measured by the clock on the wall"
)]
fn main() -> Result<()> {
    let began = Instant::now();
    let places = Places::find()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {}
        ["--stacks"] => return stacks(&Base::start(&places)?),
        _ => bail!(
            "what is to be done with {arguments:?}? next: cargo aws-lab, or cargo aws-lab --stacks"
        ),
    }
    places.dr()?;
    let base = Base::start(&places)?;
    let story = base.story("yours")?;
    let folder = story.folder();
    fs::write(folder.join("environment"), environment(&story)?)?;
    fs::write(folder.join("lost-region.json"), LOST_REGION)?;
    fs::write(folder.join("no-faults.json"), "[]\n")?;
    let mut out = io::stdout();
    writeln!(
        out,
        "laboratory: ready after {} s",
        began.elapsed().as_secs()
    )?;
    writeln!(out, "{}", what_to_try(folder, story.port()))?;
    writeln!(
        out,
        "The stories of the test can start here, too: `-- {}`",
        as_argument(&base)
    )?;
    out.flush()?;
    until_told()
    // The story's server, the server that it was copied from and their folder end here.
}

/// Says where stories can start, as the one line that it prints, and keeps it.
fn stacks(base: &Base) -> Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{}", as_argument(base))?;
    out.flush()?;
    until_told()
}

/// What tells the stories of the test to start here.
fn as_argument(base: &Base) -> String {
    format!("--base={}:{}", base.port(), base.folder().display())
}

/// Waits for Ctrl-C or for the signal of a service manager.
fn until_told() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        Ok(())
    })
}

/// A file for a shell to read: `dr` is found, and `dr` and Terraform find the laboratory.
fn environment(story: &Story) -> Result<String> {
    let dr = Path::new(story.command(&[]).get_program()).to_owned();
    let programs = dr.parent().context("dr stands in a folder")?;
    let mut lines = format!(
        "export PATH={}:\"$PATH\"\n",
        quoted(&programs.to_string_lossy())
    );
    for (name, value) in story.environment() {
        lines += &match value {
            Some(value) => format!("export {name}={}\n", quoted(&value)),
            None => format!("unset {name}\n"),
        };
    }
    Ok(lines)
}

/// A word of a POSIX shell that means exactly this text.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn what_to_try(folder: &Path, port: u16) -> String {
    let server = format!("http://127.0.0.1:{port}");
    format!(
        "\
In another terminal:

  cd {folder} && . ./environment

  dr estate check                            the estate, bound to what stands in the laboratory
  dr discover                                both sites as AWS tells them
  dr plan failover                           what would be done, and by which calls

  curl -sd @lost-region.json {server}/lab/faults
                                             us-east-2 hangs, Route 53 and IAM refuse
  curl -s '{server}/v1/clients?over_s=10'    what clients feel of it
  dr failover                                clients are served by california; the run holds until ohio is back

  curl -sd @no-faults.json {server}/lab/faults
                                             the region returns
  dr run list                                the run that holds
  dr run resume RUN                          fences and sets aside the old primary, protects the new one
  dr failback                                takes service home
  terraform -chdir=terraform/us-east-2 plan  nothing to change

  curl -s {server}/lab/calls                 every call that the server saw
  curl -s {server}/lab/truth                 what stands in it

Ctrl-C here ends the laboratory and removes its folder.
",
        folder = folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_text_as_it_was() {
        for text in ["plain", "with space", "it's", "$HOME `id` \"x\" \\", ""] {
            let said = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quoted(text))])
                .output()
                .expect("every system that this runs on has a shell");
            assert_eq!(String::from_utf8_lossy(&said.stdout), text);
        }
    }
}
