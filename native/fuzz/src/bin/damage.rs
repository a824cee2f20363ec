//! `damage [--seed N] [--count N | --full] [--trial N] [--golden FOLDER] [--json]`: runs F1, F2, F3 and F5, and prints figure, limit and
//! verdict of each. Ends with 1 if one of them fails.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use maxsimd_fuzz::damage::{Structure, flips, formats, lengths, quiet_panics, repeat, structure};
use maxsimd_fuzz::memory::Counting;
use maxsimd_fuzz::outcome::Outcome;
use maxsimd_fuzz::subject::Subject;
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const USAGE: &str = "damage [--seed N] [--count N | --full] [--trial N] [--golden FOLDER] [--json]";
/// Trials of each of F1, F2 and F3 by default.
const COUNT: u64 = 20_000;
/// Trials of F3 with `--full`, and searches of each file that is accepted.
const FULL: Structure = Structure { trials: 100_000, searches: 100 };
/// Searches otherwise.
const SEARCHES: usize = 10;

struct Options {
    seed: u64,
    count: u64,
    full: bool,
    trial: Option<u64>,
    golden: PathBuf,
    json: bool,
}

fn options() -> Result<Options, String> {
    let golden = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../binding/testing/golden"));
    let mut options = Options { seed: 1, count: COUNT, full: false, trial: None, golden, json: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut number = || {
            let text = arguments.next().unwrap_or_default();
            text.parse::<u64>().map_err(|_| format!("{name}: expected a whole number, got {text:?}"))
        };
        match name.as_str() {
            "--seed" => options.seed = number()?,
            "--count" => options.count = number()?,
            "--trial" => options.trial = Some(number()?),
            "--golden" => options.golden = arguments.next().unwrap_or_default().into(),
            "--full" => options.full = true,
            "--json" => options.json = true,
            other => return Err(format!("expected {USAGE}, got {other:?}")),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<bool, Box<dyn std::error::Error>> {
    let subjects = Subject::all()?;
    quiet_panics();
    let searches = if options.full { FULL.searches } else { SEARCHES };
    if let Some(number) = options.trial {
        return Ok(show(options, &[repeat(&subjects, options.seed, number, searches)?]));
    }
    let count = (!options.full).then_some(options.count);
    let how = if options.full { FULL } else { Structure { trials: options.count, searches } };
    let outcomes = [
        flips(&subjects, options.seed, count)?,
        lengths(&subjects, options.seed, count)?,
        structure(&subjects, options.seed, how)?,
        formats(&options.golden)?,
    ];
    Ok(show(options, &outcomes))
}

/// Prints the outcomes, and returns whether all pass.
fn show(options: &Options, outcomes: &[Outcome]) -> bool {
    if options.json {
        let json = serde_json::json!({ "seed": options.seed, "full": options.full, "outcomes": outcomes });
        println!("{json}");
    }
    for outcome in outcomes.iter().filter(|_| !options.json) {
        println!("{} {}: {}", outcome.id, if outcome.pass { "pass" } else { "FAIL" }, outcome.test);
        let figures: Vec<String> =
            outcome.figures.iter().map(|(name, value)| format!("{name} {value}")).collect();
        println!("   {}\n   limit: {}", figures.join(", "), outcome.limit);
        outcome.failures.iter().for_each(|failure| println!("   {failure}"));
    }
    outcomes.iter().all(|outcome| outcome.pass)
}

fn main() -> ExitCode {
    let result = options().map_err(Into::into).and_then(|options| run(&options));
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("damage: {error}");
            ExitCode::from(2)
        }
    }
}
