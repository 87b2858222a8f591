//! A clock that tests can set.
//!
//! Loaded into a process by `LD_PRELOAD`, this library overrides the system's time of day: it adds the milliseconds in the
//! file named by `CLOCK_OFFSET_FILE`, eight bytes in native byte order. Changing the file moves the clocks of all processes
//! that have it open at once. `CLOCK_MONOTONIC`, which measures durations, is left alone, so sleeps and timeouts are not
//! affected.

#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicI64, AtomicPtr, Ordering};

use libc::{c_int, c_long, clockid_t, time_t, timespec, timeval};

const VARIABLE: &std::ffi::CStr = c"CLOCK_OFFSET_FILE";
const NANOSECONDS: c_long = 1_000_000_000;

/// The offset while there is no file.
static NO_OFFSET: AtomicI64 = AtomicI64::new(0);
/// The mapped file; null until the first request for the time.
static OFFSET: AtomicPtr<AtomicI64> = AtomicPtr::new(std::ptr::null_mut());

/// The offset of the clock, in milliseconds.
fn offset() -> i64 {
    let mut place = OFFSET.load(Ordering::Acquire);
    if place.is_null() {
        // Two concurrent threads map the file twice, which is harmless.
        place = map().unwrap_or((&raw const NO_OFFSET).cast_mut());
        OFFSET.store(place, Ordering::Release);
    }
    // SAFETY: the pointer is to the static above or to a mapping that is never unmapped; both are aligned.
    unsafe { (*place).load(Ordering::Relaxed) }
}

/// Maps the file. It uses only system calls, because the first requests come before the program has finished starting.
fn map() -> Option<*mut AtomicI64> {
    // SAFETY: getenv and open get zero-terminated strings, mmap the descriptor just opened and a length that every file
    // written by the harness has; results are checked before use.
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

/// The system's time, and 0 or the error number.
fn system_time(clock: clockid_t, time: *mut timespec) -> c_int {
    // SAFETY: the kernel checks both arguments.
    let answer = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
    c_int::try_from(answer).unwrap_or(-1)
}

/// The time of day on the test's clock.
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

/// Overrides the C library's function of this name.
///
/// # Safety
/// As for the original: `time` is null or points to writable memory for a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    let is_time_of_day = matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE);
    if !is_time_of_day || time.is_null() {
        return system_time(clock, time);
    }
    // SAFETY: it is not null, and the caller guarantees that it is writable.
    unsafe { time.write(time_of_day()) };
    0
}

/// Overrides the C library's function of this name.
///
/// # Safety
/// As for the original: `time` is null or points to writable memory for a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(time: *mut timeval, _zone: *mut libc::c_void) -> c_int {
    if !time.is_null() {
        let now = time_of_day();
        let now = timeval {
            tv_sec: now.tv_sec,
            tv_usec: now.tv_nsec / 1_000,
        };
        // SAFETY: it is not null, and the caller guarantees that it is writable.
        unsafe { time.write(now) };
    }
    0
}

/// Overrides the C library's function of this name.
///
/// # Safety
/// As for the original: `place` is null or points to writable memory for a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(place: *mut time_t) -> time_t {
    let seconds = time_of_day().tv_sec;
    if !place.is_null() {
        // SAFETY: it is not null, and the caller guarantees that it is writable.
        unsafe { place.write(seconds) };
    }
    seconds
}
