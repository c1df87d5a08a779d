//! What the provider gives back when a ceremony is over.

use std::{string::String, vec::Vec};

use super::failure::Failure;

/// A passkey that was made: what [`PasskeyProvider::create`](super::PasskeyProvider::create) gives. The code
/// is explained, with an example, at [`WitnessCode`](crate::webauthn::WitnessCode).
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, Screens, browser, creation, provider, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::CreatedPasskey;
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// let CreatedPasskey { response, witness } =
///     run(phone.create(creation(), browser(), keys, screens))?;
/// assert!(response.contains("attestationObject"));
/// let groups: Vec<_> = witness.split(' ').map(str::len).collect();
/// assert_eq!(groups, [4, 4, 4]);
/// assert!(!response.contains(&witness), "it goes another way than the response");
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct CreatedPasskey {
    /// `RegistrationResponseJSON`, for the site.
    pub response: String,
    /// For the person, to compare with the registration authority: "1234 5678 9012".
    pub witness: String,
}

/// The answer to one CTAP2 command: what [`PasskeyProvider::answer`](super::PasskeyProvider::answer) gives for
/// the command of a [`HybridOrder::Answer`](super::HybridOrder::Answer). The codes are those of
/// [`Status`](crate::ctap::status::Status).
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, Screens, provider, run};
/// # use std::sync::Arc;
/// use wardkey_core::{ctap::status::Status, ffi::{CtapAnswer, Reason}};
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// // authenticatorGetInfo, and a byte that is no command.
/// let info: CtapAnswer = run(phone.answer(vec![0x04], keys.clone(), screens.clone()));
/// assert_eq!((info.message[0], info.failure), (Status::Ok.code(), None));
///
/// let answer = run(phone.answer(vec![0x3f], keys, screens));
/// assert_eq!(answer.message, [Status::InvalidCommand.code()]);
/// let told = answer.failure.map(|failure| failure.reason);
/// assert_eq!(told, Some(Reason::InvalidRequest));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct CtapAnswer {
    /// For the other device: status byte, and the response if that is success.
    pub message: Vec<u8>,
    /// For the person: why there is no response.
    pub failure: Option<Failure>,
    /// For the person, after a registration: the code to compare with the registration authority,
    /// "1234 5678 9012".
    #[uniffi(default = None)]
    pub witness: Option<String>,
}
