//! What changes a collection is killed at every system call that changes a file, and each of these calls fails in every way:
//! `npm run faults [-- --json] [operation…]`. Needs strace, so it is not among the tests that `cargo test` runs by itself.
//!
//! ```text
//! for each operation (build, save, upsert, delete, compaction, removal, swap):
//!     old, new ← what a reader finds before and after it
//!     for each of its system calls:
//!         run it on a copy of the collection, killed instead of making the call:    a reader finds old or new
//!         run it, the call fails with ENOSPC, EIO or EINTR:                         an error of the library and old, or new
//!         after each: the same operation succeeds, and no temporary file stays
//!     for several limits of the size of a file: writes are short and then fail:     as above
//!     the order of its writes, syncs and renames survives a power failure
//! ```

mod durability;
mod operations;
mod tracer;

use operations::{OPERATIONS, Operation, Outcome};
use std::fs;
use std::path::{Path, PathBuf};
use tracer::{Call, Ended, Fault};

const ERRORS: [&str; 3] = ["ENOSPC", "EIO", "EINTR"];
/// Limits of a file's size in bytes: nothing, part of a header, within the sections.
const LIMITS: [u64; 5] = [0, 100, 3000, 6000, 20_000];

/// The results of one kind of fault.
#[derive(Default)]
struct Tally {
    runs: usize,
    wrong: Vec<String>,
}

#[allow(clippy::print_stdout, reason = "a program's output")]
fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [act, operation, folder] = &arguments[..]
        && act == "act"
    {
        match Operation::find(operation)?.act(Path::new(folder)) {
            Ok(()) => println!("done"),
            Err(error) => println!("refused: {error}"),
        }
        return Ok(());
    }
    let json = arguments.iter().any(|argument| argument == "--json");
    let named: Vec<&String> = arguments.iter().filter(|argument| *argument != "--json").collect();
    for name in &named {
        Operation::find(name)?;
    }
    let (mut kills, mut errors) = (Tally::default(), Tally::default());
    for operation in
        OPERATIONS.iter().filter(|o| named.is_empty() || named.iter().any(|name| *name == o.name))
    {
        let (killed, failed) = (kills.runs, errors.runs);
        let scene = Scene::new(operation)?;
        let calls = scene.calls()?;
        let unsafe_orders = durability::breaches(&calls);
        kills.wrong.extend(unsafe_orders.into_iter().map(|breach| format!("{}: {breach}", operation.name)));
        for call in &calls {
            scene.run(&mut kills, &format!("killed at {}", call.line), |folder| match tracer::interrupt(
                operation.name,
                folder,
                call,
                Fault::Kill,
            )? {
                Ended::Killed => Ok(Ended::Killed),
                other => Err(format!("{}: not killed but {other:?}: {}", operation.name, call.line).into()),
            })?;
            for error in ERRORS {
                scene.run(&mut errors, &format!("{error} of {}", call.line), |folder| {
                    tracer::interrupt(operation.name, folder, call, Fault::Error(error))
                })?;
            }
        }
        for bytes in LIMITS {
            scene.run(&mut errors, &format!("files of at most {bytes} bytes"), |folder| {
                tracer::limit(operation.name, folder, bytes)
            })?;
        }
        if !json {
            println!("{}: {} kills, {} errors", operation.name, kills.runs - killed, errors.runs - failed);
        }
    }
    let row = |id: &str, what: &str, tally: &Tally| {
        let figure = format!("{} of {} {what}", tally.wrong.len(), tally.runs);
        serde_json::json!({ "id": id, "runs": tally.runs, "figure": figure, "ok": tally.wrong.is_empty() && tally.runs > 0, "wrong": tally.wrong })
    };
    let rows = [
        row("S1", "kills left neither the old nor the new state", &kills),
        row("S2", "errors were without a type or changed what was stored", &errors),
    ];
    if json {
        println!("{}", serde_json::Value::from(rows.to_vec()));
    } else {
        kills.wrong.iter().chain(&errors.wrong).for_each(|wrong| println!("WRONG {wrong}"));
        rows.iter().for_each(|row| println!("{}: {}", row["id"], row["figure"]));
    }
    if rows.iter().all(|row| row["ok"] == true) {
        Ok(())
    } else {
        Err("a fault had an effect that it must not have".into())
    }
}

/// An operation, the collection that it finds, and what a reader finds before and after it.
struct Scene {
    operation: &'static Operation,
    template: tempfile::TempDir,
    old: String,
    new: String,
}

impl Scene {
    fn new(operation: &'static Operation) -> Outcome<Self> {
        let template = tempfile::tempdir()?;
        operation.prepare(template.path())?;
        let old = operation.found(template.path())?;
        let after = tempfile::tempdir()?;
        copy(template.path(), after.path())?;
        operation.act(after.path())?;
        let new = operation.found(after.path())?;
        Ok(Self { operation, template, old, new })
    }

    fn calls(&self) -> Outcome<Vec<Call>> {
        let folder = self.copy()?;
        let calls = tracer::list(self.operation.name, folder.path())?;
        if calls.is_empty() { Err("strace shows no calls".into()) } else { Ok(calls) }
    }

    fn copy(&self) -> Outcome<tempfile::TempDir> {
        let folder = tempfile::tempdir()?;
        copy(self.template.path(), folder.path())?;
        Ok(folder)
    }

    /// Runs the operation with a fault, and judges what it left.
    fn run(&self, tally: &mut Tally, what: &str, run: impl Fn(&Path) -> Outcome<Ended>) -> Outcome<()> {
        let folder = self.copy()?;
        let path: PathBuf = folder.path().to_path_buf();
        let ended = run(&path)?;
        tally.runs += 1;
        let mut wrong =
            |problem: String| tally.wrong.push(format!("{}, {what}: {problem}", self.operation.name));
        match self.operation.found(&path) {
            Err(error) => wrong(format!("{ended:?}, and then {error}")),
            Ok(found) => {
                let (is_old, is_new) = (found == self.old, found == self.new);
                let right = match &ended {
                    Ended::Done => is_new,
                    Ended::Killed => is_old || is_new,
                    // The last step of all is to sync the folder of the pointer, which holds the new state by then.
                    Ended::Refused(error) => is_old || is_new && error.contains("sync"),
                    Ended::Crashed(_) => false,
                };
                if !right {
                    let state = if is_old {
                        "old"
                    } else if is_new {
                        "new"
                    } else {
                        "other"
                    };
                    wrong(format!("{ended:?} with the {state} state"));
                }
            }
        }
        match self.operation.litter(&path) {
            Err(error) => wrong(format!("{ended:?}; again: {error}")),
            Ok(litter) if !litter.is_empty() => wrong(format!("{ended:?}; {} stay", litter.join(", "))),
            Ok(_) => match self.operation.found(&path) {
                Ok(found) if found == self.new => {}
                Ok(_) => wrong(format!("{ended:?}; again: another state")),
                Err(error) => wrong(format!("{ended:?}; again: {error}")),
            },
        }
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> Outcome<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
