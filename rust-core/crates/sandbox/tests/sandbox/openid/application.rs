//! The sample application: signs in at level 3, shows what it was told, and is signed out by back channel.

use std::time::Duration;

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use tokio::time::timeout;
use wardkey_local_tls::{Authority, TlsIdentity};
use wardkey_register::{Database, testing::Fresh};
use wardkey_sandbox::{
    Application, ApplicationClient, ApplicationProvider, Clients, DemandedLevel, IntroductionError,
    Settings,
};

use crate::{
    authenticator::Phone,
    browser::{Browser, field, passkey_of},
    common::{Running, start_by},
    databases::on_both,
};

/// The id of the application.
const ID: &str = "ward-list";

/// A sandbox, and what an application beside it is started with.
struct Beside {
    authority: Authority,
    identity: TlsIdentity,
    database: Database,
    sandbox: Running,
    provider: ApplicationProvider,
}

impl Beside {
    /// The application is registered as it says, and demands a level.
    async fn new(
        fresh: &Fresh,
        application: impl FnOnce(&TlsIdentity) -> Application,
        level: DemandedLevel,
    ) -> (Self, Application) {
        let authority = Authority::generate().unwrap();
        let roots = authority.certificate_pem().as_bytes().to_vec();
        let identity = authority.issue(&["localhost"]).unwrap();
        let application = application(&identity);
        let registration = application.registration().to_string();
        let database = fresh.open().await;
        let settings = Settings {
            database: Some(database.clone()),
            clients: Clients::from_json(registration.as_bytes()).unwrap(),
            application_roots: roots.clone(),
            ..Settings::default()
        };
        let sandbox = start_by(settings, &authority).await;
        let issuer = format!("{}{}", sandbox.origin, super::world::BASE);
        let provider = ApplicationProvider { issuer, roots, level };
        (Self { authority, identity, database, sandbox, provider }, application)
    }

    async fn phone(&self, level: u8) -> Phone {
        passkey_of(&self.database, "ward.one@example.org", level).await.at(&self.sandbox)
    }
}

fn with_a_secret(identity: &TlsIdentity) -> Application {
    at_any_port(identity, ApplicationClient::with_new_secret(ID))
}

fn with_a_key(identity: &TlsIdentity) -> Application {
    at_any_port(identity, ApplicationClient::with_key(ID, key().as_bytes()).unwrap())
}

fn at_any_port(identity: &TlsIdentity, client: ApplicationClient) -> Application {
    Application::bind("127.0.0.1:0".parse().unwrap(), identity, client).unwrap()
}

/// A new private key (PEM).
fn key() -> String {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
}

/// From the application to the sign-in and back; gives the address that the provider leads back to.
async fn way_back(
    here: &mut Browser<'_>,
    there: &mut Browser<'_>,
    phone: &mut Phone,
    (sandbox, site): (&str, &str),
) -> String {
    let asked = here.get("/sign-in").await.headers("location").pop().unwrap();
    answered(&asked, there, phone, (sandbox, site)).await
}

/// The same, from the application's request on.
async fn answered(
    asked: &str,
    there: &mut Browser<'_>,
    phone: &mut Phone,
    (sandbox, site): (&str, &str),
) -> String {
    let mut path = asked.strip_prefix(sandbox).unwrap().to_owned();
    loop {
        let next = there.get(&path).await.headers("location").pop().unwrap();
        if let Some(back) = next.strip_prefix(site) {
            return back.to_owned();
        }
        path = match next.strip_prefix("/login?return=") {
            Some(_) => {
                let url = url::Url::parse(&format!("https://x{next}")).unwrap();
                let back = url.query_pairs().next().unwrap().1.into_owned();
                there.sign_in(phone, &back).await
            }
            None => next,
        };
    }
}

on_both!(
    the_application_signs_in_and_hears_of_the_end,
    a_key_proves_as_much_as_a_secret_and_a_lower_level_is_enough_where_it_is_demanded,
    a_user_who_demands_less_of_themselves_does_not_enter,
    an_application_that_the_provider_does_not_know_is_told_before_its_users_are,
);

async fn the_application_signs_in_and_hears_of_the_end(fresh: Fresh) {
    let (beside, application) = Beside::new(&fresh, with_a_secret, DemandedLevel::Three).await;
    let site = application.at(&beside.provider).unwrap();
    site.introduce().await.unwrap();
    let (sandbox, site) = (&beside.sandbox, beside.sandbox.beside(site));
    let mut phone = beside.phone(3).await;

    let mut here = Browser::new(&site);
    let mut there = Browser::new(sandbox);
    let addresses = (sandbox.origin.as_str(), site.origin.as_str());
    let back = way_back(&mut here, &mut there, &mut phone, addresses).await;
    // Another browser cannot take the answer.
    let stolen = Browser::new(&site).get(&back).await;
    assert!(stolen.status == 400 && stolen.body.contains("for another browser"), "{}", stolen.body);
    assert_eq!(here.get(&back).await.headers("location"), ["/"]);
    let page = here.get("/").await.body;
    for told in ["Signed in as Clinician with one role", "id=\"level\">3<", "600000000001"] {
        assert!(page.contains(told), "“{told}” expected: {page}");
    }
    assert_eq!(here.get(&back).await.status, 400, "once");
    let forged = here.form("/logout", &[("logout_token", "e30.e30.e30")]).await;
    assert_eq!(forged.status, 400);

    let token = field(&there.get("/session").await.body, "csrf");
    there.form("/logout", &[("csrf", &token)]).await;
    let signed_out = async {
        while !here.get("/").await.body.contains("You were signed out") {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), signed_out).await.expect("the application hears of it");
}

async fn a_key_proves_as_much_as_a_secret_and_a_lower_level_is_enough_where_it_is_demanded(
    fresh: Fresh,
) {
    for (level, reached, enters) in [
        (DemandedLevel::Three, 2, false),
        (DemandedLevel::TwoOrThree, 2, true),
        (DemandedLevel::Two, 3, true),
    ] {
        let (beside, application) = Beside::new(&fresh, with_a_key, level).await;
        let site = application.at(&beside.provider).unwrap();
        site.introduce().await.unwrap();
        let site = beside.sandbox.beside(site);
        let mut phone = beside.phone(reached).await;
        let (mut here, mut there) = (Browser::new(&site), Browser::new(&beside.sandbox));
        let addresses = (beside.sandbox.origin.as_str(), site.origin.as_str());
        let back = way_back(&mut here, &mut there, &mut phone, addresses).await;
        let page = here.get(&back).await;
        if enters {
            assert_eq!(page.headers("location"), ["/"], "{level:?}: {}", page.body);
            let page = here.get("/").await.body;
            assert!(page.contains(&format!("id=\"level\">{reached}<")), "{level:?}: {page}");
        } else {
            assert!(page.body.contains("unmet_authentication_requirements"), "{}", page.body);
        }
    }
}

/// The request goes through the user's browser, and nobody signed it.
async fn a_user_who_demands_less_of_themselves_does_not_enter(fresh: Fresh) {
    let (beside, application) = Beside::new(&fresh, with_a_secret, DemandedLevel::Three).await;
    let site = beside.sandbox.beside(application.at(&beside.provider).unwrap());
    let addresses = (beside.sandbox.origin.as_str(), site.origin.as_str());
    let mut phone = beside.phone(2).await;
    for less in ["AAL2_ANY", "AAL2_OR_AAL3_ANY"] {
        let (mut here, mut there) = (Browser::new(&site), Browser::new(&beside.sandbox));
        let asked = here.get("/sign-in").await.headers("location").pop().unwrap();
        let edited = asked.replace("acr_values=AAL3_ANY", &format!("acr_values={less}"));
        assert_ne!(edited, asked);
        let back = answered(&edited, &mut there, &mut phone, addresses).await;
        assert!(back.contains("code="), "the provider gives what it is asked for: {back}");
        let refused = here.get(&back).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert!(refused.body.contains(less), "{}", refused.body);
        assert!(refused.headers("set-cookie").is_empty());
        assert!(!here.get("/").await.body.contains("Signed in as"));
    }
}

async fn an_application_that_the_provider_does_not_know_is_told_before_its_users_are(fresh: Fresh) {
    let (beside, known) = Beside::new(&fresh, with_a_secret, DemandedLevel::Three).await;
    let address = known.local_addr();
    let told = async |client, provider: &ApplicationProvider, address| {
        let application = Application::bind(address, &beside.identity, client).unwrap();
        application.at(provider).unwrap().introduce().await.unwrap_err()
    };
    let any = "127.0.0.1:0".parse().unwrap();
    let new = || ApplicationClient::with_new_secret(ID);

    let elsewhere = told(new(), &beside.provider, any).await;
    assert!(matches!(&elsewhere, IntroductionError::Unknown { .. }), "{elsewhere}");
    let nobody = told(ApplicationClient::with_new_secret("nobody"), &beside.provider, any).await;
    assert!(matches!(&nobody, IntroductionError::Unknown { client, .. } if client == "nobody"));
    drop(known);
    let wrong_secret = told(new(), &beside.provider, address).await;
    assert!(matches!(&wrong_secret, IntroductionError::Proof { .. }), "{wrong_secret}");
    let key = ApplicationClient::with_key(ID, key().as_bytes()).unwrap();
    let wrong_proof = told(key, &beside.provider, address).await;
    assert!(matches!(&wrong_proof, IntroductionError::Proof { .. }), "{wrong_proof}");

    let changed = |issuer: String, roots: &Authority| ApplicationProvider {
        issuer,
        roots: roots.certificate_pem().as_bytes().to_vec(),
        ..beside.provider.clone()
    };
    let issuer = beside.provider.issuer.clone();
    let strangers = Authority::generate().unwrap();
    let untrusted = told(new(), &changed(issuer.clone(), &strangers), any).await;
    assert!(matches!(&untrusted, IntroductionError::Certificate { .. }), "{untrusted}");
    let nobody = changed("https://127.0.0.1:1/issuer".to_owned(), &beside.authority);
    let nobody = told(new(), &nobody, any).await;
    assert!(matches!(&nobody, IntroductionError::Unreachable { .. }), "{nobody}");
    let other = changed(format!("{issuer}/"), &beside.authority);
    let other = told(new(), &other, any).await;
    assert!(matches!(&other, IntroductionError::NoProvider { .. }), "{other}");
    for no_address in ["localhost", "http://localhost:1/issuer", ""] {
        let application = with_a_secret(&beside.identity);
        let told = application.at(&changed(no_address.to_owned(), &beside.authority)).unwrap_err();
        assert!(told.to_string().contains("no https address"), "{told}");
    }
}
