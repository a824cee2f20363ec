//! The pages of the running program's own file.

use std::path::Path;

use crate::{Error, Result};

/// Gives back to the kernel what is resident of the running program's own file, code and constants: they stay in the page
/// cache, and those that are still needed come back as they are touched, 16 at a time. Starting touches much that running
/// never does: of Node's file about half. Returns the number of bytes that were resident.
///
/// Does nothing elsewhere than on Linux, or in a program that runs from copied, huge pages.
///
/// # Errors
/// [`Error::Io`] if `/proc/self` cannot be read, or the system refuses.
#[cfg(target_os = "linux")]
pub fn release_program_pages() -> Result<u64> {
    use procfs::process::{MMPermissions, MMapPath, Process};
    use rustix::mm::{Advice, madvise};

    let unread = |e: procfs::ProcError| Error::io(Path::new("/proc/self"), "read", std::io::Error::other(e));
    let process = Process::myself().map_err(unread)?;
    let program = process.exe().map_err(unread)?;
    let mappings = process.smaps().map_err(unread)?;
    // The image as the kernel laid it out: from the beginning of the file up to the data. What a runtime maps of the same
    // file later lies elsewhere, and may go again.
    let image = mappings
        .iter()
        .skip_while(|mapping| mapping.offset != 0 || mapping.pathname != MMapPath::Path(program.clone()))
        .take_while(|mapping| mapping.pathname == MMapPath::Path(program.clone()))
        .take_while(|mapping| !mapping.perms.contains(MMPermissions::WRITE));
    let mut released = 0;
    for mapping in image {
        let size = |name: &str| mapping.extension.map.get(name).copied();
        // Pages that were written once, as relocations and breakpoints are, are in no file.
        if size("Anonymous") != Some(0) {
            continue;
        }
        let (begin, end) = mapping.address;
        // SAFETY: the kernel mapped this range of the program's image for as long as the process lives. It is not writable and
        // holds no page of its own, so that a page that is read again is the file's, and the same.
        unsafe { madvise(begin as usize as *mut _, (end - begin) as usize, Advice::LinuxDontNeed) }
            .map_err(|e| Error::io(&program, "release the pages of", e.into()))?;
        released += size("Rss").unwrap_or(0);
    }
    Ok(released)
}

/// Does nothing on this system.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn release_program_pages() -> Result<u64> {
    Ok(0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_program_runs_on_after_its_pages_were_given_back() {
        // Its own code, which runs, is always resident.
        assert!(release_program_pages().unwrap() > 0);
        assert!(release_program_pages().unwrap() > 0);
    }
}
