//! The clock and the random bytes of this machine, which the core takes as arguments.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};
use wardkey_core::authenticator::Moment;

use crate::failure::Failure;

/// Seconds since 1970.
pub(crate) fn seconds() -> u64 {
    // A clock before 1970 is as good as none.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(ring::error::Unspecified) => Err(Failure::new(
            "drawing random numbers",
            "the operating system gave none",
            "restart the machine, and report this if it happens again",
        )),
    }
}

/// Time and randomness of a ceremony that starts now.
pub(crate) fn now() -> Result<Moment, Failure> {
    Ok(Moment { now: seconds(), entropy: random()? })
}
