//! Serves a sandbox and the sample application on ports of their own until the standard input closes. The
//! first line printed is the sandbox's origin, the second what `--ignore-certificate-errors-spki-list` of
//! Chromium takes, the third the application's origin, the fourth the sandbox's issuer, the fifth a link of the
//! service itself for somebody who is to issue authenticators.
//!
//! `authority@example.org` and `another@example.org` may register a passkey as testers do, and issue
//! authenticators with it.
//! Each line of input is `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`
//! for a phone made of software; it answers with `{response, code}` on one line, and no code to the latter. Or
//! it is `{"expire": true}`, and every registration's time is over.

use std::{
    error::Error,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
};
use serde_json::{Value, json};
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
use wardkey_sandbox::{
    Application, ApplicationClient, ApplicationProvider, Clients, DemandedLevel, Sandbox, Settings,
    TrustedRoots,
};

type Phone = Authenticator<SoftwareKeys<MemoryRecords>, InMemory, Agreeable>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authority = Authority::generate()?;
    let (identity, roots) = (authority.issue(&["localhost"])?, authority.certificate_pem());
    let attestation = TestAttestation::generate(seconds())?;
    let mut trusted_roots = TrustedRoots::default();
    trusted_roots.add_pem(attestation.root_pem().as_bytes())?;
    let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, seconds)?;
    let settings = PhoneSettings::test(AttestationFormat::AndroidKey);
    let mut phone = Phone::open(keys, InMemory::default(), Agreeable, settings).await?;

    let database = Database::temporary().await?;
    add_authority(&database, "authority@example.org", "Test authority").await?;
    add_authority(&database, "another@example.org", "Another authority").await?;
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let application = Application::bind(
        address,
        &identity,
        ApplicationClient::with_new_secret("sample-application"),
    )?;
    let settings = Settings {
        trusted_roots,
        policy: policy()?,
        database: Some(database.clone()),
        clients: Clients::from_json(application.registration().to_string().as_bytes())?,
        application_roots: roots.as_bytes().to_vec(),
        ..Settings::default()
    };
    let sandbox = Sandbox::bind(address, &identity, settings).await?;
    let (origin, issuer) = (sandbox.origin(), sandbox.issuer().to_owned());
    let provider = ApplicationProvider {
        issuer: issuer.clone(),
        roots: roots.into(),
        level: DemandedLevel::Three,
    };
    println!("{origin}\n{}", identity.spki_sha256_base64());
    println!("{}\n{issuer}", application.origin());
    let set_up = sandbox.set_up_links().await?;
    let mine = set_up.iter().find(|link| link.name == "desk.b@example.org");
    println!("{}", mine.map_or("", |link| link.url.as_str()));
    let application = application.at(&provider)?;
    tokio::spawn(async move { application.serve(std::future::pending()).await });
    let lines = BufReader::new(tokio::io::stdin()).lines();
    sandbox.serve(answer(&mut phone, &database, &origin, lines)).await?;
    Ok(())
}

/// Ends with the input, however it ends.
async fn answer(
    phone: &mut Phone,
    database: &Database,
    origin: &str,
    mut lines: Lines<BufReader<Stdin>>,
) {
    while let Ok(Some(options)) = lines.next_line().await {
        match answered(phone, database, origin, &options).await {
            Ok(answer) => println!("{answer}"),
            Err(error) => println!("{}", json!({ "error": error.to_string() })),
        }
    }
}

async fn answered(
    phone: &mut Phone,
    database: &Database,
    origin: &str,
    options: &str,
) -> Result<Value, Box<dyn Error>> {
    let asked: Value = serde_json::from_str(options)?;
    if asked.get("expire") == Some(&Value::Bool(true)) {
        let later = SystemTime::now() + Duration::from_hours(1);
        let expired = database.expire_registrations(later.into()).await?;
        return Ok(json!({ "expired": expired.ended }));
    }
    let mut entropy = [0; 32];
    SystemRandom::new().fill(&mut entropy).map_err(|_| "no random bytes")?;
    let moment = Moment { now: seconds(), entropy };
    let caller = Caller::page(WebOrigin::parse(origin)?);
    if asked.get("user").is_none() {
        let response = webauthn::get(phone, moment, options, &caller, None).await?;
        return Ok(json!({ "response": serde_json::from_str::<Value>(&response)? }));
    }
    let made = webauthn::create(phone, moment, options, &caller).await?;
    let response: Value = serde_json::from_str(&made.response)?;
    Ok(json!({ "response": response, "code": made.witness.to_string() }))
}

/// A tester's account whose owner issues authenticators.
async fn add_authority(
    database: &Database,
    name: &str,
    display_name: &str,
) -> Result<(), Box<dyn Error>> {
    let authority = NewPerson {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        names: wardkey_register::Names::default(),
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
    async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
    async fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot.to_vec());
        Ok(())
    }
}
