//! AES-256-GCM as both the handshake and the messages after it use it.

use crate::secret::{Depth, erased};
use alloc::vec::Vec;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Bytes an encryption adds.
pub(super) const TAG: usize = 16;

/// The message does not match key, nonce or additional data.
pub(super) struct Forged;

/// Encrypts `message` in place and appends the tag.
pub(super) fn seal(key: &[u8; 32], nonce: [u8; 12], additional: &[u8], message: &mut Vec<u8>) {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let additional = Aad::from(additional);
    let sealed = erased(Depth::Shallow, || {
        schedule(key).seal_in_place_append_tag(nonce, additional, message)
    });
    let Ok(()) = sealed else {
        unreachable!("AES-GCM takes 64 GiB and no message of the protocol exceeds 1 MiB");
    };
}

/// Decrypts `message` in place and cuts the tag off.
pub(super) fn open(
    key: &[u8; 32],
    nonce: [u8; 12],
    additional: &[u8],
    message: &mut Vec<u8>,
) -> Result<(), Forged> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let opened = erased(Depth::Shallow, || {
        let opened = schedule(key).open_in_place(nonce, Aad::from(additional), message);
        opened.map(|plaintext| plaintext.len())
    });
    let length = opened.map_err(|_| Forged)?;
    message.truncate(length);
    Ok(())
}

// Made anew for each message: ring does not zeroize its key schedule, so none is kept, while the
// 32 bytes it grows from are zeroized by their owner.
fn schedule(key: &[u8; 32]) -> LessSafeKey {
    let Ok(key) = UnboundKey::new(&AES_256_GCM, key) else {
        unreachable!("an AES-256 key has 32 bytes");
    };
    LessSafeKey::new(key)
}
