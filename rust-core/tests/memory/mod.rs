//! A process that reads its own memory, which Linux offers as a file.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::{fs::File, hint::black_box, io::Read, os::unix::fs::FileExt};

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
    // All on the stack, so that nothing is written to the heap while it is searched.
    let mut buffer = [0; 16 << 10];
    let maps = read("/proc/self/maps", &mut buffer);
    let line = maps.lines().find(|line| line.ends_with(region)).expect("a region of that name");
    let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
    let [mut at, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
    let memory = File::open("/proc/self/mem").unwrap();
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

fn read<'a>(path: &str, buffer: &'a mut [u8]) -> &'a str {
    let mut file = File::open(path).unwrap();
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..]).unwrap() {
            0 => break,
            more => length += more,
        }
    }
    assert!(length < buffer.len(), "{path} is longer");
    str::from_utf8(&buffer[..length]).unwrap()
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
