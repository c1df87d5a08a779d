//! Kotlin's keys as the core's key store.

use std::{string::ToString, sync::Arc, vec::Vec};

use super::{
    key_failure::KeyFailure,
    keys::{HardwareKeys, KeySpec, SigningPrompt},
};
use crate::{
    attestation::android_key,
    keystore::{
        GeneratedKey, KeyAlias, KeyError, KeyRequest, KeyStore, Verification, VerificationBinding,
        key_description::KeyDescription,
    },
};

/// Kotlin's keys as the core wants them, under the policy in force.
pub(super) struct Hardware {
    pub(super) keys: Arc<dyn HardwareKeys>,
    pub(super) strong_box_required: bool,
    pub(super) pin_allowed: bool,
}

impl KeyStore for Hardware {
    fn verification(&self) -> VerificationBinding {
        VerificationBinding::PerUse
    }

    async fn generate(&self, request: KeyRequest<'_>) -> Result<GeneratedKey, KeyError> {
        let challenge = request.attestation_challenge.ok_or(KeyError::AttestationUnavailable)?;
        let spec = |strong_box| KeySpec {
            alias: request.alias.as_str().to_string(),
            attestation_challenge: challenge.to_vec(),
            strong_box,
            pin_allowed: self.pin_allowed,
        };
        let chain = match self.keys.generate(spec(true)).await {
            Err(KeyFailure::StrongBoxUnavailable) if !self.strong_box_required => {
                log::info!("no secure element for this key: trying the trusted environment");
                self.keys.generate(spec(false)).await
            }
            generated => generated,
        };
        generated_key(chain?, challenge)
    }

    async fn sign(
        &self,
        alias: &KeyAlias,
        message: &[u8],
        verification: Verification<'_>,
    ) -> Result<Vec<u8>, KeyError> {
        let Verification::PerUse(prompt) = verification else {
            return Err(KeyError::NotAuthenticated);
        };
        let prompt = SigningPrompt {
            purpose: prompt.purpose.into(),
            rp_id: prompt.rp_id.clone(),
            account: prompt.account.clone(),
            pin_allowed: self.pin_allowed,
        };
        Ok(self.keys.sign(alias.as_str().to_string(), message.to_vec(), prompt).await?)
    }

    fn delete(&self, alias: &KeyAlias) -> Result<(), KeyError> {
        Ok(self.keys.delete(alias.as_str().to_string())?)
    }

    fn aliases(&self) -> Result<Vec<KeyAlias>, KeyError> {
        Ok(self.keys.aliases()?.into_iter().map(KeyAlias::new).collect())
    }
}

/// What the hardware proved of a key, taken from its certificate and from nowhere else.
fn generated_key(chain: Vec<Vec<u8>>, challenge: &[u8; 32]) -> Result<GeneratedKey, KeyError> {
    let leaf = chain.first().ok_or(KeyError::AttestationUnavailable)?;
    let description = KeyDescription::from_certificate(leaf).map_err(|error| broken(&error))?;
    if description.attestation_challenge != challenge {
        return Err(broken(&"the attestation is of another challenge"));
    }
    let security_level =
        description.attestation_security_level.min(description.key_mint_security_level);
    let public_key = android_key::certified_key(leaf);
    let public_key = public_key.ok_or_else(|| broken(&"it is not of a P-256 key"))?;
    Ok(GeneratedKey { public_key, security_level, certificate_chain: chain })
}

fn broken(problem: &dyn core::fmt::Display) -> KeyError {
    KeyError::Platform(std::format!("its attestation certificate cannot be used: {problem}"))
}
