//! A guard against bus errors in mapped files.
//!
//! When a mapped file is cut short, or its disk fails, the pages that are gone still have addresses. Reading one raises SIGBUS, whose
//! default action ends the process. This module keeps a table of guarded ranges and a handler for that signal:
//!
//! ```text
//! on SIGBUS with the address a:
//!     if the kernel raised it for a memory access, and a lies in a guarded range:
//!         set the range's flag `damaged`
//!         map zero pages over the range, from the page of a to its end
//!         return: the instruction runs again and reads zeros
//!     otherwise: do what was to be done before the handler was installed; by default the process ends, as it would have
//! ```
//!
//! The reader goes on with zeros and does not notice. So whatever reads a guarded range asks [`GuardedRange::is_damaged`] when it is done,
//! and throws away what it computed if the answer is yes. The flag is set before the zeros appear and never cleared.
//!
//! # Why this is sound
//!
//! - **What runs in the handler.** Atomic loads and stores, `mmap`, `sigaction` and `raise`. It takes no lock, allocates nothing,
//!   calls nothing that can panic, and restores `errno`. On Linux `mmap` is called as a plain system call, which the interceptors of
//!   sanitizers do not see; POSIX does not list `mmap` as safe in handlers, but on Linux and macOS it is one system call.
//! - **What it reads.** [`TABLE`], which is static and of fixed size. A slot is written under a sequence number that is odd while it
//!   changes. The handler passes over a slot that changes: the range that it looks for does not. A thread that reads a range borrows
//!   the [`GuardedRange`]'s owner, so the range is neither unregistered nor unmapped before the faulting instruction is done.
//! - **Threads.** The signal of a faulting instruction goes to the thread that runs it. Several threads may fault at once, in one page
//!   too: each maps zeros, and the result is the same. A thread that reads zeros which another thread's handler mapped sees the flag,
//!   too: it was set before, and `is_damaged` has a fence between the reads of the range and that of the flag.
//! - **Nesting.** The handler touches only its stack and static memory, neither of which can raise SIGBUS. SIGBUS is blocked while it runs.
//! - **Stacks.** `SA_ONSTACK`: it runs on the thread's alternate stack if there is one (Rust's threads have one) and else on the thread's
//!   stack; it needs less than 1 KiB of it.
//! - **Interrupted system calls.** A system call that reads a page that is gone fails with EFAULT, without a signal. `SA_RESTART` is set for
//!   signals that others send.
//! - **Other handlers.** Node and V8 handle SIGSEGV, and on macOS also SIGBUS, for WebAssembly; Rust's own programs handle SIGBUS to
//!   report an overflow of the stack. They were installed before, so they are called for faults outside of guarded ranges. A handler that is
//!   installed later, as by `process.on("SIGBUS")`, replaces this one and with it the guard. A second copy of this library installs a
//!   second handler, which passes on to the first one. The library is never unloaded (`-z nodelete`, see the binding's build script).
//! - **Forks.** A child has its own copy of the table and the same mappings. Starting another program resets the handler.
//! - **The optimiser.** Rust assumes that the bytes of a borrowed slice do not change; a mapped file breaks this whoever writes to it. The
//!   handler adds no other kind of change than a writer of the file makes.
//!
//! Not guarded: writes (the maps are read-only), pages that the handler cannot replace because the process has too many mappings (it then
//! ends as without the guard), and systems that are not Unix, for which the core does not compile.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, OnceLock, PoisonError};

use libc::{c_int, c_void, siginfo_t};

/// Most ranges. A process cannot have more mappings than this by default (`vm.max_map_count`). The table takes 2 MB of addresses, and
/// memory for the slots in use.
const SLOTS: usize = 1 << 16;

/// One range, or none where `end` is 0.
struct Slot {
    /// Odd while the slot is being written.
    sequence: AtomicUsize,
    start: AtomicUsize,
    end: AtomicUsize,
    damaged: AtomicBool,
}

#[allow(
    clippy::declare_interior_mutable_const,
    reason = "the initial value of each slot of the table, which is static"
)]
const EMPTY: Slot = Slot {
    sequence: AtomicUsize::new(0),
    start: AtomicUsize::new(0),
    end: AtomicUsize::new(0),
    damaged: AtomicBool::new(false),
};

static TABLE: [Slot; SLOTS] = [EMPTY; SLOTS];
/// Slots from this one on were never used.
static USED: AtomicUsize = AtomicUsize::new(0);
/// Free slots below [`USED`]. Held while a slot is written; the handler does not take it.
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
/// The size of a page, for the handler.
static PAGE: AtomicUsize = AtomicUsize::new(0);
/// What was to be done on SIGBUS before.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

impl Slot {
    /// Sets the range. [`FREE`] is locked.
    fn set(&self, start: usize, end: usize) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.damaged.store(false, Ordering::Relaxed);
        self.start.store(start, Ordering::Relaxed);
        self.end.store(end, Ordering::Relaxed);
        self.sequence.store(sequence.wrapping_add(2), Ordering::Release);
    }

    /// The end of the range if it holds `address`.
    fn end_around(&self, address: usize) -> Option<usize> {
        let sequence = self.sequence.load(Ordering::Acquire);
        let (start, end) = (self.start.load(Ordering::Relaxed), self.end.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        let stable = sequence.is_multiple_of(2) && sequence == self.sequence.load(Ordering::Relaxed);
        (stable && start <= address && address < end).then_some(end)
    }
}

/// A range of addresses in which a bus error does not end the process. Dropping it ends that, so it is dropped before the range is
/// unmapped.
#[derive(Debug)]
pub(super) struct GuardedRange {
    slot: usize,
}

impl GuardedRange {
    /// Guards `length` bytes from `start` on, and installs the handler if this is the first range.
    ///
    /// # Safety
    /// The range is a whole map of a file, read-only, that begins at a page. It stays mapped until the value is dropped. Nothing reads it but
    /// through borrows that end before that.
    ///
    /// # Errors
    /// The system's error if the handler cannot be installed; another one if 65,536 ranges are guarded.
    pub(super) unsafe fn new(start: *const u8, length: usize) -> io::Result<Self> {
        install()?;
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = match free.pop() {
            Some(slot) => slot,
            None => {
                let slot = USED.load(Ordering::Relaxed);
                if slot == SLOTS {
                    return Err(io::Error::new(io::ErrorKind::QuotaExceeded, "65,536 files are mapped"));
                }
                slot
            }
        };
        TABLE[slot].set(start.addr(), start.addr() + length);
        USED.fetch_max(slot + 1, Ordering::Release);
        Ok(Self { slot })
    }

    /// Whether pages of the range were replaced by zeros. What was read from it before this call is then worth nothing.
    pub(super) fn is_damaged(&self) -> bool {
        // See "Threads" above: the reads of the range come before that of the flag.
        fence(Ordering::SeqCst);
        TABLE[self.slot].damaged.load(Ordering::SeqCst)
    }
}

impl Drop for GuardedRange {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        TABLE[self.slot].set(0, 0);
        free.push(self.slot);
    }
}

/// Installs the handler, once.
fn install() -> io::Result<()> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if BEFORE.get().is_some() {
        return Ok(());
    }
    // SAFETY: these calls fill plain structures, for which zeros are valid values, and take a handler of the type that SA_SIGINFO asks for.
    unsafe {
        PAGE.store(usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap_or(4096), Ordering::Relaxed);
        let mut before: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(libc::SIGBUS, ptr::null(), &raw mut before) != 0 {
            return Err(io::Error::last_os_error());
        }
        // Known before the handler is: it may run at once.
        let before = BEFORE.get_or_init(|| before);
        debug_assert_ne!(before.sa_sigaction, handler());
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler();
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        libc::sigemptyset(&raw mut action.sa_mask);
        if libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

fn handler() -> usize {
    on_bus_error as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize
}

extern "C" fn on_bus_error(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo_t. With a positive code it raised the signal itself, and si_addr is set.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr().addr()) };
    let guarded = code > 0 && {
        let errno = errno();
        // SAFETY: errno is this thread's.
        let saved = unsafe { *errno };
        let replaced = replace(address);
        // SAFETY: as above.
        unsafe { *errno = saved };
        replaced
    };
    if !guarded {
        pass_on(signal, info, context, code > 0);
    }
}

/// Replaces the pages from `address` to the end of its guarded range by zeros. Returns whether there is such a range and it worked.
fn replace(address: usize) -> bool {
    for slot in &TABLE[..USED.load(Ordering::Acquire).min(SLOTS)] {
        let Some(end) = slot.end_around(address) else { continue };
        let page = PAGE.load(Ordering::Relaxed);
        let start = address & !(page - 1);
        // Before the zeros can be read.
        slot.damaged.store(true, Ordering::SeqCst);
        // To the end and not just one page: a scan of a file that is cut short would fault at each page, and each replaced one could be a
        // mapping of its own, of which there are only so many.
        return map_zeros(start, (end - start).next_multiple_of(page));
    }
    false
}

/// Maps pages of zeros that take no memory.
fn map_zeros(start: usize, length: usize) -> bool {
    let start = ptr::without_provenance_mut::<c_void>(start);
    let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: the pages belong to a guarded range, which is a read-only map that nothing else lies in, and stays mapped while the faulting
    // thread borrows it. They become other read-only pages.
    #[cfg(target_os = "linux")]
    let mapped = unsafe { libc::syscall(libc::SYS_mmap, start, length, libc::PROT_READ, flags, -1, 0) != -1 };
    // SAFETY: as above.
    #[cfg(not(target_os = "linux"))]
    let mapped = unsafe { libc::mmap(start, length, libc::PROT_READ, flags, -1, 0) != libc::MAP_FAILED };
    mapped
}

/// Does what was to be done on this signal before the handler was installed.
fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void, by_kernel: bool) {
    let Some(before) = BEFORE.get() else { return };
    match before.sa_sigaction {
        // To ignore the signal of a faulting instruction would run it for ever; the kernel does not allow it either.
        libc::SIG_IGN if !by_kernel => {}
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: zeros are the default action. The instruction then faults again, or the raised signal is delivered when the handler
            // returns, and the process ends as it would have without a handler.
            unsafe {
                let default: libc::sigaction = std::mem::zeroed();
                libc::sigaction(signal, &raw const default, ptr::null_mut());
                if !by_kernel {
                    libc::raise(signal);
                }
            }
        }
        other if before.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: a handler that was installed with SA_SIGINFO has this type.
            let other: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                unsafe { std::mem::transmute(other) };
            other(signal, info, context);
        }
        other => {
            // SAFETY: a handler that was installed without SA_SIGINFO has this type.
            let other: extern "C" fn(c_int) = unsafe { std::mem::transmute(other) };
            other(signal);
        }
    }
}

/// Where this thread's `errno` is.
fn errno() -> *mut c_int {
    // SAFETY: returns the address of a variable of the thread.
    #[cfg(target_os = "linux")]
    return unsafe { libc::__errno_location() };
    // SAFETY: as above.
    #[cfg(not(target_os = "linux"))]
    return unsafe { libc::__error() };
}
