//! People with passkeys, and sessions of theirs.

use std::time::Duration;

use wardkey_register::{
    Authenticator, Database, Liveness, Moment, NewAuthenticator, Person, Secret, Session,
    SessionId, SignIn,
};

pub(crate) const NOW: Moment = Moment::from_millis(1_795_000_000_000);
pub(crate) const LIFE: Duration = Duration::from_hours(12);
pub(crate) const IDLE: Duration = Duration::from_mins(15);

pub(crate) fn at(now: Moment) -> Liveness {
    Liveness { now, idle: IDLE }
}

pub(crate) async fn with_passkey(database: &Database, name: &str) -> (Person, Authenticator) {
    database.seed_people(NOW).await.unwrap();
    let person = database.person_by_name(name).await.unwrap().unwrap();
    let made = NewAuthenticator {
        credential_id: name.as_bytes().to_vec(),
        person: person.id.clone(),
        credential: "{}".to_owned(),
        transports: Vec::new(),
        sign_count: 0,
        assurance: 3,
        verdict: None,
        issued_by: None,
    };
    let mut act = database.act().await.unwrap();
    act.add_authenticator(&made, true, NOW).await.unwrap();
    act.commit().await.unwrap();
    let authenticator = database.authenticator(&made.credential_id).await.unwrap().unwrap();
    (person, authenticator)
}

pub(crate) async fn signed_in(
    database: &Database,
    (person, passkey): &(Person, Authenticator),
    before: Option<&Session>,
    now: Moment,
) -> (SessionId, Secret) {
    let mut act = database.act().await.unwrap();
    let sign_in = SignIn {
        person: &person.id,
        credential_id: &passkey.made.credential_id,
        assurance: passkey.made.assurance,
        before,
        life: LIFE,
    };
    let session = act.sign_in(&sign_in, now).await.unwrap();
    act.commit().await.unwrap();
    session
}
