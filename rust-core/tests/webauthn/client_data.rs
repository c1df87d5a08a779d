//! Client data and the bytes in it.

use proptest::prelude::*;
use serde_json::Value;
use wardkey_core::webauthn::{Ceremony, CollectedClientData, CrossOrigin, base64url};

/// Text with much of what needs, or seems to need, an escape.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        any::<char>(),
        prop::sample::select(vec!['"', '\\', '/', '\0', '\n', '\x1f', '\x7f', '\u{2028}', '😀']),
    ];
    prop::collection::vec(character, 0..40).prop_map(|characters| characters.into_iter().collect())
}

fn cross_origin() -> impl Strategy<Value = CrossOrigin> {
    prop_oneof![
        Just(CrossOrigin::No),
        prop::option::of(text()).prop_map(|top_origin| CrossOrigin::Yes { top_origin }),
    ]
}

proptest! {
    #[test]
    fn a_json_parser_reads_what_was_meant(
        challenge in prop::collection::vec(any::<u8>(), 0..80),
        origin in text(),
        cross_origin in cross_origin(),
        extra in text(),
    ) {
        let mut data = CollectedClientData::new(Ceremony::Create, challenge.clone(), origin.clone());
        data.cross_origin = cross_origin.clone();
        data.extra.push(("extra".into(), extra.clone()));
        let json: Value = serde_json::from_str(&data.to_json()).unwrap();
        prop_assert_eq!(&json["type"], "webauthn.create");
        prop_assert_eq!(&json["challenge"], &base64url::encode(&challenge));
        prop_assert_eq!(&json["origin"], &origin);
        prop_assert_eq!(&json["extra"], &extra);
        match cross_origin {
            CrossOrigin::No => prop_assert_eq!(&json["crossOrigin"], false),
            CrossOrigin::Yes { top_origin } => {
                prop_assert_eq!(&json["crossOrigin"], true);
                prop_assert_eq!(json["topOrigin"].as_str(), top_origin.as_deref());
            }
        }
    }

    #[test]
    fn only_quote_backslash_and_controls_are_escaped(origin in text()) {
        let json = CollectedClientData::new(Ceremony::Get, *b"c", origin.clone()).to_json();
        let mut expected = String::new();
        for character in origin.chars() {
            match character {
                '"' => expected.push_str(r#"\""#),
                '\\' => expected.push_str(r"\\"),
                character if u32::from(character) < 0x20 => {
                    expected.extend(format!("\\u{:04x}", u32::from(character)).chars());
                }
                character => expected.push(character),
            }
        }
        // The fixed order of §5.8.1.1, which verifiers may compare instead of parsing.
        let start = r#"{"type":"webauthn.get","challenge":"Yw","origin":""#;
        prop_assert_eq!(json, format!(r#"{start}{expected}","crossOrigin":false}}"#));
    }

    #[test]
    fn bytes_survive_base64url(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let text = base64url::encode(&bytes);
        prop_assert_eq!(base64url::decode(&text), Ok(bytes));
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }

    #[test]
    fn one_value_has_one_spelling(text in "[A-Za-z0-9_=+/ -]{0,12}") {
        if let Ok(bytes) = base64url::decode(&text) {
            prop_assert_eq!(base64url::encode(&bytes), text);
        }
    }

    #[test]
    fn any_text_may_be_tried_as_base64url(text in ".{0,40}") {
        let _ = base64url::decode(&text);
    }
}

#[test]
fn base64url_is_strict() {
    assert_eq!(base64url::decode(""), Ok(Vec::new()));
    assert_eq!(base64url::decode("-_8"), Ok(vec![0xfb, 0xff]));
    for text in ["AA==", "AA=", "A", "AB", "AAB", "+/8", "AA ", " AA", "A\nA", "ÄA", "AAA\0"] {
        assert!(base64url::decode(text).is_err(), "{text:?}");
    }
}

#[test]
fn debug_shows_no_client_data() {
    let data = CollectedClientData::new(Ceremony::Get, *b"challenge", "https://example.org");
    assert_eq!(format!("{data:?}"), "CollectedClientData { ceremony: Get, .. }");
}
