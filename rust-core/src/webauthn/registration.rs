//! A registration from options to response, WebAuthn Level 3 §5.1.3.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{
    attestation_object::AttestationObject,
    base64url,
    caller::Caller,
    client_data::{Ceremony, ClientData},
    command,
    error::{Error, InvalidResponse, accept},
    options::{AttestationConveyance, AuthenticatorAttachment, CreationOptions, Requirement},
    response::{
        AttestationResponseJson, ClientExtensionResults, CredentialJson, CredentialProperties,
        subject_public_key_info,
    },
};
use crate::{
    attestation::packed,
    ctap::{
        Command,
        auth_data::{AttestedCredential, AuthenticatorData},
        cose::ES256,
        make_credential::{Request, Response},
        request::{Options, RelyingParty},
    },
};

/// A registration that an authenticator has yet to carry out.
///
/// Used up by its response, so that none can be answered twice.
///
/// ```
/// use wardkey_core::webauthn::{Caller, DomException, Registration, WebOrigin};
///
/// let caller = Caller::page(WebOrigin::parse("https://example.org")?);
/// let options = r#"{
///     "rp": {"name": "Example"},
///     "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
///     "challenge": "Y2hhbGxlbmdl",
///     "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
///     "timeout": 60000
/// }"#;
/// let registration = Registration::new(options, &caller)?;
/// assert_eq!(registration.command().first(), Some(&0x01));
/// assert_eq!(registration.timeout(), Some(60_000));
/// // CTAP2_ERR_CREDENTIAL_EXCLUDED
/// let error = registration.finish(&[0x19]).unwrap_err();
/// assert_eq!(error.dom_exception(), DomException::InvalidState);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Registration {
    request: Request,
    client_data: ClientData,
    user_verification: Requirement,
    attestation: AttestationConveyance,
    cred_props: bool,
    timeout: Option<u64>,
}

impl Registration {
    /// Reads the relying party's options for an authenticator on another device.
    pub fn new(options: &str, caller: &Caller) -> Result<Self, Error> {
        let mut options = CreationOptions::parse(options)?;
        // Another device may have more algorithms than there are keys that can be read here.
        options.algorithms.retain(|algorithm| *algorithm == ES256);
        if options.algorithms.is_empty() {
            return Err(Error::NoAlgorithm);
        }
        match options.authenticator_attachment {
            Some(AuthenticatorAttachment::Platform) => Err(Error::Attachment),
            Some(AuthenticatorAttachment::CrossPlatform) | None => Self::prepare(options, caller),
        }
    }

    /// Combines options and caller, for an authenticator wherever it is.
    pub(super) fn prepare(options: CreationOptions, caller: &Caller) -> Result<Self, Error> {
        let rp_id = caller.rp_id(options.rp_id.as_deref())?;
        let client_data = caller.client_data(Ceremony::Create, &options.challenge);
        let rp = RelyingParty { id: rp_id.as_str().into(), name: Some(options.rp_name) };
        let request = Request {
            algorithms: options.algorithms,
            exclude_list: options.exclude_credentials,
            options: Options {
                discoverable: options.resident_key.option(),
                user_presence: None,
                user_verification: options.user_verification.option(),
            },
            ..Request::new(client_data.hash(), rp, options.user)
        };
        Ok(Self {
            request,
            client_data,
            user_verification: options.user_verification,
            attestation: options.attestation,
            cred_props: options.cred_props,
            timeout: options.timeout,
        })
    }

    /// What the authenticator is asked.
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// The CTAP2 message: command byte and parameters.
    pub fn command(&self) -> Vec<u8> {
        command::message(Command::MakeCredential, &self.request.encode())
    }

    /// How long the relying party is ready to wait, milliseconds.
    pub const fn timeout(&self) -> Option<u64> {
        self.timeout
    }

    /// Reads a CTAP2 response, status byte and map, and gives `RegistrationResponseJSON`.
    pub fn finish(self, response: &[u8]) -> Result<String, Error> {
        let response = Response::decode(accept(response)?).map_err(InvalidResponse::from)?;
        Ok(self.complete(response, AuthenticatorAttachment::CrossPlatform)?)
    }

    pub(super) fn complete(
        self,
        response: Response,
        attachment: AuthenticatorAttachment,
    ) -> Result<String, InvalidResponse> {
        let auth_data = AuthenticatorData::decode(&response.auth_data)?;
        command::check(&auth_data, &self.request.rp.id, self.user_verification)?;
        let credential = auth_data.attested_credential.ok_or(InvalidResponse::NoCredential)?;
        let object = self.convey(response.into(), &credential);
        let results = ClientExtensionResults { cred_props: self.credential_properties() };
        let json = AttestationResponseJson {
            client_data_json: base64url::encode(self.client_data.json()),
            authenticator_data: base64url::encode(&object.auth_data),
            transports: TRANSPORTS.into(),
            public_key: base64url::encode(&subject_public_key_info(&credential.public_key)),
            public_key_algorithm: ES256,
            attestation_object: base64url::encode(&object.encode()),
        };
        Ok(CredentialJson::new(&credential.id, attachment, json, results).to_json())
    }

    /// §5.1.3, "none": self attestation without a model is no evidence and may stay.
    fn convey(
        &self,
        object: AttestationObject,
        credential: &AttestedCredential,
    ) -> AttestationObject {
        let is_anonymous = credential.aaguid == [0; 16]
            && object.format == packed::FORMAT
            && object.statement.get("x5c").is_none();
        match self.attestation {
            AttestationConveyance::None if !is_anonymous => object.without_attestation(),
            _ => object,
        }
    }

    fn credential_properties(&self) -> Option<CredentialProperties> {
        let rk = self.request.options.discoverable == Some(true);
        self.cred_props.then_some(CredentialProperties { rk })
    }
}

/// How a phone is reached, in lexicographical order.
const TRANSPORTS: [&str; 2] = ["hybrid", "internal"];

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("rp", &self.request.rp).finish_non_exhaustive()
    }
}
