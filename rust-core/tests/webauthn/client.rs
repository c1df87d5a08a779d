//! The client of an authenticator on another device.

use serde_json::json;
use wardkey_core::{
    ctap::{
        cbor::{Map, Value as Cbor},
        cose::ES256,
        get_assertion, make_credential,
    },
    webauthn::{AttestationObject, DomException, Error, InvalidResponse, ScopeError, base64url},
};
use x509_cert::{der::Decode, spki::SubjectPublicKeyInfoRef};

use crate::ceremony::{
    AAGUID, assertion_response, attested_response, auth_data, creation, object, ok, parsed,
    public_key, register, registration_response, self_statement, sign_in, verified,
};

#[test]
fn a_registration_is_asked_for_as_the_options_say() {
    let registration = register(&creation()).unwrap();
    assert_eq!(registration.timeout(), Some(60_000));
    let message = registration.command();
    assert_eq!(message[0], 0x01);
    let request = make_credential::Request::decode(&message[1..]).unwrap();
    assert_eq!(&request, registration.request());
    assert_eq!(request.rp.id, "example.org");
    assert_eq!(request.rp.name.as_deref(), Some("Example"));
    assert_eq!(request.user.id, b"id");
    assert_eq!(request.algorithms, [ES256]);
    assert_eq!(request.exclude_list[0].id, [1]);
    assert_eq!(request.exclude_list[0].transports, ["hybrid"]);
}

#[test]
fn only_algorithms_that_can_be_read_here_are_asked_for() {
    let offering = |algorithms: &[i64]| {
        let kinds = algorithms.iter().map(|alg| json!({"type": "public-key", "alg": alg}));
        let mut options = creation();
        options["pubKeyCredParams"] = kinds.collect();
        register(&options)
    };
    // A phone with EdDSA would take the first, and its key could not be read.
    assert_eq!(offering(&[-8, -7, -257]).unwrap().request().algorithms, [ES256]);
    let none = offering(&[-8, -257]).map(drop).unwrap_err();
    assert_eq!((none.dom_exception(), none), (DomException::NotSupported, Error::NoAlgorithm));
}

#[test]
fn wishes_become_options() {
    let cases = [
        (json!({}), None, Some(true)),
        (json!({"residentKey": "discouraged", "userVerification": "discouraged"}), None, None),
        (
            json!({"residentKey": "preferred", "userVerification": "preferred"}),
            Some(true),
            Some(true),
        ),
        (
            json!({"residentKey": "required", "userVerification": "required"}),
            Some(true),
            Some(true),
        ),
        (json!({"requireResidentKey": true}), Some(true), Some(true)),
    ];
    for (selection, discoverable, user_verification) in cases {
        let mut options = creation();
        options["authenticatorSelection"] = selection.clone();
        let registration = register(&options).unwrap();
        let asked = registration.request().options;
        assert_eq!(asked.discoverable, discoverable, "{selection}");
        assert_eq!(asked.user_verification, user_verification, "{selection}");
        assert_eq!(asked.user_presence, None);
    }
}

#[test]
fn a_registration_response_has_every_member() {
    let mut options = creation();
    options["attestation"] = json!("direct");
    options["extensions"] = json!({"credProps": true});
    options["authenticatorSelection"] = json!({"residentKey": "required"});
    let data = auth_data("example.org", verified(), true, AAGUID);
    let json = register(&options).unwrap().finish(&registration_response(data.clone())).unwrap();
    let json = parsed(&json);
    let id = base64url::encode(&[9; 32]);
    let client_data = r#"{"type":"webauthn.create","challenge":"Y2hhbGxlbmdl","origin":"https://login.example.org","crossOrigin":false}"#;
    let spki = base64url::decode(json["response"]["publicKey"].as_str().unwrap()).unwrap();
    assert_eq!(
        json,
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {"credProps": {"rk": true}},
            "response": {
                "clientDataJSON": base64url::encode(client_data.as_bytes()),
                "authenticatorData": base64url::encode(&data),
                "transports": ["hybrid", "internal"],
                "publicKey": base64url::encode(&spki),
                "publicKeyAlgorithm": -7,
                "attestationObject": base64url::encode(&AttestationObject {
                    format: "packed".into(),
                    statement: object(&json).statement,
                    auth_data: data.clone(),
                }.encode()),
            },
        })
    );
    let spki = SubjectPublicKeyInfoRef::from_der(&spki).unwrap();
    assert_eq!(spki.algorithm.oid.to_string(), "1.2.840.10045.2.1");
    assert_eq!(spki.subject_public_key.raw_bytes(), public_key().sec1());
}

#[test]
fn attestation_is_conveyed_only_to_those_who_ask() {
    let conveyed = |preference: &str, aaguid| {
        let mut options = creation();
        options["attestation"] = json!(preference);
        let data = auth_data("example.org", verified(), true, aaguid);
        let json = register(&options).unwrap().finish(&registration_response(data)).unwrap();
        object(&parsed(&json)).format
    };
    assert_eq!(conveyed("none", AAGUID), "none");
    assert_eq!(conveyed("unheard-of", AAGUID), "none");
    assert_eq!(conveyed("indirect", AAGUID), "packed");
    assert_eq!(conveyed("direct", AAGUID), "packed");
    assert_eq!(conveyed("enterprise", AAGUID), "packed");
    // Self attestation of no particular model identifies nothing.
    assert_eq!(conveyed("none", [0; 16]), "packed");
}

#[test]
fn only_self_attestation_identifies_nothing() {
    let data = || auth_data("example.org", verified(), true, [0; 16]);
    let mut with_chain = self_statement();
    with_chain.insert("x5c", Cbor::Array(vec![vec![1].into()]));
    for (format, statement) in [("packed", with_chain), ("android-key", self_statement())] {
        let response = attested_response(data(), format, statement);
        let json = register(&creation()).unwrap().finish(&response).unwrap();
        let object = object(&parsed(&json));
        assert_eq!((object.format.as_str(), object.statement.len()), ("none", 0));
        // The credential itself stays as it was signed.
        assert_eq!(object.auth_data, data());
    }
}

#[test]
fn cred_props_say_what_was_asked_of_the_authenticator() {
    for (resident_key, rk) in [("discouraged", false), ("preferred", true)] {
        let mut options = creation();
        options["extensions"] = json!({"credProps": true});
        options["authenticatorSelection"] = json!({"residentKey": resident_key});
        let data = auth_data("example.org", verified(), true, AAGUID);
        let json = register(&options).unwrap().finish(&registration_response(data)).unwrap();
        let expected = json!({"credProps": {"rk": rk}});
        assert_eq!(parsed(&json)["clientExtensionResults"], expected);
    }
}

#[test]
fn cred_props_come_only_when_asked_for() {
    let data = auth_data("example.org", verified(), true, AAGUID);
    let json = register(&creation()).unwrap().finish(&registration_response(data)).unwrap();
    assert_eq!(parsed(&json)["clientExtensionResults"], json!({}));
}

#[test]
fn a_phone_is_no_part_of_the_workstation() {
    let mut options = creation();
    options["authenticatorSelection"] = json!({"authenticatorAttachment": "platform"});
    let error = register(&options).unwrap_err();
    assert_eq!(error, Error::Attachment);
    assert_eq!(error.dom_exception(), DomException::NotAllowed);
}

#[test]
fn a_sign_in_goes_from_options_to_response() {
    let options = json!({"challenge": "Y2hhbGxlbmdl", "rpId": "example.org"});
    let authentication = sign_in(&options).unwrap();
    let message = authentication.command();
    assert_eq!(message[0], 0x02);
    let request = get_assertion::Request::decode(&message[1..]).unwrap();
    assert_eq!(request.allow_list, None);
    assert_eq!(request.options.discoverable, None);
    assert_eq!(request.options.user_verification, Some(true));

    let data = auth_data("example.org", verified(), false, AAGUID);
    let response = ok(&assertion_response(data.clone()).encode());
    let json = parsed(&authentication.finish(&response).unwrap());
    let id = base64url::encode(&[9; 32]);
    let client_data = r#"{"type":"webauthn.get","challenge":"Y2hhbGxlbmdl","origin":"https://login.example.org","crossOrigin":false}"#;
    assert_eq!(
        json,
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url::encode(client_data.as_bytes()),
                "authenticatorData": base64url::encode(&data),
                "signature": base64url::encode(&[3, 4]),
                "userHandle": base64url::encode(b"id"),
            },
        })
    );
}

#[test]
fn the_only_allowed_credential_need_not_be_named() {
    let id = base64url::encode(&[9; 32]);
    let mut options = json!({
        "challenge": "", "rpId": "example.org",
        "allowCredentials": [{"type": "public-key", "id": id}],
    });
    let data = auth_data("example.org", verified(), false, AAGUID);
    let mut map = Map::from_iter([(2, Cbor::from(data)), (3, Cbor::from(vec![1]))]);
    let response = ok(&Cbor::from(map.clone()).encode());
    let json = parsed(&sign_in(&options).unwrap().finish(&response).unwrap());
    assert_eq!(json["id"], json!(id));
    assert_eq!(json["response"].get("userHandle"), None);

    options["allowCredentials"] = json!([
        {"type": "public-key", "id": id}, {"type": "public-key", "id": "AQ"},
    ]);
    map.insert(6, true);
    let result = sign_in(&options).unwrap().finish(&ok(&Cbor::from(map).encode()));
    assert!(matches!(result, Err(Error::Response(InvalidResponse::Encoding(_)))));
}

#[test]
fn a_list_of_unknown_credentials_asks_nobody() {
    let options = json!({"challenge": "", "allowCredentials": [{"type": "other", "id": "AQ"}]});
    let error = sign_in(&options).unwrap_err();
    assert_eq!(error, Error::NoKnownCredential);
    assert_eq!(error.dom_exception(), DomException::NotAllowed);
}

#[test]
fn a_strange_relying_party_is_a_security_error() {
    let error = sign_in(&json!({"challenge": "", "rpId": "example.com"})).unwrap_err();
    assert!(matches!(error, Error::Scope(ScopeError::OutOfScope { .. })));
    assert_eq!(error.dom_exception().name(), "SecurityError");
    let mut options = creation();
    options["rp"]["id"] = json!("org");
    assert_eq!(register(&options).unwrap_err().dom_exception(), DomException::Security);
}

#[test]
fn unreadable_options_are_an_encoding_error() {
    let error = sign_in(&json!({"challenge": "AA=="})).unwrap_err();
    assert_eq!(error.dom_exception().name(), "EncodingError");
    assert!(error.to_string().contains("\"challenge\""), "{error}");
}
