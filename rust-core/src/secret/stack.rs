//! The stack below: where functions that have returned leave what they computed with.

use core::hint::black_box;

/// What is overwritten at once, in bytes.
const STEP: usize = 8 << 10;

/// More than a function of this file keeps on the stack besides its array, in bytes.
const FRAME: usize = 512;

/// How much of the stack to overwrite: more than the work takes, which is most in unoptimised code.
#[derive(Clone, Copy)]
pub(crate) enum Depth {
    /// For hashes and ciphers, and for the little that ring's signatures take.
    Shallow,
    /// For arithmetic on curves in Rust.
    Deep,
}

impl Depth {
    const fn bytes(self) -> usize {
        match self {
            Self::Shallow if cfg!(debug_assertions) => 2 * STEP,
            Self::Shallow => STEP,
            Self::Deep => 8 * STEP,
        }
    }
}

/// Does `work` and overwrites what it leaves on the stack: libraries do not erase all they work
/// with, ring nothing at all.
pub(crate) fn erased<T>(depth: Depth, work: impl FnOnce() -> T) -> T {
    let done = below(work);
    overwrite(depth.bytes());
    if depth.bytes() > STEP {
        // Between two arrays is the rest of a frame; the second time, it is elsewhere.
        shifted(depth.bytes());
    }
    done
}

/// Leaves so much room that `work` begins within the first array.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    let room = [0_u8; FRAME];
    black_box(&room);
    let done = work();
    black_box(&room);
    done
}

#[inline(never)]
fn overwrite(depth: usize) {
    let mut step = [0_u8; STEP];
    black_box(&mut step);
    if depth > STEP {
        overwrite(depth - STEP);
        // Not the last act, or there would be one frame for all of them.
        black_box(&mut step);
    }
}

#[inline(never)]
fn shifted(depth: usize) {
    let room = [0_u8; STEP / 2];
    black_box(&room);
    overwrite(depth);
    black_box(&room);
}
