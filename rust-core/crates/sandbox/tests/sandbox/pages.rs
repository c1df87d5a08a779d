//! The pages are there, safe, and made of what the sandbox serves itself.

use serde_json::json;
use wardkey_core::attestation::verdict::Policy;
use wardkey_register::{Database, testing::lose};
use wardkey_sandbox::Settings;

use crate::{
    authenticator::to_base64,
    browser::passkey_of,
    common::{NAME, Running, start},
    databases::on_both,
};

on_both!(
    each_page_is_served_with_a_strict_policy,
    a_user_name_cannot_write_into_the_page,
    the_first_page_names_the_origin,
    the_machine_page_answers,
    the_machine_page_says_when_the_database_is_gone,
    who_is_on_the_register_is_not_told_to_anybody,
    a_test_policy_is_told_on_every_page,
);

async fn each_page_is_served_with_a_strict_policy(running: Running) {
    for path in ["/", "/register", "/signin", "/nowhere"] {
        let answer = running.get(path).await;
        assert_eq!(answer.status, if path == "/nowhere" { 404 } else { 200 }, "{path}");
        for header in [
            "content-type: text/html; charset=utf-8",
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
        ] {
            assert!(answer.head.contains(header), "{path} {header}: {}", answer.head);
        }
        assert!(
            !answer.body.contains("<script>")
                && !answer.body.contains("style=\"")
                && !answer.body.contains(" onclick")
        );
        assert!(
            answer.body.contains("<html lang=\"en-GB\">")
                && answer.body.contains("href=\"#maincontent\"")
        );
    }
}

#[tokio::test]
async fn everything_a_page_refers_to_is_served_here() {
    let running = start(Settings::default()).await;
    let page = running.get("/register").await.body;
    let referred: Vec<&str> = page.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(referred.len() >= 4, "{referred:?}");
    for path in referred.iter().chain(&["/assets/nhsuk-frontend.js"]) {
        let answer = running.get(path).await;
        assert!(answer.status == 200 && answer.body.len() > 100, "{path}");
        assert!(answer.head.contains("cache-control: no-cache"), "{}", answer.head);
    }
    let styles = running.get("/assets/nhsuk-frontend.css").await;
    assert!(styles.head.contains("content-type: text/css"));
    assert!(!styles.body.contains("https://assets.nhs.uk"), "no font from elsewhere");
    assert_eq!(
        running.get("/assets/package.json").await.refused(),
        (404, "no_such_page".to_owned())
    );
}

async fn a_user_name_cannot_write_into_the_page(running: Running) {
    let mut phone = running.phone();
    let name = "<img src=x onerror=alert(1)>\"'&";
    running.register(&mut phone, json!({ "userName": name })).await.ok();
    let page = running.get("/").await.body;
    assert!(
        !page.contains("<img")
            && page.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;"),
        "{page}"
    );
}

async fn the_first_page_names_the_origin(running: Running) {
    assert!(running.get("/").await.body.contains(&running.origin.replace('/', "&#x2f;")));
}

async fn the_machine_page_answers(running: Running) {
    let answer = running.get("/healthz").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
}

async fn the_machine_page_says_when_the_database_is_gone(database: Database) {
    let running = start(Settings { database: Some(database.clone()), ..Settings::default() }).await;
    assert_eq!(running.get("/healthz").await.status, 200);
    lose(&database).await;
    assert_eq!(running.get("/healthz").await.refused(), (503, "database".to_owned()));
}

/// Anybody may read the first page, and ask for a list of passkeys.
async fn who_is_on_the_register_is_not_told_to_anybody(database: Database) {
    let phone = passkey_of(&database, "ward.one@example.org", 3).await;
    let running = start(Settings { database: Some(database.clone()), ..Settings::default() }).await;
    running.register(&mut running.phone(), json!({})).await.ok();
    let page = running.get("/").await.body;
    assert!(page.contains(NAME), "{page}");
    assert!(!page.contains("ward.one") && !page.contains(&to_base64(&phone.credential_id)));
    for (name, code) in
        [("ward.one@example.org", 404), ("ward.three@example.org", 404), (NAME, 200)]
    {
        let asked = json!({ "userName": name, "allowList": true });
        assert_eq!(running.post("/signin/options", &asked).await.status, code, "{name}");
    }
}

async fn a_test_policy_is_told_on_every_page(settings: Settings) {
    const PAGES: [&str; 5] = ["/", "/register", "/signin", "/login", "/nowhere"];
    let policy = Policy { test: true, name: "<Ward tests>".to_owned(), ..Policy::aal3() };
    let testing = start(Settings { policy, ..settings.clone() }).await;
    let earnest = start(settings).await;
    for page in PAGES {
        let body = testing.get(page).await.body;
        assert!(body.contains("Test policy “&lt;Ward tests&gt;”"), "{page}: {body}");
        assert!(!earnest.get(page).await.body.contains("Test policy"), "{page}");
    }
}
