//! The sample application: signs in at level 3, shows what it was told, and is signed out by back channel.

use std::time::Duration;

use tokio::time::timeout;
use wardkey_local_tls::Authority;
use wardkey_register::Database;
use wardkey_sandbox::{Application, Clients, Settings};

use crate::{
    browser::{Browser, field, passkey_of},
    common::start_by,
};

#[tokio::test]
async fn the_application_signs_in_and_hears_of_the_end() {
    let authority = Authority::generate().unwrap();
    let roots = authority.certificate_pem().as_bytes().to_vec();
    let identity = authority.issue(&["localhost"]).unwrap();
    let application = Application::bind("127.0.0.1:0".parse().unwrap(), &identity, None).unwrap();
    let registration = application.registration().to_string();
    let database = Database::temporary().await.unwrap();
    let settings = Settings {
        database: Some(database.clone()),
        clients: Clients::from_json(registration.as_bytes()).unwrap(),
        application_roots: roots.clone(),
        ..Settings::default()
    };
    let sandbox = start_by(settings, &authority).await;
    let issuer = format!("{}{}", sandbox.origin, super::world::BASE);
    let site = sandbox.beside(application, &issuer, &roots);
    let mut phone = passkey_of(&database, "ward.one@example.org", 3).await.at(&sandbox);

    let mut here = Browser::new(&site);
    let mut there = Browser::new(&sandbox);
    let asked = here.get("/sign-in").await.headers("location").pop().unwrap();
    let mut path = asked.strip_prefix(&sandbox.origin).unwrap().to_owned();
    let back = loop {
        let next = there.get(&path).await.headers("location").pop().unwrap();
        if let Some(back) = next.strip_prefix(&site.origin) {
            break back.to_owned();
        }
        path = match next.strip_prefix("/login?return=") {
            Some(_) => {
                let url = url::Url::parse(&format!("https://x{next}")).unwrap();
                let back = url.query_pairs().next().unwrap().1.into_owned();
                there.sign_in(&mut phone, &back).await
            }
            None => next,
        };
    };
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
