//! A sign-in from options to response, WebAuthn Level 3 §5.1.4.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{
    base64url,
    caller::Caller,
    client_data::{Ceremony, ClientData},
    command,
    error::{Error, InvalidResponse, accept},
    options::{AuthenticatorAttachment, RequestOptions, Requirement},
    response::{AssertionResponseJson, ClientExtensionResults, CredentialJson},
};
use crate::ctap::{
    Command,
    auth_data::AuthenticatorData,
    get_assertion::{Request, Response},
    request::Options,
};

/// A sign-in that an authenticator has yet to carry out.
///
/// Used up by its response, so that none can be answered twice.
///
/// ```
/// use wardkey_core::webauthn::{Authentication, Caller, DomException, WebOrigin};
///
/// let caller = Caller::page(WebOrigin::parse("https://example.org")?);
/// let authentication = Authentication::new(r#"{"challenge": "Y2hhbGxlbmdl"}"#, &caller)?;
/// assert_eq!(authentication.request().rp_id, "example.org");
/// // CTAP2_ERR_NO_CREDENTIALS
/// let error = authentication.finish(&[0x2e]).unwrap_err();
/// assert_eq!(error.dom_exception(), DomException::NotAllowed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Authentication {
    request: Request,
    client_data: ClientData,
    user_verification: Requirement,
    timeout: Option<u64>,
}

impl Authentication {
    /// Reads the relying party's options.
    pub fn new(options: &str, caller: &Caller) -> Result<Self, Error> {
        let options = RequestOptions::parse(options)?;
        // On the wire an empty list would read as "any credential".
        if options.allow_credentials.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::NoKnownCredential);
        }
        let rp_id = caller.rp_id(options.rp_id.as_deref())?;
        let client_data = caller.client_data(Ceremony::Get, &options.challenge);
        let request = Request {
            allow_list: options.allow_credentials,
            options: Options {
                user_verification: options.user_verification.option(),
                ..Options::default()
            },
            ..Request::new(rp_id.as_str(), client_data.hash())
        };
        let (user_verification, timeout) = (options.user_verification, options.timeout);
        Ok(Self { request, client_data, user_verification, timeout })
    }

    /// What the authenticator is asked.
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// The CTAP2 message: command byte and parameters.
    pub fn command(&self) -> Vec<u8> {
        command::message(Command::GetAssertion, &self.request.encode())
    }

    /// How long the relying party is ready to wait, milliseconds.
    pub const fn timeout(&self) -> Option<u64> {
        self.timeout
    }

    /// Reads a CTAP2 response, status byte and map, and gives `AuthenticationResponseJSON`.
    pub fn finish(self, response: &[u8]) -> Result<String, Error> {
        let response = Response::decode(accept(response)?, self.only_allowed());
        let response = response.map_err(InvalidResponse::from)?;
        Ok(self.complete(&response, AuthenticatorAttachment::CrossPlatform)?)
    }

    /// With one allowed credential an authenticator may leave out which one it used.
    fn only_allowed(&self) -> Option<&[u8]> {
        match self.request.allow_list.as_deref() {
            Some([only]) => Some(&only.id),
            _ => None,
        }
    }

    pub(super) fn complete(
        self,
        response: &Response,
        attachment: AuthenticatorAttachment,
    ) -> Result<String, InvalidResponse> {
        let auth_data = AuthenticatorData::decode(&response.auth_data)?;
        command::check(&auth_data, &self.request.rp_id, self.user_verification)?;
        self.check_credential(response)?;
        let json = AssertionResponseJson {
            client_data_json: base64url::encode(self.client_data.json()),
            authenticator_data: base64url::encode(&response.auth_data),
            signature: base64url::encode(&response.signature),
            user_handle: response.user_handle.as_deref().map(base64url::encode),
        };
        let results = ClientExtensionResults::default();
        Ok(CredentialJson::new(&response.credential_id, attachment, json, results).to_json())
    }

    fn check_credential(&self, response: &Response) -> Result<(), InvalidResponse> {
        let Some(allowed) = &self.request.allow_list else {
            // Nobody else knows whose credential the user picked.
            let named = response.user_handle.as_ref().is_some_and(|handle| !handle.is_empty());
            return if named { Ok(()) } else { Err(InvalidResponse::NoUserHandle) };
        };
        if allowed.iter().any(|descriptor| descriptor.id == response.credential_id) {
            Ok(())
        } else {
            Err(InvalidResponse::UnexpectedCredential)
        }
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").field("rp_id", &self.request.rp_id).finish_non_exhaustive()
    }
}
