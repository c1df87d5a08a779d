//! What the two ceremonies of a client have in common.

use alloc::vec::Vec;

use super::{error::InvalidResponse, options::Requirement};
use crate::ctap::{
    Command,
    auth_data::{AuthenticatorData, Flags, rp_id_hash},
};

/// Command byte and parameters.
pub(super) fn message(command: Command, parameters: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(1 + parameters.len());
    message.push(command.byte());
    message.extend(parameters);
    message
}

/// A response that a relying party would refuse is refused here, where it can be said why.
pub(super) fn check(
    auth_data: &AuthenticatorData,
    rp_id: &str,
    user_verification: Requirement,
) -> Result<(), InvalidResponse> {
    if auth_data.rp_id_hash != rp_id_hash(rp_id) {
        return Err(InvalidResponse::RelyingParty);
    }
    if !auth_data.flags.contains(Flags::USER_PRESENT) {
        return Err(InvalidResponse::UserAbsent);
    }
    let verified = auth_data.flags.contains(Flags::USER_VERIFIED);
    if user_verification == Requirement::Required && !verified {
        return Err(InvalidResponse::UserNotVerified);
    }
    Ok(())
}
