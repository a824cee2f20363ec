//! Whether an operation would survive a power failure: what reached the disk is judged by the order of its system calls.
//!
//! ```text
//! rename of a file    it was synced after its last write, so the new name never holds part of it
//! next rename, or end the folder of the rename before was synced, so names become durable in the order of the renames
//! ```

use super::tracer::Call;

/// The breaches of these rules, as sentences.
pub(crate) fn breaches(calls: &[Call]) -> Vec<String> {
    let mut breaches = Vec::new();
    for (at, call) in calls.iter().enumerate().filter(|(_, call)| call.name.starts_with("rename")) {
        let paths = quoted(&call.line);
        let [from, to] = &paths[..] else {
            breaches.push(format!("a rename of {} paths: {}", paths.len(), call.line));
            continue;
        };
        let of_file = |c: &Call, path: &str| c.line.contains(&format!("<{path}>"));
        let last = calls[..at]
            .iter()
            .rev()
            .find(|c| is_write(c) && of_file(c, from) || is_sync(c) && of_file(c, from));
        // A file that was renamed before was synced under its first name.
        let renamed =
            calls[..at].iter().any(|c| c.name.starts_with("rename") && quoted(&c.line).get(1) == Some(from));
        if !(renamed || last.is_some_and(is_sync)) {
            breaches.push(format!("not synced before: {}", call.line));
        }
        let folder = to.rsplit_once('/').map_or("", |(folder, _)| folder);
        let until = calls[at + 1..].iter().take_while(|c| !c.name.starts_with("rename"));
        if !until.clone().any(|c| is_sync(c) && of_file(c, folder)) {
            breaches.push(format!("its folder is not synced after: {}", call.line));
        }
    }
    breaches
}

fn is_write(call: &Call) -> bool {
    matches!(&*call.name, "write" | "pwrite64" | "writev" | "ftruncate")
}

fn is_sync(call: &Call) -> bool {
    matches!(&*call.name, "fsync" | "fdatasync")
}

/// The texts in quotes of a line of strace.
fn quoted(line: &str) -> Vec<String> {
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}
