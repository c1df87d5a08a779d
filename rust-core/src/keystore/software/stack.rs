//! The stack below: where functions that have returned leave what they computed with.

use core::hint::black_box;

/// More than making a key or signing takes, unoptimised code included (in bytes).
const DEPTH: usize = 8 << 10;

/// Does `work` and overwrites what it leaves on the stack: ring does not erase what it works with, and lets
/// nobody write into the document in which it gives a new key.
pub(super) fn erased<T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    overwrite();
    done
}

/// A frame of its own, from which on `work` uses the stack.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Begins where that frame did.
#[inline(never)]
fn overwrite() {
    black_box(&mut [0_u8; DEPTH]);
}
