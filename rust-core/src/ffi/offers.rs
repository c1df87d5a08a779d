//! What Android's selector shows before anything is signed.

use std::{
    string::{String, ToString},
    vec::Vec,
};

use super::{failure::PasskeyError, readiness::Obstacle, selector_line::SelectorLine};
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
/// # use kotlin::{Keystore, Screens, browser, creation, provider, request, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::Passkey;
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// let made = run(phone.create(creation(), browser(), keys.clone(), screens.clone()))?;
/// let passkey: Passkey = run(phone.passkeys())?.remove(0);
/// assert_eq!((passkey.rp_id.as_str(), passkey.last_used), ("example.org", None));
/// assert_eq!(passkey.witness, Some(made.witness), "the code can be compared later, too");
///
/// run(phone.get(request(), browser(), keys, screens))?;
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

/// What a caller wants made.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CREATION, Keystore, Screens, browser, provider, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::{CreateRequest, PasskeyError, Reason};
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// // A site that has signed somebody in with a password, and would like a passkey as well.
/// let request = CreateRequest { options: CREATION.into(), conditional: true, line: None };
/// let made = run(phone.create(request, browser(), keys, screens));
/// let Err(PasskeyError::NotAllowed { failure }) = made else { panic!("nobody asked for one") };
/// assert_eq!(failure.reason, Reason::InvalidRequest);
/// assert!(failure.silent, "nobody wants to hear of it either");
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct CreateRequest {
    /// `PublicKeyCredentialCreationOptionsJSON`.
    pub options: String,
    /// Whether it is to be made in passing, without a person who wants it: WebAuthn Level 3 §5.1.3,
    /// conditional mediation. Never at this level of assurance.
    pub conditional: bool,
    /// The line of Android's selector that the person chose; `None` if there was none, and they have yet to
    /// be asked whether they agree.
    #[uniffi(default = None)]
    pub line: Option<SelectorLine>,
}

/// What a caller wants signed.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, REQUEST, Screens, browser, creation, provider, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::{GetRequest, SelectorLine};
///
/// # let (phone, keys, screens) = (provider()?, Keystore::new(), Arc::new(Screens::default()));
/// run(phone.create(creation(), browser(), keys.clone(), screens.clone()))?;
/// let passkey = run(phone.passkeys())?.remove(0);
/// let request = GetRequest {
///     options: REQUEST.into(),
///     credential_id: Some(passkey.credential_id),
///     line: Some(SelectorLine { offered: Some(5_000), now: 7_500 }),
/// };
/// let response = run(phone.get(request, browser(), keys, screens))?;
/// assert!(response.contains("signature"));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct GetRequest {
    /// `PublicKeyCredentialRequestOptionsJSON`.
    pub options: String,
    /// The passkey that was chosen; `None` if that has yet to happen.
    #[uniffi(default = None)]
    pub credential_id: Option<Vec<u8>>,
    /// The line of Android's selector that the person chose; `None` if there was none, and they have yet to
    /// be asked whether they agree.
    #[uniffi(default = None)]
    pub line: Option<SelectorLine>,
}

/// The answer to Credential Manager's first question about a registration.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{creation, fit_phone, provider, run};
/// use wardkey_core::ffi::{BeginCreate, CreateOffer, KeyProtection, Obstacle};
///
/// # let (provider, phone) = (provider()?, fit_phone());
/// let line = |begun| match begun {
///     BeginCreate::Offer { offer: CreateOffer { account, .. } } => format!("Passkey for {account}"),
///     BeginCreate::Obstacle { obstacle: Obstacle::NoScreenLock } => "Set a screen lock".into(),
///     BeginCreate::Obstacle { .. } => "This phone is not ready".into(),
/// };
/// let begun = run(provider.begin_create(creation(), None, phone.protection))?;
/// assert_eq!(line(begun), "Passkey for Test clinician");
///
/// let unprotected = KeyProtection { screen_lock: false, ..phone.protection };
/// let begun = run(provider.begin_create(creation(), None, unprotected))?;
/// assert_eq!(line(begun), "Set a screen lock");
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum BeginCreate {
    /// A passkey can be made.
    Offer {
        /// What to say of it.
        offer: CreateOffer,
    },
    /// It cannot before something is done.
    Obstacle {
        /// What stands in the way.
        obstacle: Obstacle,
    },
}

/// The answer to Credential Manager's first question about a sign-in.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{Keystore, REQUEST, Screens, browser, creation, fit_phone, provider, run};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::{BeginGet, KeyProtection, Obstacle};
///
/// # let (provider, phone) = (provider()?, fit_phone());
/// # let (keys, screens) = (Keystore::new(), Arc::new(Screens::default()));
/// let unprotected = KeyProtection { screen_lock: false, ..phone.protection };
/// let begin = |protection| run(provider.begin_get(REQUEST.into(), None, None, protection));
/// // Nobody needs to hear of obstacles at a site that they have no passkey for.
/// assert!(matches!(begin(unprotected)?, BeginGet::Passkeys { passkeys } if passkeys.is_empty()));
///
/// run(provider.create(creation(), browser(), keys, screens))?;
/// assert!(matches!(begin(phone.protection)?, BeginGet::Passkeys { passkeys } if passkeys.len() == 1));
/// let lead = BeginGet::Obstacle { obstacle: Obstacle::NoScreenLock };
/// assert!(begin(unprotected)? == lead);
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum BeginGet {
    /// These passkeys fit, most recently made first; there may be none.
    Passkeys {
        /// The passkeys.
        passkeys: Vec<Passkey>,
    },
    /// Some fit, and none can be used before something is done.
    Obstacle {
        /// What stands in the way.
        obstacle: Obstacle,
    },
}

/// What to say of a passkey that can be made here.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{creation, fit_phone, provider, run};
/// use wardkey_core::ffi::{BeginCreate, CreateOffer};
///
/// # let (provider, phone) = (provider()?, fit_phone());
/// let package = Some("org.example.browser".into());
/// let begun = run(provider.begin_create(creation(), package, phone.protection))?;
/// let BeginCreate::Offer { offer } = begun else { panic!("nothing stands in the way") };
/// let CreateOffer { account, rp_id, passkeys, last_used } = offer;
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

/// The offer for these options.
pub(super) fn create(options: &CreationOptions, credentials: &[Credential]) -> CreateOffer {
    let rp_id = options.rp_id.as_deref().and_then(|id| RpId::parse(id).ok());
    CreateOffer {
        account: options.user.label().into(),
        rp_id: rp_id.map(|id| id.as_str().into()),
        passkeys: u32::try_from(credentials.len()).unwrap_or(u32::MAX),
        last_used: credentials.iter().filter_map(|credential| credential.last_used).max(),
    }
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
