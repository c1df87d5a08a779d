//! A process that reads its own memory, which Linux offers as a file.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    fs::{self, File},
    hint::black_box,
    os::unix::fs::FileExt,
};

/// What is looked for is itself kept under a mask, so as not to be found.
const MASK: u8 = 0xa5;

pub(crate) fn masked(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ MASK).collect()
}

/// How often what is behind the mask stands on the heap of the first thread.
pub(crate) fn found_on_heap(masked: &[u8]) -> usize {
    found("[heap]", masked)
}

/// How often it stands on the stack of the first thread, used or left.
pub(crate) fn found_on_stack(masked: &[u8]) -> usize {
    found("[stack]", masked)
}

fn found(region: &str, masked: &[u8]) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| line.ends_with(region)).expect("a region of that name");
    let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
    let [mut at, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
    let memory = File::open("/proc/self/mem").unwrap();
    // On the stack, so that nothing is copied to the heap while it is searched.
    let mut window = [0; 4096 + 64];
    let mut count = 0;
    while at < end {
        let length = usize::try_from(end - at).unwrap().min(window.len());
        memory.read_exact_at(&mut window[..length], at).unwrap();
        let begins = window[..length].windows(masked.len()).take(4096);
        count += begins.filter(|seen| seen.iter().zip(masked).all(|(a, b)| a ^ MASK == *b)).count();
        at += 4096;
    }
    count
}

/// Does it so far down the stack that what it leaves there is not overwritten by the search.
pub(crate) fn far_down<T>(work: impl FnOnce() -> T) -> T {
    down(32, work)
}

/// Overwrites what a test itself has left there.
pub(crate) fn scrub() {
    down(64, || {});
}

#[inline(never)]
fn down<T>(levels: u32, work: impl FnOnce() -> T) -> T {
    let room = [0_u8; 8 << 10];
    black_box(&room);
    let done = if levels == 0 { work() } else { down(levels - 1, work) };
    black_box(&room);
    done
}
