//! Clients that send half a request and stall: nobody waits for the rest.

use std::time::Duration;

use wardkey_register::Database;
use wardkey_sandbox::Settings;

use crate::{common::start, databases::on_both};

on_both!(half_a_body_is_answered_and_stores_nothing);

async fn half_a_body_is_answered_and_stores_nothing(database: Database) {
    let settings = Settings {
        database: Some(database.clone()),
        body_time: Duration::from_millis(50),
        ..Settings::default()
    };
    let running = start(settings).await;
    let form = "application/x-www-form-urlencoded";
    let token = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token";
    for (path, kind, status) in [
        ("/register/options", "application/json", 408),
        ("/register/verify", "application/json", 408),
        ("/login/verify", "application/json", 408),
        ("/signin/verify", "application/json", 408),
        // RFC 6749 §5.2.
        (token, form, 400),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 900\r\n\r\n"
        );
        // The rest never comes, and the connection stays open on this side.
        let answer = running.send(format!("{head}{{\"userName\": ").as_bytes()).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.body.contains("took too long to arrive"), "{path}: {}", answer.body);
        if kind != form {
            assert_eq!(answer.refused().1, "too_slow", "{path}");
        }
    }
    assert!(database.testers_authenticators(9).await.unwrap().is_empty());
    let audit = database.audit_lines(20).await.unwrap();
    assert!(audit.iter().any(|line| line.detail == "too_slow"), "{audit:?}");
}
