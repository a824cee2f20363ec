//! Runs an operation in a process of its own under strace, which lists its system calls or interferes with one of them.

use super::operations::Outcome;
use std::path::Path;
use std::process::Command;

/// System calls that change files, or that decide who may.
const CALLS: &str = "openat,write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,mkdir,mkdirat,flock";

/// One system call of an operation that touches its folder.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Which call of this name of its thread it is, from 1.
    pub(crate) nth: usize,
    /// The line that strace prints.
    pub(crate) line: String,
}

/// What is done at a call.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// The process is killed instead of making the call.
    Kill,
    /// The call fails.
    Error(&'static str),
}

/// How the process ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    /// The operation returned an error of the library.
    Refused(String),
    Killed,
    /// A panic, or any other end.
    Crashed(String),
}

/// The calls of an operation on the files in `folder`, in order.
pub(crate) fn list(operation: &str, folder: &Path) -> Outcome<Vec<Call>> {
    let log = tempfile::NamedTempFile::new()?;
    let strace = ["strace", "-f", "-y", "-e", &format!("trace={CALLS}"), "-o"].map(str::to_owned);
    let ended = run(&strace, log.path(), operation, folder)?;
    if ended != Ended::Done {
        return Err(format!("{operation} without a fault: {ended:?}").into());
    }
    let mut counts = std::collections::HashMap::new();
    let mut calls = Vec::new();
    for line in std::fs::read_to_string(log.path())?.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let Some((name, _)) = call.split_once('(').filter(|(name, _)| !name.contains(['<', '+'])) else {
            continue;
        };
        let nth = counts.entry((thread.to_owned(), name.to_owned())).and_modify(|n| *n += 1).or_insert(1);
        let reads = name == "openat" && !call.contains("O_CREAT");
        if call.contains(&*folder.to_string_lossy()) && !reads {
            calls.push(Call { name: name.to_owned(), nth: *nth, line: call.to_owned() });
        }
    }
    Ok(calls)
}

/// Runs an operation, and interferes with one of its calls.
pub(crate) fn interrupt(operation: &str, folder: &Path, call: &Call, fault: Fault) -> Outcome<Ended> {
    let what = match fault {
        Fault::Kill => "signal=KILL".to_owned(),
        Fault::Error(code) => format!("error={code}"),
    };
    let Call { name, nth, .. } = call;
    // Without --seccomp-bpf, with which strace 6.1 sends no signal.
    let strace = ["strace", "-f", "-e", &format!("trace={name}"), "-e"].map(str::to_owned);
    let inject = [format!("inject={name}:{what}:when={nth}"), "-o".to_owned()];
    run(&[&strace[..], &inject].concat(), Path::new("/dev/null"), operation, folder)
}

/// Runs an operation that can write files of at most `bytes`: the write that reaches the limit is short, and the next one fails.
pub(crate) fn limit(operation: &str, folder: &Path, bytes: u64) -> Outcome<Ended> {
    let limited = format!("trap '' XFSZ; exec prlimit --fsize={bytes} \"$@\"");
    run(&["sh", "-c", &limited].map(str::to_owned), Path::new("sh"), operation, folder)
}

fn run(before: &[String], last: &Path, operation: &str, folder: &Path) -> Outcome<Ended> {
    let output = Command::new(&before[0])
        .args(&before[1..])
        .arg(last)
        .arg(std::env::current_exe()?)
        .args(["act", operation])
        .arg(folder)
        // One more thread, for the parallel parts. What writes is the first thread.
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .map_err(|e| format!("{}: {e}", before[0]))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(match (output.status.code(), said.strip_prefix("refused: ")) {
        (Some(0), None) if said == "done" => Ended::Done,
        (Some(0), Some(error)) => Ended::Refused(error.to_owned()),
        // strace ends as the process that it traces.
        (None, _) => Ended::Killed,
        (code, _) => Ended::Crashed(format!("{code:?} {said} {}", String::from_utf8_lossy(&output.stderr))),
    })
}
