//! A clock that a test sets.
//!
//! Loaded into a process by `LD_PRELOAD`, this library answers for the system when the process asks for the time of
//! day: it adds the milliseconds that stand in the file that `CLOCK_OFFSET_FILE` names, as eight bytes in the order of
//! this machine. Whoever changes the file moves the clocks of all processes that have it open, at once. What measures
//! durations (`CLOCK_MONOTONIC`) is left alone, so nobody who sleeps is woken and nothing times out.

#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicI64, AtomicPtr, Ordering};

use libc::{c_int, c_long, clockid_t, time_t, timespec, timeval};

const VARIABLE: &std::ffi::CStr = c"CLOCK_OFFSET_FILE";
const NANOSECONDS: c_long = 1_000_000_000;

/// What stands for the file as long as there is none.
static NO_OFFSET: AtomicI64 = AtomicI64::new(0);
/// The file in memory; null until somebody asks for the time.
static OFFSET: AtomicPtr<AtomicI64> = AtomicPtr::new(std::ptr::null_mut());

/// How far ahead the clock is, in milliseconds.
fn offset() -> i64 {
    let mut place = OFFSET.load(Ordering::Acquire);
    if place.is_null() {
        // Two threads that come here at once map the file twice, which does no harm.
        place = map().unwrap_or((&raw const NO_OFFSET).cast_mut());
        OFFSET.store(place, Ordering::Release);
    }
    // SAFETY: the place is either the static above or a mapping that is never taken away; both are aligned.
    unsafe { (*place).load(Ordering::Relaxed) }
}

/// The file in memory. Only system calls are used: the program's own start has not ended when the first ones come.
fn map() -> Option<*mut AtomicI64> {
    // SAFETY: getenv and open are given texts that end in a zero byte, mmap the descriptor that was just opened and a
    // length that every file that the harness writes has; results are looked at before they are used.
    unsafe {
        let name = libc::getenv(VARIABLE.as_ptr());
        if name.is_null() {
            return None;
        }
        let file = libc::open(name, libc::O_RDONLY | libc::O_CLOEXEC);
        if file < 0 {
            return None;
        }
        let length = size_of::<AtomicI64>();
        let null = std::ptr::null_mut();
        let place = libc::mmap(null, length, libc::PROT_READ, libc::MAP_SHARED, file, 0);
        libc::close(file);
        (place != libc::MAP_FAILED).then_some(place.cast())
    }
}

/// What the system says, and 0 or the error number.
fn system_time(clock: clockid_t, time: *mut timespec) -> c_int {
    // SAFETY: the kernel checks both arguments and writes nothing where it must not.
    let answer = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
    c_int::try_from(answer).unwrap_or(-1)
}

/// The time of day by the clock that the test sets.
fn time_of_day() -> timespec {
    let mut time = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    system_time(libc::CLOCK_REALTIME, &raw mut time);
    let milliseconds = offset();
    time.tv_sec += milliseconds.div_euclid(1_000);
    time.tv_nsec += milliseconds.rem_euclid(1_000) * 1_000_000;
    if time.tv_nsec >= NANOSECONDS {
        time.tv_nsec -= NANOSECONDS;
        time.tv_sec += 1;
    }
    time
}

/// Stands before the function of this name in the C library.
///
/// # Safety
/// As there: `time` is null or points to where a time can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    let is_time_of_day = matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE);
    if !is_time_of_day || time.is_null() {
        return system_time(clock, time);
    }
    // SAFETY: it is not null, and the caller says that a time can be written there.
    unsafe { time.write(time_of_day()) };
    0
}

/// Stands before the function of this name in the C library.
///
/// # Safety
/// As there: `time` is null or points to where a time can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(time: *mut timeval, _zone: *mut libc::c_void) -> c_int {
    if !time.is_null() {
        let now = time_of_day();
        let now = timeval {
            tv_sec: now.tv_sec,
            tv_usec: now.tv_nsec / 1_000,
        };
        // SAFETY: it is not null, and the caller says that a time can be written there.
        unsafe { time.write(now) };
    }
    0
}

/// Stands before the function of this name in the C library.
///
/// # Safety
/// As there: `place` is null or points to where a time can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(place: *mut time_t) -> time_t {
    let seconds = time_of_day().tv_sec;
    if !place.is_null() {
        // SAFETY: it is not null, and the caller says that a time can be written there.
        unsafe { place.write(seconds) };
    }
    seconds
}
