use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::DatabaseError;

/// `N` random bytes as base64url.
pub(crate) fn name<const N: usize>() -> Result<String, DatabaseError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| DatabaseError::Random)?;
    Ok(Base64UrlUnpadded::encode_string(&bytes))
}

/// Twelve random digits that do not begin with zero.
pub(crate) fn digits() -> Result<String, DatabaseError> {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).map_err(|_| DatabaseError::Random)?;
    Ok((100_000_000_000 + u64::from_le_bytes(bytes) % 900_000_000_000).to_string())
}
