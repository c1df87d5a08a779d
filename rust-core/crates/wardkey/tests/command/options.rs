//! Options that a workstation cannot use: refused before a code is shown.

use std::fs;

use serde_json::{Value, json};

use crate::{
    child::{Ended, Running, run},
    town::private_folder,
};

const ORIGIN: &str = "https://www.example.org";
const READING: &str = "reading the relying party's options";

fn creation_options() -> Value {
    json!({
        "challenge": "AAAAAAAAAAAAAAAAAAAAAA",
        "rp": {"id": "example.org", "name": "Example"},
        "user": {"id": "dXNlcg", "name": "clinician@example.org", "displayName": "Test clinician"},
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    })
}

fn request_options() -> Value {
    json!({
        "challenge": "AAAAAAAAAAAAAAAAAAAAAA",
        "rpId": "example.org",
        "allowCredentials": [{"type": "public-key", "id": "AAAA"}],
    })
}

/// Gives these options to a workstation that will find nobody if it takes them.
async fn offer(what: &str, options: &[u8], origin: &str) -> Ended {
    let folder = private_folder();
    let file = folder.path().join("options.json");
    fs::write(&file, options).unwrap();
    offer_file(what, file.to_str().unwrap(), origin).await
}

async fn offer_file(what: &str, file: &str, origin: &str) -> Ended {
    let begin = ["--json", "workstation", what, "--origin", origin, "--options", file];
    let ended = run(&[&begin[..], &["--radio", "lines"]].concat()).await;
    // The input ends at once, which only a workstation that shows its code notices.
    if !ended.told.contains("the input ended") {
        assert!(!ended.told.contains("FIDO:/"), "{}", ended.told);
    }
    ended
}

/// Options with one member, named by its path, replaced or removed.
fn with(mut options: Value, path: &str, value: Option<Value>) -> Vec<u8> {
    let (parent, member) = path.rsplit_once('/').unwrap();
    let parent = options.pointer_mut(parent).unwrap();
    match (value, parent) {
        (Some(value), parent) => parent[member] = value,
        (None, Value::Object(object)) => drop(object.remove(member).unwrap()),
        (None, parent) => panic!("no object: {parent}"),
    }
    options.to_string().into_bytes()
}

#[tokio::test]
async fn good_options_are_taken() {
    for (what, options) in [("create", creation_options()), ("get", request_options())] {
        let ended = offer(what, options.to_string().as_bytes(), ORIGIN).await;
        ended.refused().says("showing the code", "the input ended", "");
    }
}

#[tokio::test]
async fn creation_options_with_a_member_that_is_wrong() {
    let cases = [
        ("/challenge", None, "\"challenge\" is missing"),
        ("/challenge", Some(json!(7)), "\"challenge\" is not"),
        ("/challenge", Some(json!("a+b/")), "\"challenge\" is not a base64url string"),
        ("/challenge", Some(json!("AAAA==")), "\"challenge\" is not a base64url string"),
        ("/user", None, "\"user\" is missing"),
        ("/user", Some(json!([])), "\"user\" is not an object"),
        ("/user/id", Some(json!("%%")), "\"user.id\" is not a base64url string"),
        ("/user/id", Some(json!("A".repeat(88))), "\"user.id\""),
        ("/user/id", Some(json!("")), "\"user.id\""),
        ("/user/name", Some(json!(1)), "\"user.name\" is not"),
        ("/rp", Some(json!("example.org")), "\"rp\" is not an object"),
        ("/rp/id", Some(json!({})), "\"rp.id\" is not"),
        ("/pubKeyCredParams", None, "\"pubKeyCredParams\" is missing"),
        ("/pubKeyCredParams", Some(json!("-7")), "\"pubKeyCredParams\" is not"),
        ("/pubKeyCredParams", Some(json!([-7])), "\"pubKeyCredParams"),
        (
            "/pubKeyCredParams",
            Some(json!([{"type": "public-key", "alg": "ES256"}])),
            "alg\" is not",
        ),
        (
            "/excludeCredentials",
            Some(json!([{"type": "public-key", "id": "="}])),
            "not a base64url string",
        ),
        (
            "/authenticatorSelection",
            Some(json!(true)),
            "\"authenticatorSelection\" is not an object",
        ),
        (
            "/authenticatorSelection",
            Some(json!({"authenticatorAttachment": "platform"})),
            "part of the workstation",
        ),
    ];
    for (path, value, problem) in cases {
        let options = with(creation_options(), path, value);
        offer("create", &options, ORIGIN).await.refused().says(READING, problem, "WebAuthn JSON");
    }
}

#[tokio::test]
async fn request_options_with_a_member_that_is_wrong() {
    let cases = [
        ("/challenge", None, "\"challenge\" is missing"),
        ("/rpId", Some(json!(["example.org"])), "\"rpId\" is not"),
        ("/allowCredentials", Some(json!({})), "\"allowCredentials\" is not"),
        ("/allowCredentials/0", Some(json!({"type": "public-key"})), "id\" is missing"),
        (
            "/allowCredentials/0",
            Some(json!({"type": "public-key", "id": "a b"})),
            "not a base64url string",
        ),
    ];
    for (path, value, problem) in cases {
        let mut options = request_options();
        if let Some(item) = path.strip_prefix("/allowCredentials/") {
            options["allowCredentials"][item.parse::<usize>().unwrap()] = value.unwrap();
            let options = options.to_string().into_bytes();
            offer("get", &options, ORIGIN).await.refused().says(READING, problem, "WebAuthn JSON");
        } else {
            let options = with(options, path, value);
            offer("get", &options, ORIGIN).await.refused().says(READING, problem, "WebAuthn JSON");
        }
    }
}

#[tokio::test]
async fn what_is_no_json_object() {
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let large = format!("{}{}", " ".repeat(1 << 20), creation_options());
    let cases = [
        (&b""[..], "not JSON"),
        (b"{\"challenge\": ", "not JSON: error at line 1"),
        (b"[]", "is not an object"),
        (b"null", "is not an object"),
        (&deep, "not JSON"),
        (large.as_bytes(), "1 MiB"),
        (b"\xff\xfe", "UTF-8"),
    ];
    for what in ["create", "get"] {
        for (options, problem) in cases {
            offer(what, options, ORIGIN).await.refused().says(READING, problem, "JSON");
        }
    }
}

#[tokio::test]
async fn files_that_cannot_be_read() {
    let folder = private_folder();
    let missing = folder.path().join("missing.json");
    for path in [missing.as_path(), folder.path()] {
        let path = path.to_str().unwrap();
        let refused = offer_file("create", path, ORIGIN).await.refused();
        refused.says(READING, path, "--options");
    }
}

#[tokio::test]
async fn a_page_that_may_not_ask() {
    let options = creation_options().to_string().into_bytes();
    for (origin, problem) in [
        ("https://example.com", "https://example.com may not use passkeys of \"example.org\""),
        ("https://notexample.org", "may not use passkeys"),
        ("https://example.org.attacker.example", "may not use passkeys"),
    ] {
        offer("create", &options, origin).await.refused().says(READING, problem, "");
    }
    let suffix = with(creation_options(), "/rp/id", Some(json!("org")));
    offer("create", &suffix, ORIGIN).await.refused().says(READING, "may not use passkeys", "");

    for (origin, problem) in [
        ("www.example.org", "is not an origin"),
        ("https://www.example.org/page", "is not an origin"),
        ("http://www.example.org", "not a secure origin"),
        ("https://192.0.2.1", "has no domain"),
    ] {
        let ended = offer("create", &options, origin).await;
        ended.refused().says("reading the origin", problem, "https://host");
    }
}

#[tokio::test]
async fn texts_of_the_site_cannot_move_the_cursor() {
    let hostile = "example.org\u{1b}[2J\u{7}\r\nFailed at nothing";
    let options = with(creation_options(), "/rp/id", Some(json!(hostile)));
    let ended = offer("create", &options, ORIGIN).await;
    let refused = ended.refused();
    refused.says(READING, "example.org", "");
    assert!(!refused.problem.contains(char::is_control), "{refused:?}");
    let ended = offer("create", &options, &format!("{ORIGIN}\u{1b}[2J")).await;
    assert!(!ended.told.contains('\u{1b}'), "{ended:?}");
}

#[tokio::test]
async fn a_picture_that_cannot_be_saved() {
    let folder = private_folder();
    let options = folder.path().join("options.json");
    fs::write(&options, creation_options().to_string()).unwrap();
    for picture in ["missing/code.png", "."] {
        let picture = folder.path().join(picture);
        let begin = ["--json", "workstation", "create", "--origin", ORIGIN, "--radio", "lines"];
        let files =
            ["--options", options.to_str().unwrap(), "--qr-image", picture.to_str().unwrap()];
        let ended = run(&[&begin[..], &files].concat()).await;
        ended.refused().says("saving the QR code", picture.to_str().unwrap(), "--qr-image");
    }
}

#[tokio::test]
async fn options_on_standard_input_need_another_radio() {
    let begin = ["workstation", "create", "--origin", ORIGIN, "--options", "-"];
    let mut running = Running::start(&[&begin[..], &["--radio", "lines"]].concat());
    running.hears_no_more();
    let ended = running.end().await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.told.contains("--options"), "{}", ended.told);
}
