//! Any text is an origin, a relying party id and options, or an error; any bytes end a ceremony.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardkey_core::webauthn::{
    AppOrigin, AttestationObject, Authentication, Caller, Registration, RpId, WebOrigin, base64url,
};

fuzz_target!(|case: (&str, &[u8])| {
    let (text, response) = case;
    let caller = Caller::page(WebOrigin::parse("https://login.example.org").expect("an origin"));
    for options in [text, CREATION] {
        if let Ok(registration) = Registration::new(options, &caller) {
            let _ = registration.finish(response);
        }
    }
    for options in [text, REQUEST] {
        if let Ok(authentication) = Authentication::new(options, &caller) {
            let _ = authentication.finish(response);
        }
    }
    check_spellings(text);
    if let Ok(object) = AttestationObject::decode(response) {
        assert_eq!(AttestationObject::decode(&object.encode()), Ok(object));
    }
});

fn check_spellings(text: &str) {
    if let Ok(origin) = WebOrigin::parse(text) {
        assert_eq!(WebOrigin::parse(origin.as_str()), Ok(origin));
    }
    if let Ok(rp_id) = RpId::parse(text) {
        assert_eq!(RpId::parse(rp_id.as_str()), Ok(rp_id));
    }
    if let Ok(origin) = AppOrigin::parse(text) {
        assert_eq!(origin.as_str(), text);
    }
    if let Ok(bytes) = base64url::decode(text) {
        assert_eq!(base64url::encode(&bytes), text);
    }
}

const CREATION: &str = r#"{
    "rp": {"id": "example.org", "name": "Example"},
    "user": {"id": "aWQ", "name": "n", "displayName": "d"},
    "challenge": "Y2hhbGxlbmdl",
    "pubKeyCredParams": [],
    "attestation": "direct"
}"#;

const REQUEST: &str = r#"{"challenge": "Y2hhbGxlbmdl", "rpId": "example.org"}"#;
