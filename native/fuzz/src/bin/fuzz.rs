//! `fuzz [--seconds N | --cases N] [--seed N] [--first N] [--target NAME …] [--json]`: changes inputs of every parser at random, for so long or
//! so many cases each, from case `--first` on. Ends with 1 after a failure, which `--target`, `--seed`, `--first` and `--cases 1` repeat.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use maxsimd_fuzz::damage::quiet_panics;
use maxsimd_fuzz::memory::Counting;
use maxsimd_fuzz::targets::{ALL, Until, fuzz};
use std::process::ExitCode;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn run() -> Result<bool, Box<dyn std::error::Error>> {
    let (mut seed, mut first, mut until, mut json) = (1, 0, Until::Time(Duration::from_secs(10)), false);
    let mut targets = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--json" {
            json = true;
            continue;
        }
        let value = arguments.next().unwrap_or_default();
        let number =
            || value.parse::<u64>().map_err(|_| format!("{name}: expected a whole number, got {value:?}"));
        match name.as_str() {
            "--seconds" => until = Until::Time(Duration::from_secs(number()?)),
            "--cases" => until = Until::Cases(number()?),
            "--seed" => seed = number()?,
            "--first" => first = number()?,
            "--target" if ALL.iter().any(|target| target.name == value) => targets.push(value),
            "--target" => {
                let names: Vec<&str> = ALL.iter().map(|target| target.name).collect();
                return Err(format!("--target: expected one of {}, got {value:?}", names.join(", ")).into());
            }
            other => {
                return Err(format!(
                    "expected --seconds, --cases, --seed, --first, --target or --json, got {other:?}"
                )
                .into());
            }
        }
    }
    quiet_panics();
    let outcome = fuzz(&targets, seed, first, until)?;
    if json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else {
        println!("{}: {:?}", if outcome.pass { "pass" } else { "FAIL" }, outcome.figures);
        outcome.failures.iter().for_each(|failure| println!("  {failure}"));
    }
    Ok(outcome.pass)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz: {error}");
            ExitCode::from(2)
        }
    }
}
