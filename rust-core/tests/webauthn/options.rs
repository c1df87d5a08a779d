//! Options: every member read, every mistake named.

use proptest::prelude::*;
use serde_json::{Value, json};
use wardkey_core::webauthn::{
    AttestationConveyance, AuthenticatorAttachment, CreationOptions, InvalidJson, RequestOptions,
    Requirement,
};

fn creation() -> Value {
    json!({
        "rp": {"id": "example.org", "name": "Example"},
        "user": {"id": "aWQ", "name": "clinician@example.org", "displayName": "Test clinician"},
        "challenge": "Y2hhbGxlbmdl",
        "pubKeyCredParams": [
            {"type": "public-key", "alg": -8},
            {"type": "public-key", "alg": -7},
            {"type": "other", "alg": 1},
        ],
        "timeout": 60_000,
        "excludeCredentials": [
            {"type": "public-key", "id": "AQ", "transports": ["usb", "new"]},
            {"type": "other", "id": "Ag"},
        ],
        "authenticatorSelection": {
            "authenticatorAttachment": "cross-platform",
            "residentKey": "required",
            "requireResidentKey": false,
            "userVerification": "required",
        },
        "hints": ["hybrid"],
        "attestation": "direct",
        "attestationFormats": ["android-key"],
        "extensions": {"credProps": true, "unknown": {"a": 1}},
    })
}

fn request() -> Value {
    json!({
        "challenge": "Y2hhbGxlbmdl",
        "timeout": 60_000,
        "rpId": "example.org",
        "allowCredentials": [{"type": "public-key", "id": "AQ"}, {"type": "other", "id": "Ag"}],
        "userVerification": "discouraged",
        "hints": [],
        "extensions": {},
    })
}

fn parse(options: &Value) -> Result<CreationOptions, InvalidJson> {
    CreationOptions::parse(&options.to_string())
}

/// The options with the member at a JSON pointer set, or removed.
fn with(mut options: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = options.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(map), Some(value)) => drop(map.insert(name.into(), value)),
        (Value::Object(map), None) => drop(map.remove(name)),
        (Value::Array(items), Some(value)) => items[name.parse::<usize>().unwrap()] = value,
        (parent, _) => panic!("{parent}"),
    }
    options
}

#[test]
fn every_member_of_creation_options_is_read() {
    let options = parse(&creation()).unwrap();
    assert_eq!(options.rp_id.as_deref(), Some("example.org"));
    assert_eq!(options.rp_name, "Example");
    assert_eq!(options.user.id, b"id");
    assert_eq!(options.user.name.as_deref(), Some("clinician@example.org"));
    assert_eq!(options.user.display_name.as_deref(), Some("Test clinician"));
    assert_eq!(options.challenge, b"challenge");
    assert_eq!(options.algorithms, [-8, -7]);
    assert_eq!(options.timeout, Some(60_000));
    assert_eq!(options.exclude_credentials.len(), 1);
    assert_eq!(options.exclude_credentials[0].id, [1]);
    assert_eq!(options.exclude_credentials[0].transports, ["usb", "new"]);
    assert_eq!(options.authenticator_attachment, Some(AuthenticatorAttachment::CrossPlatform));
    assert_eq!(options.resident_key, Requirement::Required);
    assert_eq!(options.user_verification, Requirement::Required);
    assert_eq!(options.attestation, AttestationConveyance::Direct);
    assert!(options.cred_props);
}

#[test]
fn every_member_of_request_options_is_read() {
    let options = RequestOptions::parse(&request().to_string()).unwrap();
    assert_eq!(options.challenge, b"challenge");
    assert_eq!(options.timeout, Some(60_000));
    assert_eq!(options.rp_id.as_deref(), Some("example.org"));
    assert_eq!(options.allow_credentials.unwrap().len(), 1);
    assert_eq!(options.user_verification, Requirement::Discouraged);
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_specification() {
    let least = json!({
        "rp": {"name": ""},
        "user": {"id": "AA", "name": "", "displayName": ""},
        "challenge": "",
        "pubKeyCredParams": [],
    });
    let nulls = json!({
        "timeout": null, "excludeCredentials": null, "authenticatorSelection": null,
        "attestation": null, "extensions": null,
    });
    let mut with_nulls = least.clone();
    with_nulls.as_object_mut().unwrap().extend(nulls.as_object().unwrap().clone());
    for options in [least, with_nulls] {
        let options = parse(&options).unwrap();
        assert_eq!(options.rp_id, None);
        assert_eq!(options.algorithms, [-7, -257]);
        assert_eq!(options.timeout, None);
        assert!(options.exclude_credentials.is_empty());
        assert_eq!(options.authenticator_attachment, None);
        assert_eq!(options.resident_key, Requirement::Discouraged);
        assert_eq!(options.user_verification, Requirement::Preferred);
        assert_eq!(options.attestation, AttestationConveyance::None);
        assert!(!options.cred_props);
    }
    let options = RequestOptions::parse(r#"{"challenge":"","allowCredentials":[]}"#).unwrap();
    assert_eq!((options.rp_id, options.allow_credentials), (None, None));
}

#[test]
fn unknown_values_count_as_left_out() {
    let mut options = creation();
    options["attestation"] = json!("secret-handshake");
    options["authenticatorSelection"] = json!({
        "authenticatorAttachment": "implant",
        "residentKey": "sometimes",
        "requireResidentKey": true,
        "userVerification": "maybe",
    });
    let options = parse(&options).unwrap();
    assert_eq!(options.attestation, AttestationConveyance::None);
    assert_eq!(options.authenticator_attachment, None);
    assert_eq!(options.resident_key, Requirement::Required);
    assert_eq!(options.user_verification, Requirement::Preferred);
}

#[test]
fn a_list_of_unknown_credentials_is_not_an_empty_list() {
    let json = r#"{"challenge":"","allowCredentials":[{"type":"other","id":"AQ"}]}"#;
    assert_eq!(RequestOptions::parse(json).unwrap().allow_credentials, Some(Vec::new()));
}

#[test]
fn a_missing_member_is_named() {
    let members = [
        ("/rp", "rp"),
        ("/rp/name", "rp.name"),
        ("/user", "user"),
        ("/user/id", "user.id"),
        ("/user/name", "user.name"),
        ("/user/displayName", "user.displayName"),
        ("/challenge", "challenge"),
        ("/pubKeyCredParams", "pubKeyCredParams"),
        ("/pubKeyCredParams/1/alg", "pubKeyCredParams[1].alg"),
        ("/pubKeyCredParams/2/type", "pubKeyCredParams[2].type"),
        ("/excludeCredentials/0/id", "excludeCredentials[0].id"),
        ("/excludeCredentials/1/type", "excludeCredentials[1].type"),
    ];
    for (pointer, member) in members {
        let error = parse(&with(creation(), pointer, None)).unwrap_err();
        assert_eq!(error, InvalidJson::Missing { member: member.into() });
    }
}

#[test]
fn a_member_of_the_wrong_type_is_named() {
    let members = [
        ("/rp", json!("x"), "rp"),
        ("/rp/id", json!(1), "rp.id"),
        ("/user/id", json!("AA=="), "user.id"),
        ("/challenge", json!("+/+/"), "challenge"),
        ("/challenge", json!([1, 2]), "challenge"),
        ("/timeout", json!("60000"), "timeout"),
        ("/timeout", json!(-1), "timeout"),
        ("/pubKeyCredParams", json!({}), "pubKeyCredParams"),
        ("/pubKeyCredParams/0", json!(-7), "pubKeyCredParams[0]"),
        ("/pubKeyCredParams/0/alg", json!(-7.5), "pubKeyCredParams[0].alg"),
        ("/excludeCredentials/0/transports", json!([1]), "excludeCredentials[0].transports"),
        ("/authenticatorSelection", json!([]), "authenticatorSelection"),
        ("/attestation", json!(true), "attestation"),
        ("/extensions/credProps", json!("yes"), "extensions.credProps"),
    ];
    for (pointer, value, expected) in members {
        match parse(&with(creation(), pointer, Some(value))) {
            Err(InvalidJson::WrongType { member, .. }) => assert_eq!(member, expected),
            other => panic!("{pointer}: {other:?}"),
        }
    }
    assert_eq!(
        parse(&json!([])),
        Err(InvalidJson::WrongType { member: "options".into(), expected: "an object" })
    );
}

#[test]
fn values_that_are_not_allowed_are_named() {
    let longest = with(creation(), "/user/id", Some(json!("A".repeat(86))));
    assert_eq!(parse(&longest).unwrap().user.id.len(), 64);
    let too_long = "A".repeat(87);
    let members = [
        ("/user/id", json!(""), "user.id"),
        ("/user/id", json!(too_long), "user.id"),
        ("/pubKeyCredParams", json!([{"type": "other", "alg": -7}]), "pubKeyCredParams"),
    ];
    for (pointer, value, expected) in members {
        match parse(&with(creation(), pointer, Some(value))) {
            Err(InvalidJson::Value { member, .. }) => assert_eq!(member, expected),
            other => panic!("{pointer}: {other:?}"),
        }
    }
}

#[test]
fn errors_say_where_and_not_what() {
    let error = CreationOptions::parse("{\n  \"challenge\": secret").unwrap_err();
    assert_eq!(error, InvalidJson::Syntax { line: 2, column: 16 });
    assert!(!error.to_string().contains("secret"));
}

#[test]
fn debug_shows_no_user() {
    let shown = format!("{:?}", parse(&creation()).unwrap());
    assert_eq!(shown, r#"CreationOptions { rp_id: Some("example.org"), .. }"#);
    let shown = format!("{:?}", RequestOptions::parse(&request().to_string()).unwrap());
    assert_eq!(shown, r#"RequestOptions { rp_id: Some("example.org"), .. }"#);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[A-Za-z0-9_-]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let name = prop::sample::select(vec!["id", "type", "alg", "name", "credProps", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.prop_map(String::from), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const POINTERS: [&str; 14] = [
    "/rp",
    "/rp/id",
    "/user",
    "/user/id",
    "/challenge",
    "/pubKeyCredParams",
    "/pubKeyCredParams/0",
    "/timeout",
    "/excludeCredentials",
    "/excludeCredentials/0",
    "/authenticatorSelection",
    "/attestation",
    "/extensions",
    "/extensions/credProps",
];

proptest! {
    #[test]
    fn hostile_text_never_panics(text in ".{0,200}") {
        prop_assert!(CreationOptions::parse(&text).is_err());
        prop_assert!(RequestOptions::parse(&text).is_err());
    }

    #[test]
    fn hostile_json_never_panics(value in any_json()) {
        let _ = CreationOptions::parse(&value.to_string());
        let _ = RequestOptions::parse(&value.to_string());
    }

    #[test]
    fn a_hostile_member_is_read_or_named(
        pointer in prop::sample::select(POINTERS.to_vec()),
        value in any_json(),
    ) {
        if let Err(error) = parse(&with(creation(), pointer, Some(value))) {
            let first = pointer.split('/').nth(1).unwrap();
            prop_assert!(error.to_string().contains(first), "{}: {}", pointer, error);
        }
    }

    #[test]
    fn deep_nesting_is_an_error(depth in 200_usize..5000) {
        prop_assert!(CreationOptions::parse(&"[".repeat(depth)).is_err());
        let nested = r#"{"extensions":"#.repeat(depth);
        prop_assert!(RequestOptions::parse(&nested).is_err());
    }
}
