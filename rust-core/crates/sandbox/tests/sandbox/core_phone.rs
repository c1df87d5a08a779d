//! The project's own authenticator and client against a verifier that shares no code with them.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use wardkey_core::{
    attestation::verdict::Policy,
    authenticator::{AttestationFormat, Authenticator, Moment, Settings as PhoneSettings},
    keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation},
    webauthn::{self, Authentication, Caller, Registration, WebOrigin},
};
use wardkey_register::Database;
use wardkey_sandbox::{Settings, TrustedRoots};

use crate::{
    agreeable::{Memory, Willing},
    common::{NAME, Running, start},
    databases::on_both,
    enrolment::policy,
};

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn moment() -> Moment {
    let mut entropy = [0; 32];
    SystemRandom::new().fill(&mut entropy).unwrap();
    Moment { now: now(), entropy }
}

pub(crate) struct CorePhone(Authenticator<SoftwareKeys<MemoryRecords>, Memory, Willing>);

impl CorePhone {
    pub(crate) async fn new(format: AttestationFormat) -> (Self, Settings) {
        let attestation = TestAttestation::generate(now()).unwrap();
        let mut trusted_roots = TrustedRoots::default();
        trusted_roots.add_pem(attestation.root_pem().as_bytes()).unwrap();
        (Self::with(attestation, format).await, Settings { trusted_roots, ..Settings::default() })
    }

    /// One whose certificates are made with this attestation.
    pub(crate) async fn with(attestation: TestAttestation, format: AttestationFormat) -> Self {
        let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, now).unwrap();
        let settings = PhoneSettings::test(format);
        let opened = Authenticator::open(keys, Memory::default(), Willing, settings).await;
        Self(opened.unwrap())
    }

    /// A passkey for a page of this origin, made on the phone itself: the response, and the code.
    pub(crate) async fn create(&mut self, origin: &str, options: &Value) -> (Value, String) {
        let caller = Caller::page(WebOrigin::parse(origin).unwrap());
        let options = options.to_string();
        let made = webauthn::create(&mut self.0, moment(), &options, &caller).await.unwrap();
        (serde_json::from_str(&made.response).unwrap(), made.witness.to_string())
    }

    /// An answer to a challenge of a page of this origin.
    pub(crate) async fn get(&mut self, origin: &str, options: &Value) -> Value {
        let caller = Caller::page(WebOrigin::parse(origin).unwrap());
        let options = options.to_string();
        let answer = webauthn::get(&mut self.0, moment(), &options, &caller, None).await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    async fn register(&mut self, running: &Running, switches: Value) -> Value {
        let (session, options) = running.offer_registration(switches).await;
        let caller = Caller::page(WebOrigin::parse(&running.origin).unwrap());
        let registration = Registration::new(&options.to_string(), &caller).unwrap();
        let answer = self.0.handle(moment(), &registration.command()).await;
        let credential: Value =
            serde_json::from_str(&registration.finish(&answer).unwrap()).unwrap();
        running.verify("register", &session, &credential).await.ok()
    }

    async fn sign_in(&mut self, running: &Running, switches: Value) -> Value {
        let (session, options) = running.offer_signin(switches).await;
        let caller = Caller::page(WebOrigin::parse(&running.origin).unwrap());
        let authentication = Authentication::new(&options.to_string(), &caller).unwrap();
        let answer = self.0.handle(moment(), &authentication.command()).await;
        let credential: Value =
            serde_json::from_str(&authentication.finish(&answer).unwrap()).unwrap();
        running.verify("signin", &session, &credential).await.ok()
    }
}

on_both!(
    it_registers_with_an_android_key_of_a_test_chain_and_signs_in,
    it_registers_with_each_other_attestation,
    a_passkey_is_as_strong_as_what_its_hardware_proved,
);

async fn it_registers_with_an_android_key_of_a_test_chain_and_signs_in(database: Database) {
    let (mut phone, settings) = CorePhone::new(AttestationFormat::AndroidKey).await;
    let running = start(Settings { database: Some(database), ..settings }).await;
    let registered = phone.register(&running, json!({ "attestation": "direct" })).await;
    assert_eq!(
        registered["attestation"]["words"],
        "test chain, proves nothing about hardware: android-key, hardware level TEE"
    );
    assert_eq!(
        registered["flags"],
        json!({
            "userPresent": true, "userVerified": true, "backupEligible": false, "backupState": false,
        })
    );
    let first = phone.sign_in(&running, json!({})).await;
    let second = phone.sign_in(&running, json!({ "allowList": true, "userName": NAME })).await;
    assert!(second["signCount"].as_u64() > first["signCount"].as_u64(), "{first} {second}");
}

async fn it_registers_with_each_other_attestation(database: Database) {
    for (format, conveyance, told) in [
        (AttestationFormat::PackedSelf, "direct", "packed"),
        (AttestationFormat::None, "direct", "none"),
        (AttestationFormat::AndroidKey, "none", "none"),
    ] {
        let (mut phone, settings) = CorePhone::new(format).await;
        let running = start(Settings { database: Some(database.clone()), ..settings }).await;
        let registered = phone.register(&running, json!({ "attestation": conveyance })).await;
        assert_eq!(registered["attestation"]["format"], told);
        phone.sign_in(&running, json!({})).await;
    }
}

async fn a_passkey_is_as_strong_as_what_its_hardware_proved(database: Database) {
    for (policy, verdict, assurance) in
        [(policy(&json!({})), "accept-with-warnings", 3), (Policy::aal3(), "refuse", 2)]
    {
        let (mut phone, settings) = CorePhone::new(AttestationFormat::AndroidKey).await;
        let settings = Settings { policy, database: Some(database.clone()), ..settings };
        let running = start(settings).await;
        phone.register(&running, json!({ "attestation": "direct" })).await;
        let listed = database.testers_authenticators(10).await.unwrap();
        let (_, passkey) = listed.first().expect("the newest passkey");
        let judged: Value = serde_json::from_str(passkey.made.verdict.as_ref().unwrap()).unwrap();
        assert_eq!(judged["verdict"], verdict, "{judged}");
        assert_eq!(passkey.made.assurance, assurance);
        let record = database.evidence_after(0).await.unwrap().pop().unwrap();
        assert!(record.contains(&format!(r#""assurance":{assurance}"#)), "{record}");
        assert!(record.contains(&format!(r#""verdict":"{verdict}""#)), "{record}");
    }
}
