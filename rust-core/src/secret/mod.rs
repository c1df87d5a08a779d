//! Secrets stay in one place, and are erased there.
//!
//! A value that is moved leaves its bytes where it was, and what a library computes with stays on the stack: from
//! there it goes wherever a larger value is moved that has unused bytes. So secrets live on the heap
//! ([`Secret`]), and each piece of work on them is done in a part of the stack that is overwritten at once
//! ([`erased`]).

mod stack;

use alloc::boxed::Box;
use core::ops::{Deref, DerefMut};

use zeroize::{Zeroize, ZeroizeOnDrop};

pub(crate) use stack::{Depth, erased};

/// Bytes that moving their owner does not copy, overwritten when they are dropped. They cannot be compared with
/// `==`, whose time would tell how far they agree.
#[derive(Clone)]
pub(crate) struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// All zero, to be filled.
    pub(crate) fn zeroed() -> Self {
        Self(Box::new([0; N]))
    }

    pub(crate) fn new(mut bytes: [u8; N]) -> Self {
        let secret = Self::from(&bytes);
        bytes.zeroize();
        secret
    }
}

impl<const N: usize> From<&[u8; N]> for Secret<N> {
    fn from(bytes: &[u8; N]) -> Self {
        let mut secret = Self::zeroed();
        secret.copy_from_slice(bytes);
        secret
    }
}

impl<const N: usize> Deref for Secret<N> {
    type Target = [u8; N];

    fn deref(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> DerefMut for Secret<N> {
    fn deref_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> ZeroizeOnDrop for Secret<N> {}
