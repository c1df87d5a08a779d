//! The register on both engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use sqlx::{AnyConnection, Connection as _};
use tokio::task::JoinSet;
use wardkey_evidence::{Event, Hash, Record, verify};
use wardkey_register::{
    AuditLine, AuthenticatorState, Ceremony, Database, DatabaseError, End, Moment, Names,
    NewAuthenticator, NewPerson, PersonId,
    testing::{Fresh, each},
};

const NOW: Moment = Moment::from_millis(1_795_000_000_000);
const LIFE: Duration = Duration::from_mins(5);

fn clinician(name: &str) -> NewPerson {
    NewPerson {
        name: name.into(),
        display_name: "Test clinician".into(),
        names: Names::default(),
        managed: false,
        issues_authenticators: false,
        roles: Vec::new(),
    }
}

fn passkey(person: &PersonId, id: u8) -> NewAuthenticator {
    NewAuthenticator {
        credential_id: vec![id; 32],
        person: person.clone(),
        credential: "{}".into(),
        transports: vec!["hybrid".into(), "internal".into()],
        sign_count: u32::MAX,
        assurance: 3,
        verdict: Some(r#"{"verdict":"accept"}"#.into()),
        issued_by: None,
    }
}

fn opened(registration: usize) -> Event {
    Event::LinkOpened { registration: registration.to_string() }
}

async fn log(database: &Database) -> String {
    let lines = database.evidence_after(0).await.unwrap();
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

#[tokio::test]
async fn people_are_seeded_once() {
    each(|fresh| async move {
        let database = fresh.open().await;
        database.seed_people(NOW).await.unwrap();
        let people = database.people().await.unwrap();
        assert_eq!(people.len(), 6);
        database.seed_people(NOW).await.unwrap();
        assert_eq!(database.people().await.unwrap(), people);
        let roles: Vec<_> = people.iter().map(|person| person.roles.len()).collect();
        assert_eq!(roles, [1, 1, 8, 0, 1, 3]);
        let authorities = people.iter().filter(|person| person.issues_authenticators).count();
        assert_eq!(authorities, 2);
    })
    .await;
}

#[tokio::test]
async fn people_are_found_by_any_part_of_their_names() {
    each(|fresh| async move {
        let database = fresh.open().await;
        database.seed_people(NOW).await.unwrap();
        let found = async |text: &str| {
            let people = database.find_people(text, 10).await.unwrap();
            people.into_iter().map(|person| person.name).collect::<Vec<_>>()
        };
        assert_eq!(found("AUTHORITY").await, ["desk.a@example.org", "desk.b@example.org"]);
        assert_eq!(found("ward.one").await, ["ward.one@example.org"]);
        for nobody in ["%", "ward_one", "\\", "'; DROP TABLE people; --"] {
            assert!(found(nobody).await.is_empty(), "{nobody}");
        }
        assert_eq!(database.find_people("example", 2).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn people_are_found_in_capitals_of_any_alphabet() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let person = |name: &str, display_name: &str| NewPerson {
            display_name: display_name.into(),
            ..clinician(name)
        };
        let mut act = database.act().await.unwrap();
        act.add_person(&person("ÉXAMPLE@example.org", "Ŵard Éxample"), NOW).await.unwrap();
        act.add_person(&person("ŵard.b@example.org", "ΩMEGA"), NOW).await.unwrap();
        // A tester's account takes the new name.
        act.add_person(&person("c@example.org", "Before"), NOW).await.unwrap();
        act.add_person(&person("c@example.org", "ÖSTLICH"), NOW).await.unwrap();
        act.commit().await.unwrap();
        let found = async |text: &str| {
            let people = database.find_people(text, 10).await.unwrap();
            people.into_iter().map(|person| person.display_name).collect::<Vec<_>>()
        };
        let all = async || {
            for (texts, name) in [
                (["éxample@", "ÉXAMPLE@", "ŵARD é"], "Ŵard Éxample"),
                (["ŵARD.B", "ωmega", "ΩMEGA"], "ΩMEGA"),
                (["öst", "ÖST", "c@EXAMPLE.org"], "ÖSTLICH"),
            ] {
                for text in texts {
                    assert_eq!(found(text).await, [name], "{text}");
                }
            }
            assert!(found("before").await.is_empty());
        };
        all().await;

        // As an older program would have left it.
        let mut connection = AnyConnection::connect(fresh.url()).await.unwrap();
        sqlx::query("UPDATE people SET search = ''").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        assert!(found("éxample").await.is_empty());
        fresh.open().await;
        all().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_committed_never_was() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let mut act = database.act().await.unwrap();
        act.add_person(&clinician("a"), NOW).await.unwrap();
        act.record(&opened(1), NOW).await.unwrap();
        drop(act);
        assert!(database.people().await.unwrap().is_empty());
        assert_eq!(log(&database).await, "");

        let mut act = database.act().await.unwrap();
        act.record(&opened(2), NOW).await.unwrap();
        act.record(&opened(3), NOW).await.unwrap();
        act.commit().await.unwrap();
        let summary = verify(log(&database).await.as_bytes(), None).unwrap();
        assert_eq!(summary.records, 2);
    })
    .await;
}

/// The longest that is written is read, and what is longer is not written.
#[tokio::test]
async fn a_record_that_nobody_could_verify_is_refused() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let event = |length| Event::LinkOpened { registration: "x".repeat(length) };
        let around = Record::new(1, NOW, event(0), Hash::START).line().len() + 1;
        let longest = Record::LONGEST - around;

        let mut act = database.act().await.unwrap();
        let refused = act.record(&event(longest + 1), NOW).await.unwrap_err();
        assert!(matches!(refused, DatabaseError::TooLong), "{refused}");
        act.record(&event(longest), NOW).await.unwrap();
        act.record(&event(1), NOW).await.unwrap();
        act.commit().await.unwrap();
        assert_eq!(verify(log(&database).await.as_bytes(), None).unwrap().records, 2);
    })
    .await;
}

#[tokio::test]
async fn many_writers_leave_one_chain_of_evidence() {
    const WRITERS: usize = 8;
    const EACH: usize = 5;
    each(|fresh| async move {
        // Two pools, as two processes have.
        let databases = [fresh.open().await, fresh.open().await];
        let mut tasks = JoinSet::new();
        for writer in 0..WRITERS {
            let database = databases[writer % 2].clone();
            tasks.spawn(async move {
                for number in 0..EACH {
                    let mut act = database.act().await.unwrap();
                    act.record(&opened(writer * EACH + number), NOW).await.unwrap();
                    act.commit().await.unwrap();
                }
            });
        }
        tasks.join_all().await;
        let log = log(&databases[0]).await;
        assert_eq!(verify(log.as_bytes(), None).unwrap().records, (WRITERS * EACH) as u64);
        for number in 0..WRITERS * EACH {
            assert!(log.contains(&format!(r#""registration":"{number}""#)), "{number}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_ceremony_is_taken_once_and_within_its_time() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let ceremony = Ceremony { kind: "signin".into(), state: r#"{"a": "ä"}"#.into() };
        let mut act = database.act().await.unwrap();
        let in_time = act.offer(&ceremony, NOW, NOW + LIFE).await.unwrap();
        let late = act.offer(&ceremony, NOW, NOW + LIFE).await.unwrap();
        act.commit().await.unwrap();

        let last = NOW + LIFE - Duration::from_millis(1);
        let mut act = database.act().await.unwrap();
        assert_eq!(act.take(in_time.as_str(), last).await.unwrap(), Some(ceremony));
        assert_eq!(act.take(in_time.as_str(), last).await.unwrap(), None);
        assert_eq!(act.take(late.as_str(), NOW + LIFE).await.unwrap(), None);
        assert_eq!(act.take("never offered", NOW).await.unwrap(), None);
        act.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_oldest_ceremony_gives_way_when_there_are_too_many() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let ceremony = Ceremony { kind: "signin".into(), state: "{}".into() };
        let mut act = database.act().await.unwrap();
        let oldest = act.offer(&ceremony, NOW, NOW + LIFE).await.unwrap();
        let mut newest = oldest.clone();
        for number in 1..=Ceremony::MOST_PENDING {
            let ends = NOW + LIFE + Duration::from_millis(u64::from(number));
            newest = act.offer(&ceremony, NOW, ends).await.unwrap();
        }
        act.commit().await.unwrap();
        // There is a look at how many there are once in so many acts.
        for _ in 0..Ceremony::COUNTED_EVERY {
            let mut act = database.act().await.unwrap();
            act.offer(&ceremony, NOW, NOW + LIFE).await.unwrap();
            act.commit().await.unwrap();
        }
        let mut act = database.act().await.unwrap();
        assert_eq!(act.take(oldest.as_str(), NOW).await.unwrap(), None);
        assert!(act.take(newest.as_str(), NOW).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn an_authenticator_lives_from_pending_to_its_end() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let mut act = database.act().await.unwrap();
        let person = act.add_person(&clinician("a"), NOW).await.unwrap();
        let (made, id) = (passkey(&person, 1), [1; 32]);
        act.add_authenticator(&made, false, NOW).await.unwrap();
        assert!(!act.used_authenticator(&id, "{}", 1, NOW).await.unwrap(), "pending");
        assert!(act.activate_authenticator(&id, NOW).await.unwrap());
        assert!(!act.activate_authenticator(&id, NOW).await.unwrap(), "a second time");
        let later = NOW + LIFE;
        assert!(act.used_authenticator(&id, r#"{"b":1}"#, 7, later).await.unwrap());
        act.commit().await.unwrap();

        let found = database.authenticator(&id).await.unwrap().unwrap();
        assert_eq!((found.made.sign_count, found.last_used_at), (7, Some(later)));
        let before =
            NewAuthenticator { sign_count: u32::MAX, credential: "{}".into(), ..found.made };
        assert_eq!(before, made);

        let end = End { at: later, by: Some(person.clone()), reason: "Phone lost".into() };
        let mut act = database.act().await.unwrap();
        let destroyed = AuthenticatorState::Destroyed;
        assert!(!act.end_authenticator(&id, destroyed, &end).await.unwrap(), "only a pending one");
        assert!(act.end_authenticator(&id, AuthenticatorState::Removed, &end).await.unwrap());
        assert!(!act.used_authenticator(&id, "{}", 8, later).await.unwrap(), "removed");
        act.commit().await.unwrap();
        let found = database.authenticators_of(&person).await.unwrap();
        assert_eq!(found[0].end, Some(end));
        assert!(database.testers_authenticators(10).await.unwrap().is_empty());

        let mut act = database.act().await.unwrap();
        let again = act.add_authenticator(&made, true, NOW).await.unwrap_err();
        assert!(again.is_duplicate(), "{again}");
    })
    .await;
}

#[tokio::test]
async fn an_account_keeps_its_handle_and_a_person_on_the_register_the_name() {
    each(|fresh| async move {
        let database = fresh.open().await;
        database.seed_people(NOW).await.unwrap();
        let mut act = database.act().await.unwrap();
        let first = act.add_person(&clinician("a"), NOW).await.unwrap();
        let renamed = NewPerson { display_name: "Renamed".into(), ..clinician("a") };
        assert_eq!(act.add_person(&renamed, NOW).await.unwrap(), first);
        assert_eq!(act.person(&first).await.unwrap().unwrap().display_name, "Renamed");
        let seeded = act.add_person(&clinician("ward.one@example.org"), NOW).await.unwrap();
        let person = act.person(&seeded).await.unwrap().unwrap();
        assert_eq!(
            (person.display_name.as_str(), person.managed),
            ("Clinician with one role", true)
        );
    })
    .await;
}

#[tokio::test]
async fn the_audit_tells_the_newest_first() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let line = |act: &str, at| AuditLine {
            at,
            person: Some(PersonId::from_bytes(b"somebody")),
            act: act.into(),
            subject: Some("registration abc".into()),
            detail: "“quoted”".into(),
        };
        let lines = [line("first", NOW), line("second", NOW + LIFE)];
        for line in &lines {
            database.audit(line).await.unwrap();
        }
        let found = database.audit_lines(10).await.unwrap();
        assert_eq!(found, [lines[1].clone(), lines[0].clone()]);
        assert_eq!(database.audit_lines(1).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn evidence_is_read_in_parts() {
    let fresh = Fresh::sqlite();
    let database = fresh.open().await;
    let mut act = database.act().await.unwrap();
    for number in 0..1500 {
        act.record(&opened(number), NOW).await.unwrap();
    }
    act.commit().await.unwrap();
    let first = database.evidence_after(0).await.unwrap();
    let second = database.evidence_after(first.len() as u64).await.unwrap();
    assert_eq!((first.len(), second.len()), (1000, 500));
    assert!(database.evidence_after(1500).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_is_for_its_owner_alone() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("with %20 space.sqlite");
    let url = format!("sqlite:{}", file.display());
    assert!(matches!(
        Database::open_existing(&url).await,
        Err(DatabaseError::File { path, .. }) if path == file
    ));
    let database = Database::open(&url).await.unwrap();
    database.seed_people(NOW).await.unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{entry:?}");
        assert!(entry.file_name().to_str().unwrap().starts_with("with %20 space.sqlite"));
    }
    assert_eq!(Database::open_existing(&url).await.unwrap().people().await.unwrap().len(), 6);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(
        matches!(Database::open(&url).await, Err(DatabaseError::Exposed(path)) if path == file)
    );
    let text = folder.path().join("text");
    fs::write(&text, "No database, and longer than the head of one. ".repeat(4)).unwrap();
    fs::set_permissions(&text, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Database::open(&format!("sqlite:{}", text.display())).await.is_err());
    assert!(matches!(Database::open("mysql://x").await, Err(DatabaseError::Address)));
}

#[tokio::test]
async fn processes_that_start_at_once_bring_the_schema_up_to_date_once() {
    each(|fresh| async move {
        let mut tasks = JoinSet::new();
        for _ in 0..6 {
            let url = fresh.url().to_owned();
            tasks.spawn(async move { Database::open(&url).await.unwrap().check().await.unwrap() });
        }
        tasks.join_all().await;
        fresh.open().await.seed_people(NOW).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_temporary_database_leaves_nothing_and_says_nothing() {
    let database = Database::temporary().await.unwrap();
    database.seed_people(NOW).await.unwrap();
    assert_eq!(format!("{database:?}"), r#"Database { engine: "SQLite", .. }"#);
    let refused = Database::open("postgres://somebody:secret@127.0.0.1:1/x").await.unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("secret"), "{refused:?}");
}
