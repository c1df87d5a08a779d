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
/// use wardkey_core::{
///     authenticator::{Authenticator, Moment, UserInterface},
///     keystore::KeyStore,
///     store::SnapshotStorage,
///     webauthn::{self, Caller, Created, Error, WebOrigin},
/// };
///
/// async fn register<K: KeyStore, S: SnapshotStorage, U: UserInterface>(
///     phone: &mut Authenticator<K, S, U>,
///     moment: Moment,
///     options: &str,
/// ) -> Result<String, Error> {
///     let caller = Caller::page(WebOrigin::parse("https://example.org")?);
///     let Created { response, witness } =
///         webauthn::create(phone, moment, options, &caller).await?;
///     println!("Read this out: {witness}");
///     Ok(response)
/// }
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
/// use wardkey_core::{
///     authenticator::{Authenticator, Moment, UserInterface},
///     keystore::KeyStore,
///     store::SnapshotStorage,
///     webauthn::{self, Caller, Error, WebOrigin},
/// };
///
/// /// For a browser that keeps its client data to itself.
/// async fn sign_in<K: KeyStore, S: SnapshotStorage, U: UserInterface>(
///     phone: &mut Authenticator<K, S, U>,
///     moment: Moment,
///     options: &str,
///     client_data_hash: [u8; 32],
/// ) -> Result<String, Error> {
///     let origin = WebOrigin::parse("https://example.org")?;
///     let browser = Caller::Client { origin, client_data_hash };
///     webauthn::get(phone, moment, options, &browser, None).await
/// }
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
