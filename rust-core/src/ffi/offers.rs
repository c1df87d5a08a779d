//! What Android's selector shows before anything is signed.

use std::{
    string::{String, ToString},
    vec::Vec,
};

use super::failure::PasskeyError;
use crate::{
    authenticator::applicable,
    keystore::SecurityLevel,
    store::{Credential, KeyState},
    webauthn::{CreationOptions, RequestOptions, RpId, WebOrigin},
};

/// A passkey on this phone: what [`PasskeyProvider::passkeys`](super::PasskeyProvider::passkeys) lists.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CREATION, REQUEST, Keystore, Screens, browser, provider, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::Passkey;
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// let made = run(phone.create(CREATION.into(), browser(), keys.clone(), screens.clone()))?;
/// let passkey: Passkey = run(phone.passkeys())?.remove(0);
/// assert_eq!((passkey.rp_id.as_str(), passkey.last_used), ("example.org", None));
/// assert_eq!(passkey.witness, Some(made.witness), "the code can be compared later, too");
///
/// let chosen = Some(passkey.credential_id);
/// run(phone.get(REQUEST.into(), browser(), chosen, keys, screens))?;
/// assert!(run(phone.passkeys())?[0].last_used.is_some());
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Passkey {
    /// Its credential id.
    pub credential_id: Vec<u8>,
    /// The site, as its relying party id.
    pub rp_id: String,
    /// The site's own name.
    pub rp_name: Option<String>,
    /// The account's name.
    pub user_name: String,
    /// The person's name.
    pub display_name: String,
    /// When it was made, seconds since 1970.
    pub created: u64,
    /// When it last signed somebody in, seconds since 1970.
    pub last_used: Option<u64>,
    /// Whether its key is in a separate secure element.
    pub strong_box: bool,
    /// Whether the hardware destroyed its key, because screen lock or biometrics changed.
    pub invalidated: bool,
    /// The code to compare with the registration authority, "1234 5678 9012"; none for a passkey older
    /// than these codes.
    #[uniffi(default = None)]
    pub witness: Option<String>,
}

/// That a passkey can be made here.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CREATION, provider, run};
/// use wardkey_core::ffi::CreateOffer;
///
/// # let phone = provider()?;
/// let CreateOffer { account, rp_id, passkeys, last_used } =
///     run(phone.begin_create(CREATION.into(), Some("org.example.browser".into())))?;
/// assert_eq!((account.as_str(), rp_id.as_deref()), ("Test clinician", Some("example.org")));
/// assert_eq!((passkeys, last_used), (0, None));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct CreateOffer {
    /// The account it will be for.
    pub account: String,
    /// The site it will be for, as its relying party id; none where a page leaves it to its origin, which
    /// nobody has checked yet.
    pub rp_id: Option<String>,
    /// How many passkeys this phone holds.
    pub passkeys: u32,
    /// When any of them was last used, seconds since 1970.
    pub last_used: Option<u64>,
}

impl From<&Credential> for Passkey {
    fn from(credential: &Credential) -> Self {
        Self {
            credential_id: credential.id.clone(),
            rp_id: credential.rp.id.clone(),
            rp_name: credential.rp.name.clone(),
            user_name: credential.user.name.clone().unwrap_or_default(),
            display_name: credential.user.display_name.clone().unwrap_or_default(),
            created: credential.created,
            last_used: credential.last_used,
            strong_box: credential.security_level == SecurityLevel::StrongBox,
            invalidated: credential.state == KeyState::Invalidated,
            witness: credential.witness.map(|code| code.to_string()),
        }
    }
}

/// The offer for `PublicKeyCredentialCreationOptionsJSON`.
pub(super) fn create(
    options: &str,
    credentials: &[Credential],
) -> Result<CreateOffer, PasskeyError> {
    let options = CreationOptions::parse(options).map_err(crate::webauthn::Error::from)?;
    let rp_id = options.rp_id.as_deref().and_then(|id| RpId::parse(id).ok());
    Ok(CreateOffer {
        account: options.user.label().into(),
        rp_id: rp_id.map(|id| id.as_str().into()),
        passkeys: u32::try_from(credentials.len()).unwrap_or(u32::MAX),
        last_used: credentials.iter().filter_map(|credential| credential.last_used).max(),
    })
}

/// The passkeys that fit `PublicKeyCredentialRequestOptionsJSON`, most recently made first.
pub(super) fn get(
    options: &str,
    origin: Option<&str>,
    credentials: &[Credential],
) -> Result<Vec<Passkey>, PasskeyError> {
    let options = RequestOptions::parse(options).map_err(crate::webauthn::Error::from)?;
    let rp_id = match (options.rp_id, origin) {
        (Some(rp_id), _) => rp_id,
        (None, Some(origin)) => {
            let origin = WebOrigin::parse(origin).map_err(crate::webauthn::Error::from)?;
            String::from(origin.effective_domain().as_str())
        }
        // Nobody's passkeys.
        (None, None) => return Ok(Vec::new()),
    };
    let allowed = options.allow_credentials.as_deref();
    Ok(applicable(credentials, &rp_id, allowed).map(Passkey::from).collect())
}
