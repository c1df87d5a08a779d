//! One of two sandboxes stopped in the middle of an act, and was not ended: the other says so, and goes on later.

use std::time::Duration;

use serde_json::json;
use wardkey_register::{Database, Limits, testing::Fresh};
use wardkey_sandbox::Settings;

use crate::{browser::Browser, common::start, databases::on_both};

const NEVER: Duration = Duration::from_hours(1);

on_both!(an_act_that_does_not_get_its_turn_is_answered,);

async fn an_act_that_does_not_get_its_turn_is_answered(fresh: Fresh) {
    let limits = |turn| Limits { turn, idle: NEVER, statement: NEVER };
    let stopped = Database::open_with(fresh.url(), limits(NEVER)).await.unwrap();
    let short = limits(Duration::from_secs(1));
    let database = Database::open_with(fresh.url(), short).await.unwrap();
    let running = start(Settings { database: Some(database), ..Settings::default() }).await;

    let held = stopped.act().await.unwrap();
    let mut browser = Browser::new(&running);
    let answer = browser.json("/login/options", &json!({})).await;
    assert_eq!(answer.refused(), (503, "database".to_owned()));
    // What only reads goes on.
    assert_eq!(browser.get("/healthz").await.status, 200);
    assert_eq!(browser.get("/").await.status, 200);

    drop(held);
    browser.json("/login/options", &json!({})).await.ok();
}
