//! What a grant's tokens say: decided once, when the application is given its code.

use serde::{Deserialize, Serialize};
use wardkey_register::{Person, PersonId};

use super::{
    acr::{AcrValue, Assurance},
    authorization::request::{AuthorizationRequest, CodeChallenge},
    scope::Scopes,
};
use crate::session::Session;

/// Kept with the grant as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The user handle, base64url.
    pub(crate) person: String,
    pub(crate) scopes: Scopes,
    pub(crate) acr: AcrValue,
    pub(crate) nonce: Option<String>,
    /// Milliseconds since 1970.
    pub(crate) signed_in_at: i64,
    pub(crate) assurance: u8,
    /// The `person_roleid` chosen, if the application asked for one.
    pub(crate) role: Option<String>,
}

/// What a code is bound to, besides its client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CodeBinding {
    pub(crate) redirect_uri: String,
    /// None if the application sent none, and need not.
    pub(crate) code_challenge: Option<CodeChallenge>,
}

impl Facts {
    pub(crate) fn new(request: &AuthorizationRequest, session: &Session, acr: AcrValue) -> Self {
        let chosen = session.chosen_role().and_then(|chosen| chosen.role.clone());
        let asked = request.scopes.has(super::scope::Scope::SelectedRole);
        Self {
            person: session.person.id.to_string(),
            scopes: request.scopes.clone(),
            acr,
            nonce: request.nonce.clone(),
            signed_in_at: session.signed_in_at.millis(),
            assurance: session.assurance,
            role: chosen.filter(|_| asked),
        }
    }

    /// The role chosen, if the person has it still.
    pub(crate) fn role_of(&self, person: &Person) -> Option<String> {
        self.role.clone().filter(|role| person.has_role(role))
    }

    pub(crate) fn person(&self) -> PersonId {
        use base64ct::{Base64UrlUnpadded, Encoding as _};

        PersonId::from_bytes(&Base64UrlUnpadded::decode_vec(&self.person).unwrap_or_default())
    }

    pub(crate) fn assurance(&self) -> Assurance {
        self.assurance.into()
    }
}
