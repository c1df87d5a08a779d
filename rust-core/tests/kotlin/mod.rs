// What Kotlin brings to the boundary, in memory. The examples in the documentation of `ffi` include this
// file, which is why it begins without `//!`.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use wardkey_core::{
    ffi::{
        AndroidCaller, AssetLinkFetcher, Biometrics, BluetoothState, CameraAccess, Choice,
        CreateRequest, CredentialStorage, FetchError, GetRequest, HardwareKeys, KeyFailure,
        KeyHardware, KeyProtection, KeySpec, Message, PasskeyError, PasskeyProvider, PhoneClock,
        PhoneFacts, PlayServices, Power, ProviderState, SigningPrompt, StorageFailure, TunnelReach,
        Use, UserFailure, UserInterface,
    },
    keystore::{
        KeyAlias, KeyError, KeyRequest, KeyStore, UserVerified, Verification,
        software::{Claim, MemoryRecords, SoftwareKeys, TestAttestation},
    },
};

/// What example.org asks for when somebody registers.
pub(crate) const CREATION: &str = r#"{
    "challenge": "Y2hhbGxlbmdl",
    "rp": {"id": "example.org", "name": "Example"},
    "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
    "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    "authenticatorSelection": {"residentKey": "required", "userVerification": "required"}
}"#;

/// That, asked for by a person.
pub(crate) fn creation() -> CreateRequest {
    wanted(CREATION)
}

/// A registration with other options, asked for by a person.
pub(crate) fn wanted(options: impl Into<String>) -> CreateRequest {
    CreateRequest { options: options.into(), conditional: false, line: None }
}

/// What it asks for when somebody signs in.
pub(crate) const REQUEST: &str = r#"{"challenge": "Y2hhbGxlbmdl", "rpId": "example.org"}"#;

/// That, before anybody has chosen a passkey.
pub(crate) fn request() -> GetRequest {
    GetRequest { options: REQUEST.into(), credential_id: None, line: None }
}

/// A code that Chromium showed for a registration, of `fixtures/hybrid/chromium-create.json`.
pub(crate) const CODE: &str = "FIDO:/58285120537755814590764228432491036528060732185552348419119739671\
    0373159844905937519315297622583607841352031038441100860073986107900979148190501225628418109321447142404";

/// Android Keystore, as far as its certificates say, on a device whose prompt always succeeds.
pub(crate) struct Keystore(SoftwareKeys<MemoryRecords>);

impl Keystore {
    pub(crate) fn new() -> Arc<Self> {
        Self::claiming([])
    }

    /// One whose certificates say something else in these points.
    pub(crate) fn claiming(claims: impl IntoIterator<Item = Claim>) -> Arc<Self> {
        let now = 1_767_225_600; // 2026-01-01
        let attestation = TestAttestation::generate(now).unwrap().claiming(claims);
        let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, move || now);
        Arc::new(Self(keys.unwrap()))
    }
}

fn told<T>(result: Result<T, KeyError>) -> Result<T, KeyFailure> {
    result.map_err(|error| KeyFailure::Platform { detail: error.to_string() })
}

#[async_trait::async_trait]
impl HardwareKeys for Keystore {
    async fn generate(&self, spec: KeySpec) -> Result<Vec<Vec<u8>>, KeyFailure> {
        let (alias, challenge) = (KeyAlias::new(spec.alias), spec.attestation_challenge);
        let challenge = Some(challenge.as_slice().try_into().unwrap());
        let request = KeyRequest { alias: &alias, attestation_challenge: challenge };
        Ok(told(self.0.generate(request).await)?.certificate_chain)
    }

    async fn sign(
        &self,
        alias: String,
        message: Vec<u8>,
        _: SigningPrompt,
    ) -> Result<Vec<u8>, KeyFailure> {
        let verified = Verification::Performed(UserVerified::by_user_interface());
        told(self.0.sign(&KeyAlias::new(alias), &message, verified).await)
    }

    fn delete(&self, alias: String) -> Result<(), KeyFailure> {
        told(self.0.delete(&KeyAlias::new(alias)))
    }

    fn aliases(&self) -> Result<Vec<String>, KeyFailure> {
        let aliases = told(self.0.aliases())?;
        Ok(aliases.iter().map(|alias| alias.as_str().to_owned()).collect())
    }
}

/// Screens in front of a person who agrees to everything and takes the first account.
#[derive(Default)]
pub(crate) struct Screens {
    /// What they were told.
    pub(crate) told: Mutex<Vec<Message>>,
}

#[async_trait::async_trait]
impl UserInterface for Screens {
    async fn consent(&self, _: Use, _: String, _: String) -> Result<(), UserFailure> {
        Ok(())
    }

    async fn choose(&self, _: String, _: Vec<Choice>) -> Result<u32, UserFailure> {
        Ok(0)
    }

    async fn inform(&self, _: String, message: Message) -> Result<(), UserFailure> {
        self.told.lock().unwrap().push(message);
        Ok(())
    }
}

/// A file that never fails.
#[derive(Default)]
pub(crate) struct File(Mutex<Option<Vec<u8>>>);

#[async_trait::async_trait]
impl CredentialStorage for File {
    async fn load(&self) -> Result<Option<Vec<u8>>, StorageFailure> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn replace(&self, snapshot: Vec<u8>) -> Result<(), StorageFailure> {
        *self.0.lock().unwrap() = Some(snapshot);
        Ok(())
    }
}

pub(crate) struct NoNetwork;

#[async_trait::async_trait]
impl AssetLinkFetcher for NoNetwork {
    async fn fetch(&self, _: String) -> Result<String, FetchError> {
        Err(FetchError::Failed { detail: "no network".into() })
    }
}

/// The list with the one browser that is trusted to speak for web pages.
pub(crate) fn browsers() -> String {
    format!(
        r#"{{"apps": [{{"type": "android", "info": {{
            "package_name": "org.example.browser",
            "signatures": [{{"build": "release", "cert_fingerprint_sha256": "{}"}}]
        }}}}]}}"#,
        ["5A"; 32].join(":"),
    )
}

/// That browser, showing a page of example.org.
pub(crate) fn browser() -> AndroidCaller {
    AndroidCaller {
        package: "org.example.browser".into(),
        signers: vec![vec![0x5a; 32]],
        original_signer: None,
        origin: Some("https://example.org".into()),
        client_data_hash: Some(vec![0xa5; 32]),
    }
}

/// A phone without passkeys.
pub(crate) fn provider() -> Result<Arc<PasskeyProvider>, PasskeyError> {
    PasskeyProvider::new(Arc::new(File::default()), Arc::new(NoNetwork), &browsers(), false)
}

/// What a phone in perfect order says of itself.
pub(crate) fn fit_phone() -> PhoneFacts {
    PhoneFacts {
        protection: KeyProtection {
            screen_lock: true,
            biometrics: Biometrics::Ready,
            hardware: KeyHardware::StrongBox,
        },
        provider: ProviderState::Enabled,
        play_services: PlayServices::Present,
        camera: CameraAccess::Allowed,
        bluetooth: BluetoothState::On,
        may_advertise: true,
        power: Power { saver: false, percent: Some(80), charging: false },
        clock: PhoneClock { automatic: true, error: None },
        tunnel: Some(TunnelReach::Reached),
    }
}

/// Runs an operation to its end. Nobody above lets it wait.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}
