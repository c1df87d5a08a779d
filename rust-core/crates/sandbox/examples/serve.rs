//! Serves a sandbox on a port of its own until the standard input closes. The first line printed
//! is its origin, the second what `--ignore-certificate-errors-spki-list` of Chromium takes.
//!
//! `authority@example.org` may register a passkey as a tester does, and issues authenticators with it.
//! Each line of input is `PublicKeyCredentialCreationOptionsJSON` for a phone made of software; it
//! answers with `{response, code}` on one line.

use std::{
    error::Error,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines, Stdin};
use wardkey_core::{
    attestation::verdict::Policy,
    authenticator::{
        Account, AttestationFormat, Authenticator, Moment, Notice, Settings as PhoneSettings,
        UserError, UserInterface,
    },
    keystore::{
        Prompt, UserVerified,
        software::{MemoryRecords, SoftwareKeys, TestAttestation},
    },
    store::{SnapshotStorage, StorageError},
    webauthn::{self, Caller, WebOrigin},
};
use wardkey_local_tls::Authority;
use wardkey_register::{Database, NewPerson};
use wardkey_sandbox::{Sandbox, Settings, TrustedRoots};

type Phone = Authenticator<SoftwareKeys<MemoryRecords>, InMemory, Agreeable>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let identity = Authority::generate()?.issue(&["localhost"])?;
    let attestation = TestAttestation::generate(seconds())?;
    let mut trusted_roots = TrustedRoots::default();
    trusted_roots.add_pem(attestation.root_pem().as_bytes())?;
    let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, seconds)?;
    let settings = PhoneSettings::test(AttestationFormat::AndroidKey);
    let mut phone = Phone::open(keys, InMemory::default(), Agreeable, settings)?;

    let database = Database::temporary().await?;
    add_authority(&database).await?;
    let settings = Settings {
        trusted_roots,
        policy: policy()?,
        database: Some(database),
        ..Settings::default()
    };
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let sandbox = Sandbox::bind(address, &identity, settings).await?;
    let origin = sandbox.origin();
    println!("{origin}\n{}", identity.spki_sha256_base64());
    let lines = BufReader::new(tokio::io::stdin()).lines();
    sandbox.serve(answer(&mut phone, &origin, lines)).await?;
    Ok(())
}

/// Ends with the input, however it ends.
async fn answer(phone: &mut Phone, origin: &str, mut lines: Lines<BufReader<Stdin>>) {
    while let Ok(Some(options)) = lines.next_line().await {
        match create(phone, origin, &options).await {
            Ok(answer) => println!("{answer}"),
            Err(error) => println!("{}", json!({ "error": error.to_string() })),
        }
    }
}

async fn create(
    phone: &mut Phone,
    origin: &str,
    options: &str,
) -> Result<serde_json::Value, Box<dyn Error>> {
    let mut entropy = [0; 32];
    SystemRandom::new().fill(&mut entropy).map_err(|_| "no random bytes")?;
    let moment = Moment { now: seconds(), entropy };
    let caller = Caller::page(WebOrigin::parse(origin)?);
    let made = webauthn::create(phone, moment, options, &caller).await?;
    let response: serde_json::Value = serde_json::from_str(&made.response)?;
    Ok(json!({ "response": response, "code": made.witness.to_string() }))
}

/// A tester's account whose owner issues authenticators.
async fn add_authority(database: &Database) -> Result<(), Box<dyn Error>> {
    let authority = NewPerson {
        name: "authority@example.org".to_owned(),
        display_name: "Test authority".to_owned(),
        managed: false,
        issues_authenticators: true,
        roles: Vec::new(),
    };
    let mut act = database.act().await?;
    act.add_person(&authority, SystemTime::now().into()).await?;
    Ok(act.commit().await?)
}

/// Takes the phone made of software.
fn policy() -> Result<Policy, Box<dyn Error>> {
    let certificate = hex::encode(digest(&SHA256, b"Wardkey TEST signing certificate"));
    let policy = json!({
        "name": "Phones of software",
        "test": true,
        "minimumLevel": "SOFTWARE",
        "minimumOsVersion": 0,
        "patchMonthsWarn": 1200,
        "patchMonthsFail": 1200,
        "revocation": "warn",
        "verifiedBoot": "ignore",
        "unlockedDevice": "ignore",
        "applications": [{ "package": "wardkey.test", "certificates": [certificate] }],
    });
    Ok(Policy::parse(&policy.to_string())?)
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// Agrees to everything.
struct Agreeable;

impl UserInterface for Agreeable {
    async fn consent(&self, _: &Prompt) -> Result<(), UserError> {
        Ok(())
    }
    async fn choose(&self, _: &str, _: &[Account]) -> Result<usize, UserError> {
        Ok(0)
    }
    async fn verify(&self, _: &Prompt) -> Result<UserVerified, UserError> {
        Ok(UserVerified::by_user_interface())
    }
    async fn inform(&self, _: &str, _: Notice) -> Result<(), UserError> {
        Ok(())
    }
}

#[derive(Default)]
struct InMemory(Mutex<Option<Vec<u8>>>);

impl SnapshotStorage for InMemory {
    fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
    fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot.to_vec());
        Ok(())
    }
}
