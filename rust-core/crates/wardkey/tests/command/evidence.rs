//! The log of what was done, given out and checked.

use std::{fs, path::Path};

use serde_json::Value;
use wardkey_evidence::{Event, Record};
use wardkey_register::{
    Database, Moment,
    testing::{Fresh, each},
};

use crate::{
    child::{Ended, Running, run},
    town::private_folder,
};

const RECORDS: usize = 5;

async fn filled(fresh: &Fresh) -> Database {
    let database = fresh.open().await;
    for number in 0..RECORDS {
        let mut act = database.act().await.unwrap();
        let event = Event::LinkOpened { registration: format!("cmVnaXN0cmF0aW9u{number}") };
        act.record(&event, Moment::from_millis(1_795_000_000_000)).await.unwrap();
        act.commit().await.unwrap();
    }
    database
}

async fn verify(file: &Path, more: &[&str]) -> Ended {
    let begin = ["--json", "evidence", "verify", file.to_str().unwrap()];
    run(&[&begin[..], more].concat()).await
}

#[tokio::test]
async fn an_export_is_vouched_for_and_every_change_to_it_is_found() {
    each(|fresh| async move {
        filled(&fresh).await;
        let exported = run(&["evidence", "export", "--database", fresh.url()]).await;
        let lines = exported.succeeded().printed.clone();
        assert_eq!(lines.len(), RECORDS);
        let head = Record::parse(&lines[RECORDS - 1]).unwrap().hash().to_string();
        assert!(exported.told.contains(&head), "{exported:?}");

        let folder = private_folder();
        let file = folder.path().join("evidence.jsonl");
        let write = |lines: &[String]| {
            fs::write(
                &file,
                lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>(),
            )
            .unwrap();
        };
        write(&lines);
        let found = verify(&file, &["--head", &head]).await.succeeded().json();
        assert_eq!(
            (&found["records"], &found["head"]),
            (&Value::from(RECORDS), &head.clone().into())
        );

        write(&lines[..RECORDS - 1]);
        verify(&file, &[]).await.succeeded();
        let ended = verify(&file, &["--head", &head]).await;
        ended.refused().says(
            "checking the evidence",
            "line 5: the log ends with another",
            "compare it",
        );

        let mut changed = lines.clone();
        changed[2] = changed[2].replace("cmVnaXN0cmF0aW9u2", "cmVnaXN0cmF0aW9u9");
        write(&changed);
        verify(&file, &[]).await.refused().says(
            "checking the evidence",
            "line 3: changed",
            "keep this file",
        );

        let mut swapped = lines.clone();
        swapped.swap(1, 3);
        write(&swapped);
        verify(&file, &[]).await.refused().says(
            "checking the evidence",
            "line 2: record 4 where 2",
            "",
        );
    })
    .await;
}

#[tokio::test]
async fn people_read_what_was_checked() {
    let fresh = Fresh::sqlite();
    filled(&fresh).await;
    let variables = [("DATABASE_URL", fresh.url())];
    let exported = Running::start_with(&["evidence", "export"], &variables).end().await;
    let mut checking = Running::start(&["evidence", "verify", "-"]);
    for line in &exported.succeeded().printed {
        checking.hears(line).await;
    }
    checking.hears_no_more();
    let told = checking.end().await.succeeded().printed.join("\n");
    for word in
        ["5 records, from 2026-11-18T11:06:40.000Z", "None was changed", "only --head can tell"]
    {
        assert!(told.contains(word), "“{word}” expected:\n{told}");
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_named() {
    let folder = private_folder();
    let missing = folder.path().join("missing");
    let url = format!("sqlite:{}", missing.display());
    let ended = run(&["--json", "evidence", "export", "--database", &url]).await;
    ended.refused().says("opening the database", "missing: No such file", "give sqlite:FILE");
    assert!(!missing.exists(), "an export makes no database");
    let ended = run(&["--json", "evidence", "export", "--database", "mysql://x"]).await;
    ended.refused().says("opening the database", "must start with", "give sqlite:FILE");
    verify(&missing, &[]).await.refused().says(
        "checking the evidence",
        "No such file",
        "check the file",
    );
    let ended = run(&["evidence", "verify", "-", "--head", "5f0c"]).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.told.contains("64 hexadecimal digits"), "{ended:?}");
}

#[tokio::test]
async fn a_sandbox_that_cannot_start_says_why() {
    let folder = private_folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("policy"), r#"{"name": "x"}"#).unwrap();
    fs::write(path("text"), "no database, and too long to be an empty one").unwrap();
    let authority = path("authority");
    let start = ["--json", "sandbox", "--listen", "127.0.0.1:0", "--authority", &authority];
    let (policy, text) = (path("policy"), format!("sqlite:{}", path("text")));
    for (arguments, stage, problem, remedy) in [
        (["--policy", &policy], "reading the policy", "missing field", "wardkey verify --help"),
        (["--revocation", &policy], "reading the revocation list", "missing field", "fetch"),
        (
            ["--database", &text],
            "opening the database",
            "others than its owner",
            "give sqlite:FILE",
        ),
        (["--database", "files"], "opening the database", "must start with", "give sqlite:FILE"),
        (["--origin", "http://example.org"], "starting the service", "must be https", "--origin"),
    ] {
        let ended = run(&[&start[..], &arguments].concat()).await;
        ended.refused().says(stage, problem, remedy);
    }
}
