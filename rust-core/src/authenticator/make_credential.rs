//! The registration ceremony, CTAP 2.3 §6.1.2.

use alloc::{string::String, vec::Vec};

use super::{
    AttestationFormat, Authenticator, Error, Moment, Notice, UserError, UserInterface,
    key_guard::KeyGuard,
    policy::{self, PinDecision},
};
use crate::{
    attestation::{self, WitnessCode},
    ctap::{
        auth_data::{AttestedCredential, AuthenticatorData, Flags, rp_id_hash},
        cbor::Map,
        make_credential::{Request, Response},
    },
    keystore::{GeneratedKey, KeyAlias, KeyRequest, KeyStore, Prompt, Purpose},
    store::{Credential, KeyState, SnapshotStorage},
};

impl<K: KeyStore, S: SnapshotStorage, U: UserInterface> Authenticator<K, S, U> {
    /// Makes a credential: hash → key → chain → authenticator data → user verification → signature →
    /// saved. A key whose ceremony ends before that is deleted, also when this future is dropped; if that
    /// happens while the host saves, the key lives or dies with what turns out to be saved.
    ///
    /// ```
    /// # #[cfg(feature = "software")] {
    /// # mod agreeable { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreeable/mod.rs")); }
    /// # use agreeable::{Memory, Willing, run};
    /// # use wardkey_core::keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation};
    /// # use wardkey_core::authenticator::{AttestationFormat, Authenticator, Settings};
    /// use wardkey_core::authenticator::{Error, Moment};
    /// use wardkey_core::ctap::{make_credential::Request, request::{CredentialDescriptor, RelyingParty, User}};
    ///
    /// # let now = 1_767_225_600;
    /// # let attestation = TestAttestation::generate(now)?;
    /// # let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now)?;
    /// # let settings = Settings::test(AttestationFormat::PackedSelf);
    /// # let mut authenticator = run(Authenticator::open(keys, Memory::default(), Willing, settings))?;
    /// let rp = RelyingParty { id: "example.org".into(), name: None };
    /// let user = User { id: vec![1; 32], name: None, display_name: None };
    /// let mut request = Request::new([0x5a; 32], rp, user);
    /// let moment = Moment { now, entropy: [1; 32] };
    /// let response = run(authenticator.make_credential(moment, &request))?;
    /// assert_eq!(response.format, "packed");
    ///
    /// // The site knows that one, and wants no second.
    /// let known = authenticator.credentials()[0].id.clone();
    /// request.exclude_list = vec![CredentialDescriptor::new(known)];
    /// let again = run(authenticator.make_credential(Moment { now, entropy: [2; 32] }, &request));
    /// assert_eq!(again.err(), Some(Error::Excluded));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn make_credential(
        &mut self,
        moment: Moment,
        request: &Request,
    ) -> Result<Response, Error> {
        self.settle().await?;
        self.check_registration(request).await?;
        let prompt = registration_prompt(request);
        self.user_interface.consent(&prompt).await?;

        let id = Vec::from(moment.entropy);
        let alias = KeyAlias::for_credential(&id);
        let guard = KeyGuard::arm(&self.keys, &alias);
        let key = self.keys.generate(self.key_request(&alias, request)).await?;
        policy::accept_key(self.settings.assurance, self.settings.attestation, &key)?;

        let credential = Credential {
            witness: Some(self.witness(&id, request, &key)),
            ..new_credential(id, request, &key, moment)
        };
        let auth_data = self.registration_data(&credential).encode();
        let statement = self.attest(&alias, &key, &auth_data, request, &prompt).await?;

        // From here on the key may be that of a saved credential, and only the store knows.
        guard.keep();
        self.save(credential).await?;
        Ok(Response { format: self.settings.attestation.identifier().into(), auth_data, statement })
    }

    /// The old credential goes only once the new one is stored, and its key last of all.
    async fn save(&mut self, credential: Credential) -> Result<(), Error> {
        let alias = credential.key_alias();
        let added = self.store.add(credential).await;
        let unwanted = match &added {
            Ok(replaced) => replaced.iter().map(Credential::key_alias).collect(),
            Err(_) if self.store.is_in_doubt() => Vec::new(),
            Err(_) => Vec::from([alias]),
        };
        for alias in &unwanted {
            // A key that stays behind is swept when the authenticator is next opened.
            let _ = self.keys.delete(alias);
        }
        Ok(added.map(drop)?)
    }

    /// Everything that can be answered before the user agrees to a new credential.
    async fn check_registration(&self, request: &Request) -> Result<(), Error> {
        if policy::pin_uv_auth(request.pin_uv_auth.as_ref(), 9)? == PinDecision::AfterInteraction {
            self.user_interface.inform(&request.rp.id, Notice::Selected).await?;
            return Err(Error::PinNotSet);
        }
        policy::supported_algorithm(&request.algorithms)?;
        policy::make_credential_options(request.options)?;
        policy::enterprise_attestation(request.enterprise_attestation)?;
        self.settings.relying_parties.admit(&request.rp.id)?;
        if self.excludes(request) {
            return Err(self.excluded(&request.rp.id).await);
        }
        Ok(())
    }

    /// Whether a passkey of the exclude list is here, and its key too: whoever has lost the key has to be able
    /// to register again.
    fn excludes(&self, request: &Request) -> bool {
        let credentials = self.store.credentials();
        let mut excluded =
            policy::excluded(credentials, &request.rp.id, &request.exclude_list).peekable();
        if excluded.peek().is_none() {
            return false;
        }
        let keys = self.keys_present();
        excluded.any(|credential| !keys.lacks(credential))
    }

    /// CTAP 2.3 §6.1.2 step 12: the user acts first, or a site could find out silently who is here;
    /// what they do makes no difference, except that a cancelled request stays cancelled.
    async fn excluded(&self, rp_id: &str) -> Error {
        match self.user_interface.inform(rp_id, Notice::AlreadyRegistered).await {
            Err(UserError::Cancelled) => UserError::Cancelled.into(),
            _ => Error::Excluded,
        }
    }

    fn key_request<'a>(&self, alias: &'a KeyAlias, request: &'a Request) -> KeyRequest<'a> {
        let attestation_challenge = match self.settings.attestation {
            AttestationFormat::AndroidKey => Some(&request.client_data_hash),
            AttestationFormat::PackedSelf | AttestationFormat::None => None,
        };
        KeyRequest { alias, attestation_challenge }
    }

    fn registration_data(&self, credential: &Credential) -> AuthenticatorData {
        AuthenticatorData {
            rp_id_hash: rp_id_hash(&credential.rp.id),
            flags: Flags::USER_PRESENT | Flags::USER_VERIFIED,
            counter: credential.counter,
            attested_credential: Some(AttestedCredential {
                aaguid: self.settings.aaguid,
                id: credential.id.clone(),
                public_key: credential.public_key.clone(),
            }),
            extensions: None,
        }
    }

    /// From what the relying party will hold, so without the certificate where it gets none.
    fn witness(&self, id: &[u8], request: &Request, key: &GeneratedKey) -> WitnessCode {
        let certificate = match self.settings.attestation {
            AttestationFormat::AndroidKey => key.certificate_chain.first().map(Vec::as_slice),
            AttestationFormat::PackedSelf | AttestationFormat::None => None,
        };
        WitnessCode::derive(id, &key.public_key, &request.client_data_hash, certificate)
    }

    /// Verifies the user and makes the attestation statement.
    async fn attest(
        &self,
        alias: &KeyAlias,
        key: &GeneratedKey,
        auth_data: &[u8],
        request: &Request,
        prompt: &Prompt,
    ) -> Result<Map, Error> {
        if self.settings.attestation == AttestationFormat::None {
            self.user_interface.verify(prompt).await?;
            return Ok(Map::new());
        }
        let signature = self.sign(alias, auth_data, &request.client_data_hash, prompt).await?;
        Ok(match self.settings.attestation {
            AttestationFormat::AndroidKey => {
                attestation::android_key::statement(&signature, &key.certificate_chain)
            }
            AttestationFormat::PackedSelf => attestation::packed::self_statement(&signature),
            AttestationFormat::None => Map::new(),
        })
    }
}

fn registration_prompt(request: &Request) -> Prompt {
    Prompt {
        purpose: Purpose::Register,
        rp_id: request.rp.id.clone(),
        account: String::from(request.user.label()),
    }
}

fn new_credential(
    id: Vec<u8>,
    request: &Request,
    key: &GeneratedKey,
    moment: Moment,
) -> Credential {
    Credential {
        id,
        rp: request.rp.clone(),
        user: request.user.clone(),
        public_key: key.public_key.clone(),
        security_level: key.security_level,
        counter: 0,
        // CTAP 2.3 §6.1.2 step 15: without `rk: true` the credential needs an allow list.
        discoverable: request.options.discoverable == Some(true),
        state: KeyState::Usable,
        created: moment.now,
        last_used: None,
        witness: None,
    }
}
