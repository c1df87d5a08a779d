//! What is registered outlives the process, and is there for every process that shares the database.

use serde_json::json;
use wardkey_evidence::verify;
use wardkey_register::{Database, testing::Fresh};
use wardkey_sandbox::Settings;

use crate::{
    common::{NAME, Running, start},
    databases::on_both,
};

/// The same origin whatever the port, as behind a load balancer.
fn sharing(database: &Database) -> Settings {
    Settings {
        origin: Some("https://localhost:8443".parse().unwrap()),
        database: Some(database.clone()),
        ..Settings::default()
    }
}

on_both!(
    a_passkey_outlives_the_sandbox,
    two_sandboxes_share_their_ceremonies,
    an_answer_given_to_two_sandboxes_at_once_counts_once,
    a_registration_leaves_evidence_and_a_refusal_a_line_of_audit,
    a_tester_cannot_register_for_somebody_on_the_register,
    a_running_sandbox_forgets_what_is_long_over,
    a_passkey_whose_codes_nobody_compared_is_destroyed_in_time,
);

async fn a_passkey_outlives_the_sandbox(fresh: Fresh) {
    let running = start(sharing(&fresh.open().await)).await;
    let mut phone = running.phone();
    let registered = running.register(&mut phone, json!({})).await.ok();
    running.signin(&mut phone, json!({})).await.ok();
    running.stop().await;

    let again = start(sharing(&fresh.open().await)).await;
    let signed_in = again.signin(&mut phone, json!({})).await.ok();
    assert_eq!(signed_in["user"], registered["user"]);
    assert_eq!(signed_in["signCount"], 3);
    // A counter that the first sandbox has seen is no news to the second.
    phone.counter = 1;
    let answer = again.signin(&mut phone, json!({})).await;
    assert_eq!(answer.refused(), (422, "counter".to_owned()));
}

async fn two_sandboxes_share_their_ceremonies(fresh: Fresh) {
    let (one, two) =
        (start(sharing(&fresh.open().await)).await, start(sharing(&fresh.open().await)).await);
    let mut phone = one.phone();
    let (session, options) = one.offer_registration(json!({})).await;
    two.verify("register", &session, &phone.create(&options)).await.ok();
    let (session, options) = two.offer_signin(json!({})).await;
    one.verify("signin", &session, &phone.get(&options)).await.ok();
    let listed = two.get("/").await.body;
    assert!(listed.contains(NAME), "{listed}");
}

async fn an_answer_given_to_two_sandboxes_at_once_counts_once(fresh: Fresh) {
    let (one, two) =
        (start(sharing(&fresh.open().await)).await, start(sharing(&fresh.open().await)).await);
    let mut phone = one.phone();
    let (session, options) = one.offer_registration(json!({})).await;
    let credential = phone.create(&options);
    let (left, right) = tokio::join!(
        one.verify("register", &session, &credential),
        two.verify("register", &session, &credential)
    );
    let mut statuses = [left.status, right.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410]);

    let (session, options) = one.offer_signin(json!({})).await;
    let credential = phone.get(&options);
    let (left, right) = tokio::join!(
        one.verify("signin", &session, &credential),
        two.verify("signin", &session, &credential)
    );
    let mut statuses = [left.status, right.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410]);
}

async fn a_registration_leaves_evidence_and_a_refusal_a_line_of_audit(database: Database) {
    let running = start(sharing(&database)).await;
    let mut phone = running.phone();
    running.register(&mut phone, json!({})).await.ok();
    running.register(&mut phone, json!({})).await.refused();
    let answer = running.offer_and_forge().await;
    assert_eq!(answer.refused(), (422, "origin".to_owned()));

    let lines = database.evidence_after(0).await.unwrap();
    let [line] = lines.as_slice() else { panic!("one record expected: {lines:?}") };
    verify(format!("{line}\n").as_bytes(), None).unwrap();
    assert!(line.contains(r#""kind":"registered""#), "{line}");
    assert!(!line.contains(NAME), "a record names nobody: {line}");
    let audited: Vec<_> = database.audit_lines(10).await.unwrap();
    let found: Vec<_> = audited.iter().map(|line| line.detail.as_str()).collect();
    assert_eq!(found, ["origin", "duplicate"]);
    assert_eq!(database.testers_authenticators(10).await.unwrap().len(), 1);
}

async fn a_tester_cannot_register_for_somebody_on_the_register(running: Running) {
    for name in ["ward.one@example.org", "desk.a@example.org"] {
        let answer = running.post("/register/options", &json!({ "userName": name })).await;
        assert_eq!(answer.refused(), (403, "managed".to_owned()));
    }
}

async fn a_running_sandbox_forgets_what_is_long_over(database: Database) {
    use std::time::{Duration, SystemTime};

    use wardkey_register::{AuditLine, Moment};

    let now = Moment::from(SystemTime::now());
    for (days, act) in [(91, "old"), (89, "young")] {
        let at = now - Duration::from_hours(24 * days);
        let detail = String::new();
        let line = AuditLine { at, person: None, act: act.into(), subject: None, detail };
        database.audit(&line).await.unwrap();
    }
    let running = start(sharing(&database)).await;
    let forgotten = async {
        while database.audit_lines(10).await.unwrap().len() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), forgotten).await.expect("it is forgotten");
    assert_eq!(database.audit_lines(10).await.unwrap()[0].act, "young");
    running.stop().await;
}

/// Whether anybody looks at it or not.
async fn a_passkey_whose_codes_nobody_compared_is_destroyed_in_time(database: Database) {
    use std::time::{Duration, SystemTime};

    use wardkey_evidence::Event;
    use wardkey_register::{
        AuthenticatorState, Moment, NewAuthenticator,
        registrations::{MadePasskey, NewRegistration},
    };

    let now = Moment::from(SystemTime::now());
    let (before, ends) = (now - Duration::from_mins(2), now - Duration::from_mins(1));
    database.seed_people(before).await.unwrap();
    let person = async |name| database.person_by_name(name).await.unwrap().unwrap().id;
    let (clinician, authority) =
        (person("ward.one@example.org").await, person("desk.a@example.org").await);
    let new = NewRegistration { person: clinician.clone(), authority: Some(authority), ends };
    let authenticator = NewAuthenticator {
        credential_id: vec![7; 32],
        person: clinician,
        credential: "{}".into(),
        transports: Vec::new(),
        sign_count: 0,
        assurance: 3,
        verdict: None,
        issued_by: None,
    };
    let event = Event::LinkOpened { registration: "unused".into() };
    let witness = "0000 0000 0000";
    let made = MadePasskey { authenticator: &authenticator, witness, event: &event, ends };
    let mut act = database.act().await.unwrap();
    let (id, token) = act.issue_registration(&new, before).await.unwrap();
    act.open_registration(token.as_str(), None, before).await.unwrap();
    act.check_registration(&id, "{}", before).await.unwrap();
    act.make_registration(&id, &made, before).await.unwrap();
    act.commit().await.unwrap();

    let running = start(sharing(&database)).await;
    let state = async || database.authenticator(&[7; 32]).await.unwrap().unwrap().state;
    let destroyed = async {
        while state().await == AuthenticatorState::Pending {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), destroyed).await.expect("it is destroyed");
    assert_eq!(state().await, AuthenticatorState::Destroyed);
    running.stop().await;
}
