//! Random bytes for sessions, from the operating system.

use ring::rand::{SecureRandom, SystemRandom};

/// The operating system gave no random bytes.
///
/// ```
/// use wardkey_core::hybrid::{qr::RequestType, session::{WorkstationConfig, WorkstationRequest}};
/// use wardkey_driver::{RandomError, Workstation};
///
/// let command = vec![0x02, 0xa0];
/// let request = WorkstationRequest { command, request_type: RequestType::GetAssertion };
/// let workstation: Result<_, RandomError> =
///     Workstation::new(request, WorkstationConfig::default());
/// assert!(workstation?.qr().to_text().starts_with("FIDO:/"));
/// # Ok::<(), RandomError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomError;

/// The operating system's generator.
pub(crate) struct Random(SystemRandom);

impl Random {
    pub(crate) fn bytes<const N: usize>(&self) -> Result<[u8; N], RandomError> {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes).map_err(|_| RandomError)?;
        Ok(bytes)
    }
}

/// Draws until the bytes are of use, which they are not once in 2^31 draws.
pub(crate) fn draw<T>(
    mut attempt: impl FnMut(&Random) -> Result<Option<T>, RandomError>,
) -> Result<T, RandomError> {
    let random = Random(SystemRandom::new());
    loop {
        if let Some(drawn) = attempt(&random)? {
            return Ok(drawn);
        }
    }
}
