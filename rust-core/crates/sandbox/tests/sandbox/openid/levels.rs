//! A person with a passkey of which no hardware says anything: how it comes to be, and what it is worth.

use ciborium::Value as Cbor;
use serde_json::{Value, json};
use wardkey_core::{attestation::verdict::Policy, authenticator::AttestationFormat};
use wardkey_register::{Authenticator, Database};
use wardkey_sandbox::{Clients, Settings};

use super::world::{BACK, BASE, SECRET, basic, claims, follow, redemption, request};
use crate::{
    authenticator::Phone,
    browser::{Browser, Signer, field},
    common::{Answer, start, start_with_links},
    core_phone::CorePhone,
    databases::on_both,
    enrolment::{A, CLINICIAN, Desk, Visitor, World, policy},
};

/// The policy that is shipped for phones on a host.
pub(super) const TRIAL: &str = include_str!("../../../../../../fixtures/policies/test.json");
const UNMET: &str = "unmet_authentication_requirements";

on_both!(
    it_is_accepted_with_warnings_for_level_2,
    less_than_what_was_proved_is_refused_until_step_up,
    a_policy_that_does_not_name_it_refuses_it,
    it_opens_no_desk,
    a_statement_that_does_not_hold_is_refused,
);

/// A desk under this policy, and the application `ward`.
async fn world(database: Database, policy: Policy) -> World {
    let (phone, settings) = CorePhone::new(AttestationFormat::AndroidKey).await;
    let clients = json!({ "clients": [
        { "client_id": "ward", "client_secret": SECRET, "redirect_uris": [BACK] },
    ] });
    let settings = Settings {
        database: Some(database.clone()),
        policy,
        clients: Clients::from_json(clients.to_string().as_bytes()).unwrap(),
        ..settings
    };
    let running = start(settings.clone()).await;
    World { running, database, phone: Some(phone), settings }
}

fn trial() -> Policy {
    Policy::parse(TRIAL).unwrap()
}

/// A phone whose passkeys come with this attestation: `none`, or `packed` by the key itself.
pub(super) fn without_hardware(origin: &str, format: &'static str) -> Phone {
    let mut phone = Phone::new(origin);
    phone.format = format;
    if format == "packed" {
        phone.statement = Box::new(|phone, data, hash| {
            let signature = phone.sign(&[data, hash].concat());
            Cbor::Map(vec![("alg".into(), (-7).into()), ("sig".into(), Cbor::Bytes(signature))])
        });
    }
    phone
}

/// Makes a passkey behind a link. Gives the registration, and what came of it.
pub(super) async fn hand_in(
    world: &World,
    desk: &mut Desk<'_>,
    phone: &mut Phone,
) -> (String, Answer) {
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::prepared(&world.running, &link).await;
    (id, made(&mut visitor, phone).await)
}

async fn made(visitor: &mut Visitor<'_>, phone: &mut Phone) -> Answer {
    let offered = visitor.post("options", &json!({})).await.ok();
    let credential = phone.create(&offered["publicKey"]);
    let answer = json!({ "session": offered["session"], "credential": credential });
    visitor.post("verify", &answer).await
}

/// The claims of the ID token that the application gets.
async fn entered(
    world: &World,
    browser: &mut Browser<'_>,
    phone: &mut impl Signer,
    acr: &str,
) -> Value {
    let code = follow(browser, phone, &request(&[("acr_values", acr)])).await.code();
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(redemption(&code))
        .finish();
    let head =
        format!("{}Content-Type: application/x-www-form-urlencoded\r\n", basic("ward", SECRET));
    let mut server = Browser::new(&world.running);
    let path = format!("{BASE}/access_token");
    claims(&server.request("POST", &path, &head, &body).await.ok()["id_token"])
}

async fn it_is_accepted_with_warnings_for_level_2(database: Database) {
    let world = world(database, trial()).await;
    let mut desk = world.authority(A).await;
    let person = world.person_id(CLINICIAN).await;
    for (number, format) in (1_u8..).zip(["packed", "none"]) {
        let mut phone = without_hardware(&world.running.origin, format);
        let (id, answer) = hand_in(&world, &mut desk, &mut phone).await;
        assert_eq!(answer.ok()["state"], "made", "{format}");
        let page = desk.page(&id).await;
        for told in [
            "data-outcome=\"accept-with-warnings\"",
            "Reaches level 2:",
            "data-check=\"registration\" data-grade=\"warn\"",
            "data-check=\"key-level\" data-grade=\"warn\"",
            &format!("its attestation is “{format}”"),
        ] {
            assert!(page.contains(told), "{format}: “{told}” expected: {page}");
        }
        assert!(!page.contains("data-grade=\"pass\""), "{format}: nothing is proved: {page}");
        desk.say(&id, "confirm").await;
        let kept = world.authenticators_of(CLINICIAN).await;
        let found = kept.iter().find(|one| one.made.credential_id == phone.credential_id).unwrap();
        assert_eq!((found.made.assurance, found.trial, found.is_active()), (2, true, true));
        let verdict: Value = serde_json::from_str(found.made.verdict.as_ref().unwrap()).unwrap();
        assert_eq!(verdict["assuranceLevel"], 2, "{verdict}");

        let profile = desk.browser.get(&format!("/desk/people/{person}")).await.body;
        assert!(profile.contains(">2. A trial: accepted under a test policy<"), "{profile}");
        let csrf = field(&desk.browser.get("/desk").await.body, "csrf");
        let fields = [("csrf", csrf.as_str()), ("format", "json")];
        let exported = desk.browser.form("/desk/export", &fields).await.ok();
        let line = exported.as_array().unwrap().iter().find(|line| line["name"] == CLINICIAN);
        let line = line.unwrap();
        assert_eq!((&line["assurance"], &line["trials"]), (&json!(2), &json!(number)), "{line}");
    }
    let records = world.database.evidence_after(0).await.unwrap();
    let registered = records.iter().filter(|line| line.contains("\"kind\":\"registered\""));
    let registered: Vec<_> = registered.collect();
    assert_eq!(registered.len(), 2, "{records:?}");
    for line in registered {
        assert!(line.contains("\"assurance\":2"), "{line}");
    }
}

async fn less_than_what_was_proved_is_refused_until_step_up(database: Database) {
    let mut world = world(database, trial()).await;
    let mut strong = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let mut weak = without_hardware(&world.running.origin, "packed");
    let (id, _) = hand_in(&world, &mut desk, &mut weak).await;
    desk.say(&id, "confirm").await;

    let mut browser = Browser::new(&world.running);
    let first = entered(&world, &mut browser, &mut weak, "AAL2_ANY").await;
    assert_eq!(first["authentication_assurance_level"], "2");
    assert_eq!(first["acr"], "AAL2_ANY");
    let higher = request(&[("acr_values", "AAL3_ANY")]);
    assert_eq!(follow(&mut browser, &mut weak, &higher).await.error(), UNMET);
    assert_eq!(follow(&mut browser, &mut weak, &request(&[])).await.error(), UNMET);

    // Beside the older passkey of another authenticator they are given one of a phone with hardware.
    let (link, id) = desk.issue(CLINICIAN).await;
    Visitor::new(&world.running, &link).register(&mut strong).await;
    assert!(desk.page(&id).await.contains("Reaches level 3:"));
    desk.say(&id, "confirm").await;
    let both = world.authenticators_of(CLINICIAN).await;
    let mut levels: Vec<_> = both.iter().map(|one| one.made.assurance).collect();
    levels.sort_unstable();
    assert_eq!(levels, [2, 3]);
    assert!(both.iter().all(Authenticator::is_active));

    let second = entered(&world, &mut browser, &mut strong, "AAL3_ANY").await;
    assert_eq!(second["authentication_assurance_level"], "3");
    assert_eq!((&second["acr"], &second["sid"]), (&json!("AAL3_ANY"), &first["sid"]));
}

async fn a_policy_that_does_not_name_it_refuses_it(database: Database) {
    for policy in [Policy::aal3(), policy(&json!({}))] {
        let world = world(database.clone(), policy).await;
        let mut desk = world.authority(A).await;
        for format in ["packed", "none"] {
            let mut phone = without_hardware(&world.running.origin, format);
            let (id, answer) = hand_in(&world, &mut desk, &mut phone).await;
            assert_eq!(answer.status, 422, "{format}: {}", answer.body);
            assert_eq!(answer.refused().1, "verdict");
            let page = desk.page(&id).await;
            assert!(page.contains("data-check=\"registration\" data-grade=\"fail\""), "{page}");
            assert!(!page.contains("Reaches level"), "{page}");
            assert!(world.authenticators_of(CLINICIAN).await.is_empty(), "{format}");
            assert_eq!(world.evidence().await.last().unwrap(), "registration-refused");
        }
    }
}

/// Nor does it keep the first authorities from being given one that does.
async fn it_opens_no_desk(database: Database) {
    let world = world(database, trial()).await;
    let setting_up = start_with_links(world.settings.clone()).await;
    let link = setting_up.links.iter().find(|link| link.name == A).unwrap();
    let path = format!("/enrol/{}", link.url.rsplit('/').next().unwrap());
    let mut visitor = Visitor::prepared(&setting_up, &path).await;
    let mut phone = without_hardware(&setting_up.origin, "packed");
    assert_eq!(made(&mut visitor, &mut phone).await.ok()["state"], "made");
    let told = visitor.post("compared", &json!({ "same": true })).await.ok();
    assert_eq!(told["state"], "active");

    let again = start_with_links(world.settings.clone()).await;
    assert!(again.links.iter().any(|link| link.name == A), "they still need one of level 3");
    let earnest = start(Settings { policy: Policy::aal3(), ..world.settings.clone() }).await;
    for running in [&setting_up, &again, &earnest] {
        phone.origin.clone_from(&running.origin);
        let mut browser = Browser::new(running);
        browser.sign_in(&mut phone, "/desk").await;
        let refused = browser.get("/desk").await;
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("level 2"), "{}", refused.body);
        let refused = browser.form("/desk/export", &[("format", "csv")]).await;
        assert_eq!(refused.status, 403);
    }
}

/// What a statement says of what it signs: authenticator data and client data hash.
type Members = Box<dyn Fn(&Phone, &[u8], &[u8]) -> Vec<(Cbor, Cbor)> + Send>;

async fn a_statement_that_does_not_hold_is_refused(database: Database) {
    let world = world(database, trial()).await;
    let mut desk = world.authority(A).await;
    let forged = |phone: &Phone, data: &[u8], hash: &[u8]| {
        let signature = phone.sign(&[hash, data].concat());
        vec![("alg".into(), (-7).into()), ("sig".into(), Cbor::Bytes(signature))]
    };
    let vouched = |phone: &Phone, data: &[u8], hash: &[u8]| {
        let signature = phone.sign(&[data, hash].concat());
        let nobody = Cbor::Array(vec![Cbor::Bytes(vec![0x30, 0])]);
        vec![
            ("alg".into(), (-7).into()),
            ("sig".into(), Cbor::Bytes(signature)),
            ("x5c".into(), nobody),
        ]
    };
    let empty = |_: &Phone, _: &[u8], _: &[u8]| Vec::new();
    let statements: [(&'static str, Members); 5] = [
        ("packed", Box::new(forged)),
        ("packed", Box::new(vouched)),
        ("packed", Box::new(empty)),
        ("none", Box::new(forged)),
        ("tpm", Box::new(empty)),
    ];
    for (number, (format, statement)) in statements.into_iter().enumerate() {
        let mut phone = world.running.phone();
        phone.format = format;
        phone.statement =
            Box::new(move |phone, data, hash| Cbor::Map(statement(phone, data, hash)));
        let (id, answer) = hand_in(&world, &mut desk, &mut phone).await;
        assert_eq!(answer.status, 422, "{number} {format}: {}", answer.body);
        let page = desk.page(&id).await;
        assert!(page.contains("data-check=\"registration\" data-grade=\"fail\""), "{page}");
    }
    assert!(world.authenticators_of(CLINICIAN).await.is_empty());
}
