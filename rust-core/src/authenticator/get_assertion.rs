//! The sign-in ceremony, CTAP 2.3 §6.2.2.

use alloc::{string::String, vec::Vec};

use super::{
    Account, Authenticator, Error, Moment, Notice, UserError, UserInterface,
    policy::{self, PinDecision},
};
use crate::{
    ctap::{
        auth_data::{AuthenticatorData, Flags, rp_id_hash},
        get_assertion::{Request, Response},
    },
    keystore::{KeyError, KeyStore, Prompt, Purpose},
    store::{Credential, KeyState, SnapshotStorage, StoreError},
};

impl<K: KeyStore, S: SnapshotStorage, U: UserInterface> Authenticator<K, S, U> {
    /// Signs somebody in: credential → consent → user verification → signature → counter saved.
    ///
    /// ```
    /// # #[cfg(feature = "software")] {
    /// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
    /// # use agreeable::{Memory, Willing, run};
    /// # use wardkey_core::keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation};
    /// # use wardkey_core::authenticator::{AttestationFormat, Authenticator, Settings};
    /// use wardkey_core::authenticator::{Error, Moment};
    /// use wardkey_core::ctap::get_assertion::Request;
    ///
    /// # let now = 1_767_225_600;
    /// # let attestation = TestAttestation::generate(now)?;
    /// # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
    /// # let settings = Settings::test(AttestationFormat::PackedSelf);
    /// # let mut authenticator = run(Authenticator::open(keys, Memory::default(), Willing, settings))?;
    /// let request = Request::new("example.org", [0x5a; 32]);
    /// let moment = Moment { now, entropy: [1; 32] };
    /// let response = run(authenticator.get_assertion(moment, &request));
    /// assert_eq!(response.err(), Some(Error::NoCredentials), "this one is new");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn get_assertion(
        &mut self,
        moment: Moment,
        request: &Request,
    ) -> Result<Response, Error> {
        self.settle().await?;
        if policy::pin_uv_auth(request.pin_uv_auth.as_ref(), 7)? == PinDecision::AfterInteraction {
            self.user_interface.inform(&request.rp_id, Notice::Selected).await?;
            return Err(Error::PinNotSet);
        }
        policy::get_assertion_options(request.options)?;
        self.settings.relying_parties.admit(&request.rp_id)?;
        let (credential, user_selected) = self.select_credential(request).await?;

        let counter = credential.counter.checked_add(1).ok_or(StoreError::CounterExhausted)?;
        let auth_data = assertion_data(credential, counter).encode();
        let prompt = sign_in_prompt(credential);
        let alias = credential.key_alias();
        let signed = self.sign(&alias, &auth_data, &request.client_data_hash, &prompt).await;
        let signature = match signed {
            Err(Error::Key(error @ (KeyError::Invalidated | KeyError::NotFound))) => {
                let credential = credential.clone();
                return Err(self.key_is_gone(&credential, error).await);
            }
            signed => signed?,
        };
        let credential_id = credential.id.clone();
        let user_handle = credential.discoverable.then(|| credential.user.id.clone());
        // Saved before the signature leaves: a counter that was seen is never used again.
        self.store.record_use(&credential_id, moment.now).await?;
        Ok(Response { credential_id, auth_data, signature, user_handle, user_selected })
    }

    /// The credential that will answer, and whether to say that the user chose it among several.
    async fn select_credential(&self, request: &Request) -> Result<(&Credential, bool), Error> {
        let allow_list = request.allow_list.as_deref();
        let applicable =
            || policy::applicable(self.store.credentials(), &request.rp_id, allow_list);
        let usable: Vec<_> =
            applicable().filter(|credential| credential.state == KeyState::Usable).collect();
        match usable.as_slice() {
            [] => Err(self.no_credentials(&request.rp_id, applicable().next().is_none()).await),
            [only] => {
                self.user_interface.consent(&sign_in_prompt(only)).await?;
                Ok((only, false))
            }
            several => {
                let accounts: Vec<_> =
                    several.iter().map(|credential| account(credential)).collect();
                let chosen = self.user_interface.choose(&request.rp_id, &accounts).await?;
                let credential = several.get(chosen).ok_or(UserError::Denied)?;
                // CTAP 2.3 §6.2.2: not to be said in response to an allow list.
                Ok((credential, allow_list.is_none()))
            }
        }
    }

    /// The user acts first, or a site could find out silently who is here.
    async fn no_credentials(&self, rp_id: &str, none_at_all: bool) -> Error {
        let notice = if none_at_all { Notice::NoPasskey } else { Notice::Invalidated };
        match self.user_interface.inform(rp_id, notice).await {
            Err(UserError::Cancelled) => UserError::Cancelled.into(),
            _ => Error::NoCredentials,
        }
    }

    /// Keeps what is known about a credential whose key the hardware destroyed, and tells its owner. A
    /// key that is merely not found may be back the next time, so nothing is written down about it; but
    /// where the key store itself says that it has no such key, its owner is told the same.
    async fn key_is_gone(&mut self, credential: &Credential, error: KeyError) -> Error {
        if error == KeyError::Invalidated
            && let Err(error) = self.store.mark_invalidated(&credential.id).await
        {
            return error.into();
        }
        let error =
            if self.keys_present().lacks(credential) { KeyError::Invalidated } else { error };
        match self.user_interface.inform(&credential.rp.id, Notice::Invalidated).await {
            Err(UserError::Cancelled) => UserError::Cancelled.into(),
            _ => error.into(),
        }
    }
}

fn assertion_data(credential: &Credential, counter: u32) -> AuthenticatorData {
    AuthenticatorData {
        rp_id_hash: rp_id_hash(&credential.rp.id),
        flags: Flags::USER_PRESENT | Flags::USER_VERIFIED,
        counter,
        attested_credential: None,
        extensions: None,
    }
}

fn sign_in_prompt(credential: &Credential) -> Prompt {
    Prompt {
        purpose: Purpose::SignIn,
        rp_id: credential.rp.id.clone(),
        account: String::from(credential.user.label()),
    }
}

fn account(credential: &Credential) -> Account {
    let user = &credential.user;
    Account {
        name: user.name.clone().unwrap_or_default(),
        display_name: user.display_name.clone().unwrap_or_default(),
        last_used: credential.last_used,
    }
}
