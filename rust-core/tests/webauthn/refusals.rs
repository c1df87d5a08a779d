//! What a client refuses of an authenticator, and what a page learns of it.

use serde_json::{Value, json};
use wardkey_core::{
    ctap::{auth_data::Flags, get_assertion, status::Status},
    webauthn::{DomException, Error, InvalidResponse, Refusal},
};

use crate::ceremony::{
    AAGUID, PRESENT, assertion_response, auth_data, creation, ok, register, registration_response,
    sign_in, verified,
};

#[test]
fn a_status_becomes_the_exception_a_page_may_see() {
    let cases = [
        (0x19, "InvalidStateError"),
        (0x26, "NotSupportedError"),
        (0x2b, "ConstraintError"),
        (0x27, "NotAllowedError"),
        (0x2e, "NotAllowedError"),
        (0x2f, "NotAllowedError"),
        (0x30, "NotAllowedError"),
        (0x7f, "NotAllowedError"),
        (0xf2, "NotAllowedError"),
    ];
    for (status, exception) in cases {
        let error = register(&creation()).unwrap().finish(&[status]).unwrap_err();
        assert_eq!(error.dom_exception().name(), exception, "{status:#04x}");
    }
    // A map that follows a failure makes no success of it.
    let data = auth_data("example.org", verified(), true, AAGUID);
    let mut response = registration_response(data);
    response[0] = 0x01;
    let error = register(&creation()).unwrap().finish(&response).unwrap_err();
    assert_eq!(error, Error::Refused(Refusal::Known(Status::InvalidCommand)));
    let error = register(&creation()).unwrap().finish(&[0x19]).unwrap_err();
    assert_eq!(error, Error::Refused(Refusal::Known(Status::CredentialExcluded)));
    assert!(error.to_string().contains("CTAP2_ERR_CREDENTIAL_EXCLUDED"), "{error}");
}

#[test]
fn a_registration_nobody_should_accept_is_refused() {
    let finish = |data| {
        let mut options = creation();
        options["authenticatorSelection"] = json!({"userVerification": "required"});
        match register(&options).unwrap().finish(&registration_response(data)) {
            Err(Error::Response(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let data = |rp_id, flags, registration| auth_data(rp_id, flags, registration, AAGUID);
    assert_eq!(finish(data("example.com", verified(), true)), InvalidResponse::RelyingParty);
    assert_eq!(finish(data("example.org", PRESENT, true)), InvalidResponse::UserNotVerified);
    let absent = Flags::USER_VERIFIED;
    assert_eq!(finish(data("example.org", absent, true)), InvalidResponse::UserAbsent);
    assert_eq!(finish(data("example.org", verified(), false)), InvalidResponse::NoCredential);
    assert!(matches!(finish(vec![1; 40]), InvalidResponse::AuthenticatorData(_)));
    for response in [vec![], vec![0x00], vec![0x00, 0xa0], vec![0x00, 0xff]] {
        let error = register(&creation()).unwrap().finish(&response).unwrap_err();
        assert!(matches!(error, Error::Response(_)), "{response:?}");
        assert_eq!(error.dom_exception(), DomException::Unknown);
    }
}

#[test]
fn user_verification_that_was_only_preferred_may_be_missing() {
    let data = auth_data("example.org", PRESENT, true, AAGUID);
    assert!(register(&creation()).unwrap().finish(&registration_response(data)).is_ok());
}

#[test]
fn an_assertion_nobody_should_accept_is_refused() {
    let data = || auth_data("example.org", verified(), false, AAGUID);
    let finish = |options: &Value, response: &get_assertion::Response| match sign_in(options)
        .unwrap()
        .finish(&ok(&response.encode()))
    {
        Err(Error::Response(error)) => error,
        other => panic!("{other:?}"),
    };
    let any = json!({"challenge": "", "rpId": "example.org"});
    for user_handle in [None, Some(vec![])] {
        let response = get_assertion::Response { user_handle, ..assertion_response(data()) };
        assert_eq!(finish(&any, &response), InvalidResponse::NoUserHandle);
    }
    let one = json!({
        "challenge": "", "rpId": "example.org",
        "allowCredentials": [{"type": "public-key", "id": "AQ"}],
    });
    let response = assertion_response(data());
    assert_eq!(finish(&one, &response), InvalidResponse::UnexpectedCredential);
    let wrong = assertion_response(auth_data("login.example.org", verified(), false, AAGUID));
    assert_eq!(finish(&any, &wrong), InvalidResponse::RelyingParty);
}

#[test]
fn debug_shows_no_client_data_or_user() {
    let shown = format!(
        "{:?} {:?}",
        register(&creation()).unwrap(),
        sign_in(&json!({"challenge": "c2VjcmV0"})).unwrap()
    );
    assert_eq!(
        shown,
        "Registration { rp: RelyingParty { id: \"example.org\", name: Some(\"Example\") }, .. } \
         Authentication { rp_id: \"login.example.org\", .. }"
    );
}
