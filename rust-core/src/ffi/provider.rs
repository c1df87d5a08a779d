//! Android's passkey provider: WebAuthn JSON in, WebAuthn JSON out; and CTAP2 for the hybrid transport.

use std::{
    string::{String, ToString},
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
    vec::Vec,
};

use ring::rand::{SecureRandom, SystemRandom};

use super::{
    answers::{CreatedPasskey, CtapAnswer},
    callers::{AndroidCaller, AssetLinkFetcher, PLAY_SERVICES},
    ceremonies::{Ceremonies, Ceremony},
    configuration::{self, ConfigurationReport, ManagedEntry},
    failure::{PasskeyError, Step},
    hardware::Hardware,
    hybrid::HybridPhone,
    keys::HardwareKeys,
    offers::{self, BeginCreate, BeginGet, CreateRequest, GetRequest, Passkey},
    readiness::{KeyProtection, Obstacle},
    reason::Reason,
    storage::{CredentialStorage, Snapshots},
    user::{Person, UserInterface},
};
use crate::{
    authenticator::{AttestationFormat, Authenticator, Error, Moment, Settings, delete_orphans},
    keystore::{KeyStore as _, SecurityLevel},
    managed::Configuration,
    store::CredentialStore,
    webauthn::{self, Created, CreationOptions, PrivilegedApps, RequestOptions},
};

/// The phone's passkeys, and everything done with them. One for the whole process.
///
/// It keeps no credentials in memory: each operation reads the snapshot, so that a process which Android
/// ended in between has missed nothing. One ceremony runs at a time.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{
/// #     File, Keystore, NoNetwork, Screens, browser, browsers, creation, request, run,
/// # };
/// # use std::sync::Arc;
/// use wardkey_core::ffi::PasskeyProvider;
///
/// let (file, keys) = (Arc::new(File::default()), Keystore::new());
/// # let (links, screens, browsers) = (Arc::new(NoNetwork), Arc::new(Screens::default()), &browsers());
/// let phone = PasskeyProvider::new(file.clone(), links.clone(), browsers, false)?;
/// run(phone.create(creation(), browser(), keys.clone(), screens.clone()))?;
/// drop(phone);
///
/// // Android has ended the process and begun another.
/// let phone = PasskeyProvider::new(file, links, browsers, false)?;
/// run(phone.sweep(keys.clone()))?;
/// let response = run(phone.get(request(), browser(), keys, screens))?;
/// assert!(response.contains(r#""type":"public-key""#));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(uniffi::Object)]
pub struct PasskeyProvider {
    snapshots: Snapshots,
    links: Arc<dyn AssetLinkFetcher>,
    privileged: PrivilegedApps,
    emulator: bool,
    configuration: Mutex<Configuration>,
    ceremonies: Ceremonies,
}

#[uniffi::export]
impl PasskeyProvider {
    /// `privileged_apps` is the list of browsers that may speak for web pages, in the format Android's
    /// credential managers share. `emulator` lets software keys pass; a release of this library refuses
    /// it.
    #[uniffi::constructor]
    pub fn new(
        storage: Arc<dyn CredentialStorage>,
        links: Arc<dyn AssetLinkFetcher>,
        privileged_apps: &str,
        emulator: bool,
    ) -> Result<Arc<Self>, PasskeyError> {
        if emulator && !cfg!(feature = "emulator") {
            return Err(unexpected("this is a release: it has no emulator policy"));
        }
        let privileged = PrivilegedApps::parse(privileged_apps).map_err(|error| {
            unexpected(&std::format!("the list of trusted browsers cannot be read: {error}"))
        })?;
        let configuration = Mutex::new(Configuration::default());
        let ceremonies = Ceremonies::default();
        let snapshots = Snapshots::new(storage);
        Ok(Arc::new(Self { snapshots, links, privileged, emulator, configuration, ceremonies }))
    }

    /// Puts a managed configuration in force, from the next operation on.
    pub fn configure(&self, entries: &[ManagedEntry]) -> ConfigurationReport {
        let configuration = configuration::read(entries);
        let report = ConfigurationReport::from(&configuration);
        *self.configuration.lock().unwrap_or_else(PoisonError::into_inner) = configuration;
        report
    }

    /// All passkeys, oldest first.
    pub async fn passkeys(&self) -> Result<Vec<Passkey>, PasskeyError> {
        Ok(self.store().await?.credentials().iter().map(Passkey::from).collect())
    }

    /// Answers Credential Manager's first question about a registration, without touching the hardware.
    /// `package` is the calling application's, if Android tells it.
    pub async fn begin_create(
        &self,
        request: CreateRequest,
        package: Option<String>,
        protection: KeyProtection,
    ) -> Result<BeginCreate, PasskeyError> {
        self.admit_route(package.as_deref())?;
        let options = wanted(&request)?;
        if let Some(rp_id) = &options.rp_id {
            self.admit(rp_id)?;
        }
        let store = match self.store().await {
            Err(error) => {
                return unreadable(error).map(|obstacle| BeginCreate::Obstacle { obstacle });
            }
            Ok(store) => store,
        };
        Ok(match Obstacle::to_create(&self.configuration(), protection) {
            Some(obstacle) => BeginCreate::Obstacle { obstacle },
            None => BeginCreate::Offer { offer: offers::create(&options, store.credentials()) },
        })
    }

    /// Answers Credential Manager's first question about a sign-in, without touching the hardware.
    /// `package` is the calling application's and `origin` what it speaks for, if Android tells them.
    pub async fn begin_get(
        &self,
        options: String,
        package: Option<String>,
        origin: Option<String>,
        protection: KeyProtection,
    ) -> Result<BeginGet, PasskeyError> {
        self.admit_route(package.as_deref())?;
        let store = match self.store().await {
            Err(error) => return unreadable(error).map(|obstacle| BeginGet::Obstacle { obstacle }),
            Ok(store) => store,
        };
        let configuration = self.configuration();
        let mut passkeys = offers::get(&options, origin.as_deref(), store.credentials())?;
        passkeys.retain(|passkey| configuration.relying_parties.include(&passkey.rp_id));
        // Nobody needs to hear of obstacles at a site that they have no passkey for.
        let obstacle =
            Obstacle::to_get(&configuration, protection).filter(|_| !passkeys.is_empty());
        Ok(match obstacle {
            Some(obstacle) => BeginGet::Obstacle { obstacle },
            None => BeginGet::Passkeys { passkeys },
        })
    }

    /// Makes a passkey: `RegistrationResponseJSON` out, with the code to compare.
    pub async fn create(
        &self,
        request: CreateRequest,
        caller: AndroidCaller,
        keys: Arc<dyn HardwareKeys>,
        user: Arc<dyn UserInterface>,
    ) -> Result<CreatedPasskey, PasskeyError> {
        let _ceremony = self.begin()?;
        let user = Person::of(user, request.line)?;
        self.admit_route(Some(&caller.package))?;
        let rp_id = wanted(&request)?.rp_id;
        let caller = caller.prove(&self.privileged, &*self.links, rp_id.as_deref()).await?;
        let mut phone = self.authenticator(keys, user).await?;
        let created = webauthn::create(&mut phone, moment()?, &request.options, &caller).await;
        let Created { response, witness } = logged("registration", created)?;
        Ok(CreatedPasskey { response, witness: witness.to_string() })
    }

    /// Signs in: `AuthenticationResponseJSON` out, with the passkey that was chosen in Android's selector, or
    /// the one chosen now.
    pub async fn get(
        &self,
        request: GetRequest,
        caller: AndroidCaller,
        keys: Arc<dyn HardwareKeys>,
        user: Arc<dyn UserInterface>,
    ) -> Result<String, PasskeyError> {
        let _ceremony = self.begin()?;
        let user = Person::of(user, request.line)?;
        self.admit_route(Some(&caller.package))?;
        let rp_id = RequestOptions::parse(&request.options).map_err(webauthn::Error::from)?.rp_id;
        let caller = caller.prove(&self.privileged, &*self.links, rp_id.as_deref()).await?;
        let mut phone = self.authenticator(keys, user).await?;
        let selected = request.credential_id.as_deref();
        let response =
            webauthn::get(&mut phone, moment()?, &request.options, &caller, selected).await;
        logged("sign-in", response)
    }

    /// Answers one CTAP2 command that came through the tunnel.
    pub async fn answer(
        &self,
        command: Vec<u8>,
        keys: Arc<dyn HardwareKeys>,
        user: Arc<dyn UserInterface>,
    ) -> CtapAnswer {
        match self.try_answer(command, keys, user).await {
            Ok(answer) => answer,
            // CTAP1_ERR_OTHER: what went wrong is between the phone and its owner.
            Err(error) => {
                log::warn!("command: {}", error.failure().outline());
                let failure = Some(error.failure().clone());
                CtapAnswer { message: Vec::from([0x7f]), failure, witness: None }
            }
        }
    }

    /// Removes a passkey and its key for good.
    pub async fn remove(
        &self,
        credential_id: Vec<u8>,
        keys: Arc<dyn HardwareKeys>,
    ) -> Result<(), PasskeyError> {
        let _ceremony = self.begin()?;
        let mut store = self.store().await?;
        let removed = store.remove(&credential_id).await?;
        // One that stays behind is swept with the next ceremony, or the next start.
        if keys.delete(removed.key_alias().as_str().to_string()).is_err() {
            log::warn!("the key of a removed passkey could not be deleted yet");
        }
        Ok(())
    }

    /// Deletes keys that no passkey names: what a ceremony left behind that was killed, or a removal whose
    /// key could not be deleted. For the start of the app, since ceremonies do so by themselves. None waits
    /// for it: where one is under way, or begins meanwhile, nothing is deleted.
    pub async fn sweep(&self, keys: Arc<dyn HardwareKeys>) -> Result<(), PasskeyError> {
        let Some(quiet) = self.ceremonies.quiet() else { return Ok(()) };
        let keys = self.hardware(keys);
        let present = keys.aliases().map_err(Error::from)?;
        let store = self.store().await?;
        if quiet.lasts() {
            delete_orphans(&keys, present, &store);
        }
        Ok(())
    }

    /// Begins a ceremony with the device whose code was scanned; `now` is in milliseconds, on a clock
    /// that never goes back.
    pub fn scan(&self, code: &str, now: u64) -> Result<Arc<HybridPhone>, PasskeyError> {
        let configuration = self.configuration();
        if !configuration.routes.scanner {
            return Err(route_not_allowed("the scanner is switched off by your organization"));
        }
        HybridPhone::begin(code, configuration.tunnel, now)
    }
}

impl PasskeyProvider {
    async fn try_answer(
        &self,
        command: Vec<u8>,
        keys: Arc<dyn HardwareKeys>,
        user: Arc<dyn UserInterface>,
    ) -> Result<CtapAnswer, PasskeyError> {
        let _ceremony = self.begin()?;
        let mut phone = self.authenticator(keys, Person::of(user, None)?).await?;
        let answer = phone.answer(moment()?, &command).await;
        let failure = answer.failure.map(|error| PasskeyError::from(error).failure().clone());
        match &failure {
            None => log::info!("command: done"),
            Some(failure) => log::warn!("command: {}", failure.outline()),
        }
        let witness = answer.witness.map(|code| code.to_string());
        Ok(CtapAnswer { message: answer.message, failure, witness })
    }

    fn configuration(&self) -> Configuration {
        self.configuration.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn store(&self) -> Result<CredentialStore<Snapshots>, PasskeyError> {
        Ok(CredentialStore::open(self.snapshots.clone()).await?)
    }

    /// Kotlin's keys, under the policy in force.
    fn hardware(&self, keys: Arc<dyn HardwareKeys>) -> Hardware {
        let configuration = self.configuration();
        Hardware {
            keys,
            strong_box_required: configuration.minimum_level == SecurityLevel::StrongBox,
            pin_allowed: configuration.pin_allowed,
        }
    }

    /// Opened for each ceremony, which also sweeps the keys of one that was killed.
    async fn authenticator(
        &self,
        keys: Arc<dyn HardwareKeys>,
        user: Person,
    ) -> Result<Authenticator<Hardware, Snapshots, Person>, PasskeyError> {
        let configuration = self.configuration();
        let keys = self.hardware(keys);
        let base = if self.emulator {
            Settings::test(AttestationFormat::AndroidKey)
        } else {
            Settings::release(configuration.minimum_level)
        };
        let settings = Settings { relying_parties: configuration.relying_parties, ..base };
        let storage = self.snapshots.clone();
        Ok(Authenticator::open(keys, storage, user, settings).await?)
    }

    fn admit(&self, rp_id: &str) -> Result<(), PasskeyError> {
        if self.configuration().relying_parties.include(rp_id) {
            return Ok(());
        }
        let detail = "your organization does not let this phone be used with this site";
        Err(PasskeyError::new(Step::Request, Reason::SiteNotAllowed, detail))
    }

    /// A caller that is not known yet counts as one of this phone; once it is, it is asked about again.
    fn admit_route(&self, package: Option<&str>) -> Result<(), PasskeyError> {
        let routes = self.configuration().routes;
        let allowed =
            if package == Some(PLAY_SERVICES) { routes.play_services } else { routes.this_phone };
        if allowed {
            return Ok(());
        }
        Err(route_not_allowed("your organization does not allow this way of using the passkey"))
    }

    fn begin(&self) -> Result<Ceremony<'_>, PasskeyError> {
        let detail = "another request is still open on this phone";
        let busy = || PasskeyError::new(Step::Request, Reason::Busy, detail);
        self.ceremonies.begin().ok_or_else(busy)
    }
}

/// The options of a registration that somebody wants.
fn wanted(request: &CreateRequest) -> Result<CreationOptions, PasskeyError> {
    if request.conditional {
        return Err(PasskeyError::unasked("conditional creation: nobody asked for a passkey"));
    }
    Ok(CreationOptions::parse(&request.options).map_err(webauthn::Error::from)?)
}

/// Passkeys that cannot be read are something to tell the person; every other failure is the caller's.
fn unreadable(error: PasskeyError) -> Result<Obstacle, PasskeyError> {
    match error.failure().reason {
        Reason::StorageFailed | Reason::StorageDamaged | Reason::StorageNewer => {
            Ok(Obstacle::Storage)
        }
        _ => Err(error),
    }
}

fn logged<T>(what: &str, result: Result<T, webauthn::Error>) -> Result<T, PasskeyError> {
    match result {
        Ok(value) => {
            log::info!("{what}: done");
            Ok(value)
        }
        Err(error) => {
            let error = PasskeyError::from(error);
            log::warn!("{what}: {}", error.failure().outline());
            Err(error)
        }
    }
}

fn moment() -> Result<Moment, PasskeyError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_err(|_| unexpected("the clock stands before 1970"))?.as_secs();
    let mut entropy = [0; 32];
    random(&mut entropy)?;
    Ok(Moment { now, entropy })
}

pub(super) fn random(bytes: &mut [u8]) -> Result<(), PasskeyError> {
    let filled = SystemRandom::new().fill(bytes);
    filled.map_err(|_| unexpected("the operating system gave no random bytes"))
}

pub(super) fn unexpected(detail: &str) -> PasskeyError {
    PasskeyError::new(Step::Request, Reason::Unexpected, detail)
}

fn route_not_allowed(detail: &str) -> PasskeyError {
    PasskeyError::new(Step::Request, Reason::RouteNotAllowed, detail)
}
