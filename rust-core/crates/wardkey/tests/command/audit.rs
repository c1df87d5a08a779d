//! The audit, given out.

use serde_json::{Value, json};
use wardkey_register::{
    AuditLine, Moment,
    testing::{Fresh, each},
};

use crate::{
    child::{Running, run},
    town::private_folder,
};

#[tokio::test]
async fn every_line_is_given_out_the_oldest_first() {
    each(|fresh| async move {
        let database = fresh.open().await;
        database.seed_people(Moment::from_millis(0)).await.unwrap();
        let authority = database.person_by_name("desk.a@example.org").await.unwrap().unwrap().id;
        let nobody = AuditLine {
            at: Moment::from_millis(1_795_000_000_000),
            person: None,
            act: "enrol/open".to_owned(),
            subject: None,
            detail: "no_such_link".to_owned(),
        };
        let somebody = AuditLine {
            at: Moment::from_millis(1_795_000_000_001),
            person: Some(authority.clone()),
            act: "desk/removed".to_owned(),
            subject: Some("authenticator abc".to_owned()),
            detail: "csv “quoted\"".to_owned(),
        };
        for line in [&somebody, &nobody] {
            database.audit(line).await.unwrap();
        }
        let exported = run(&["audit", "export", "--database", fresh.url()]).await;
        let lines = exported.succeeded().printed.iter();
        let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
        let told = [
            json!({
                "at": "2026-11-18T11:06:40.000Z", "person": null,
                "act": "enrol/open", "subject": null, "detail": "no_such_link",
            }),
            json!({
                "at": "2026-11-18T11:06:40.001Z", "person": authority.as_str(),
                "act": "desk/removed", "subject": "authenticator abc", "detail": "csv “quoted\"",
            }),
        ];
        assert_eq!(lines, told);
        assert!(exported.told.contains("2 lines"), "{exported:?}");
    })
    .await;
}

#[tokio::test]
async fn an_empty_audit_is_no_failure() {
    let fresh = Fresh::sqlite();
    fresh.open().await;
    let variables = [("DATABASE_URL", fresh.url())];
    let exported = Running::start_with(&["audit", "export"], &variables).end().await;
    assert!(exported.succeeded().printed.is_empty());
    assert!(exported.told.contains("0 lines"), "{exported:?}");
}

#[tokio::test]
async fn what_cannot_be_opened_is_named() {
    let missing = private_folder().path().join("missing");
    let url = format!("sqlite:{}", missing.display());
    let ended = run(&["--json", "audit", "export", "--database", &url]).await;
    ended.refused().says("opening the database", "missing: No such file", "give sqlite:FILE");
    assert!(!missing.exists(), "an export makes no database");
    let ended = run(&["audit", "export", "--head", "5f0c"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}
