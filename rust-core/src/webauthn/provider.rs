//! The platform's passkey provider: both ceremonies on the authenticator of this very device.

use alloc::{string::String, vec};
use core::fmt;

use super::{
    authentication::Authentication,
    caller::Caller,
    error::{Error, InvalidResponse},
    options::{AuthenticatorAttachment, CreationOptions},
    registration::Registration,
};
use crate::{
    attestation::WitnessCode,
    authenticator::{self, Authenticator, Moment, UserInterface},
    ctap::{get_assertion, make_credential, request::CredentialDescriptor},
    keystore::KeyStore,
    store::SnapshotStorage,
};

/// A credential that was made.
///
/// ```
/// use wardkey_core::webauthn::{Created, WitnessCode};
///
/// /// What the person reads out at the desk.
/// fn words(created: &Created) -> String {
///     format!("Your code: {}", created.witness)
/// }
///
/// let witness = WitnessCode::from_number(55_959_692_797).ok_or("more than twelve digits")?;
/// let created = Created { response: "{}".into(), witness };
/// assert!(words(&created).starts_with("Your code: "));
/// assert_eq!(format!("{created:?}"), "Created { .. }", "a log does not tell");
/// # Ok::<(), &'static str>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Created {
    /// `RegistrationResponseJSON`, for the relying party.
    pub response: String,
    /// For the person, to compare with the registration authority.
    pub witness: WitnessCode,
}

impl fmt::Debug for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Created").finish_non_exhaustive()
    }
}

/// Makes a credential: `PublicKeyCredentialCreationOptionsJSON` in, `RegistrationResponseJSON` out,
/// and the code that lets its owner and the relying party see that they hold the same one.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
/// # use agreeable::{Memory, Willing, run};
/// # use wardkey_core::authenticator::{AttestationFormat, Authenticator, Settings};
/// # use wardkey_core::keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation};
/// use wardkey_core::authenticator::Moment;
/// use wardkey_core::webauthn::{self, Caller, Created, WebOrigin};
///
/// # let now = 1_767_225_600;
/// # let attestation = TestAttestation::generate(now)?;
/// # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
/// # let settings = Settings::test(AttestationFormat::AndroidKey);
/// # let mut phone = run(Authenticator::open(keys, Memory::default(), Willing, settings))?;
/// # let moment = Moment { now, entropy: [1; 32] };
/// let options = r#"{
///     "challenge": "Y2hhbGxlbmdl",
///     "rp": {"id": "example.org", "name": "Example"},
///     "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
///     "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
///     "authenticatorSelection": {"residentKey": "required"}
/// }"#;
/// let caller = Caller::page(WebOrigin::parse("https://example.org")?);
/// let Created { response, witness } =
///     run(webauthn::create(&mut phone, moment, options, &caller))?;
/// assert!(response.contains("attestationObject"));
/// assert_eq!(witness.to_string().len(), "1234 5678 9012".len());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn create<K: KeyStore, S: SnapshotStorage, U: UserInterface>(
    authenticator: &mut Authenticator<K, S, U>,
    moment: Moment,
    options: &str,
    caller: &Caller,
) -> Result<Created, Error> {
    // A platform passes requests of other devices on with the attachment they were made for, so that
    // is not looked at.
    let registration = Registration::prepare(CreationOptions::parse(options)?, caller)?;
    // Once through the wire's form: the authenticator sees what any client could have sent it.
    let request = make_credential::Request::decode(&registration.request().encode());
    let request = request.map_err(authenticator::Error::from)?;
    let response = authenticator.make_credential(moment, &request).await?;
    // The newest credential is the last.
    let witness = authenticator.credentials().last().and_then(|made| made.witness);
    let witness = witness.ok_or(InvalidResponse::NoCredential)?;
    let response = registration.complete(response, AuthenticatorAttachment::Platform)?;
    Ok(Created { response, witness })
}

/// Signs in: `PublicKeyCredentialRequestOptionsJSON` in, `AuthenticationResponseJSON` out.
///
/// `selected` is the credential id of the passkey that the user chose in the platform's own list; then
/// no other answers, and one that the options do not allow does not answer either.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
/// # use agreeable::{Memory, Willing, run};
/// # use wardkey_core::authenticator::{AttestationFormat, Authenticator, Settings};
/// # use wardkey_core::keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation};
/// use wardkey_core::authenticator::Moment;
/// use wardkey_core::webauthn::{self, Caller, WebOrigin};
///
/// # let now = 1_767_225_600;
/// # let attestation = TestAttestation::generate(now)?;
/// # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
/// # let settings = Settings::test(AttestationFormat::AndroidKey);
/// # let mut phone = run(Authenticator::open(keys, Memory::default(), Willing, settings))?;
/// # let moment = Moment { now, entropy: [1; 32] };
/// # let options = r#"{
/// #     "challenge": "Y2hhbGxlbmdl",
/// #     "rp": {"id": "example.org", "name": "Example"},
/// #     "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
/// #     "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
/// #     "authenticatorSelection": {"residentKey": "required"}
/// # }"#;
/// # let caller = Caller::page(WebOrigin::parse("https://example.org")?);
/// # run(webauthn::create(&mut phone, moment, options, &caller))?;
/// // A browser that keeps its client data to itself.
/// let origin = WebOrigin::parse("https://example.org")?;
/// let browser = Caller::Client { origin, client_data_hash: [0x5a; 32] };
/// let options = r#"{"challenge": "Y2hhbGxlbmdl", "rpId": "example.org"}"#;
/// let moment = Moment { now, entropy: [2; 32] };
/// let response = run(webauthn::get(&mut phone, moment, options, &browser, None))?;
/// assert!(response.contains(r#""userHandle":"aWQ""#));
///
/// // The user chose a passkey that is not there: no other takes its place.
/// let chosen = run(webauthn::get(&mut phone, moment, options, &browser, Some(b"another")));
/// assert!(chosen.is_err());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn get<K: KeyStore, S: SnapshotStorage, U: UserInterface>(
    authenticator: &mut Authenticator<K, S, U>,
    moment: Moment,
    options: &str,
    caller: &Caller,
    selected: Option<&[u8]>,
) -> Result<String, Error> {
    let authentication = Authentication::new(options, caller)?;
    let request = get_assertion::Request::decode(&authentication.request().encode());
    let mut request = request.map_err(authenticator::Error::from)?;
    if let Some(selected) = selected {
        select(&mut request, selected)?;
    }
    let response = authenticator.get_assertion(moment, &request).await?;
    Ok(authentication.complete(&response, AuthenticatorAttachment::Platform)?)
}

/// Leaves one credential to answer.
fn select(request: &mut get_assertion::Request, selected: &[u8]) -> Result<(), Error> {
    let allowed = match request.allow_list.take() {
        Some(list) => list.into_iter().find(|descriptor| descriptor.id == selected),
        None => Some(CredentialDescriptor::new(selected)),
    };
    let allowed = allowed.ok_or(authenticator::Error::NoCredentials)?;
    request.allow_list = Some(vec![allowed]);
    Ok(())
}
