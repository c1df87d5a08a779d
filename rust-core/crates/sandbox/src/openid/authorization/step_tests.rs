//! The decision, case by case, and what holds in every case.

use openidconnect::core::CoreAuthErrorResponseType as Code;
use proptest::{option, prelude::*, sample::select};

use super::{Signed, Step, next};
use crate::openid::{
    acr::Assurance,
    authorization::{
        answer::ReturnAddress,
        request::{AuthorizationRequest, CodeChallenge, Prompt},
    },
};

/// When the requests of these tests were made.
const MADE: i64 = 1_000_000;

fn request(change: impl FnOnce(&mut AuthorizationRequest)) -> AuthorizationRequest {
    let mut request = AuthorizationRequest {
        client_id: "ward".to_owned(),
        return_to: ReturnAddress {
            redirect_uri: "https://ward.example.org/back".to_owned(),
            state: None,
        },
        nonce: None,
        scopes: "openid selectedrole".parse().unwrap(),
        code_challenge: Some(CodeChallenge(String::new())),
        prompt: Prompt::default(),
        max_age: None,
        acr_values: "AAL3_ANY".parse().unwrap(),
        id_token_hint: None,
    };
    change(&mut request);
    request
}

/// Signed in at level 3 a minute before, a role chosen, one of three.
fn signed(change: impl FnOnce(&mut Signed)) -> Signed {
    let mut signed = Signed {
        assurance: Assurance::Three,
        at: MADE - 60_000,
        role_chosen_at: Some(MADE - 50_000),
        roles: 3,
        managed: true,
        expected: true,
    };
    change(&mut signed);
    signed
}

fn decided(request: &AuthorizationRequest, signed: Option<&Signed>) -> String {
    match next(request, MADE, signed, MADE + 1000) {
        Step::SignIn => "sign in".to_owned(),
        Step::ChooseRole => "choose".to_owned(),
        Step::TakeOnlyRole => "take".to_owned(),
        Step::Grant(acr) => acr.name().to_owned(),
        Step::Refuse(error) => error.code.as_ref().to_owned(),
    }
}

#[test]
fn each_case_has_its_step() {
    let plain = request(|_| ());
    let silent = request(|r| r.prompt.silent = true);
    let login = request(|r| r.prompt.login = true);
    let aged = |seconds| request(move |r| r.max_age = Some(seconds));
    let there = signed(|_| ());
    let fresh = signed(|s| (s.at, s.role_chosen_at) = (MADE, Some(MADE)));
    let weak = signed(|s| s.assurance = Assurance::Two);
    let weak_fresh = signed(|s| (s.assurance, s.at) = (Assurance::Two, MADE));
    let with = |roles| signed(move |s| (s.roles, s.role_chosen_at) = (roles, None));
    let stranger = signed(|s| s.expected = false);
    let stranger_fresh = signed(|s| (s.expected, s.at) = (false, MADE));
    let unknown = signed(|s| s.managed = false);
    let unknown_fresh = signed(|s| (s.managed, s.at) = (false, MADE));
    let either = request(|r| r.acr_values = "AAL2_OR_AAL3_ANY".parse().unwrap());

    for (request, signed, step) in [
        (&plain, None, "sign in"),
        (&silent, None, "login_required"),
        (&plain, Some(&there), "AAL3_ANY"),
        (&silent, Some(&there), "AAL3_ANY"),
        (&login, Some(&there), "sign in"),
        (&login, Some(&fresh), "AAL3_ANY"),
        // Step-up: once more, and only once.
        (&plain, Some(&weak), "sign in"),
        (&silent, Some(&weak), "login_required"),
        (&plain, Some(&weak_fresh), "unmet_authentication_requirements"),
        (&silent, Some(&weak_fresh), "unmet_authentication_requirements"),
        (&either, Some(&weak), "AAL2_OR_AAL3_ANY"),
        (&either, Some(&there), "AAL2_OR_AAL3_ANY"),
        (&aged(61), Some(&there), "AAL3_ANY"),
        (&aged(60), Some(&there), "sign in"),
        (&aged(0), Some(&there), "sign in"),
        (&aged(0), Some(&fresh), "AAL3_ANY"),
        (
            &request(|r| (r.prompt.silent, r.max_age) = (true, Some(1))),
            Some(&there),
            "login_required",
        ),
        (&plain, Some(&stranger), "sign in"),
        (&silent, Some(&stranger), "login_required"),
        (&plain, Some(&stranger_fresh), "login_required"),
        (&plain, Some(&unknown), "sign in"),
        (&silent, Some(&unknown), "login_required"),
        (&plain, Some(&unknown_fresh), "access_denied"),
        (&plain, Some(&with(0)), "choose"),
        (&plain, Some(&with(1)), "take"),
        (&plain, Some(&with(2)), "choose"),
        (&plain, Some(&with(8)), "choose"),
        (&silent, Some(&with(0)), "AAL3_ANY"),
        (&silent, Some(&with(1)), "take"),
        (&silent, Some(&with(2)), "interaction_required"),
        // After prompt=login the role of before is asked again.
        (&login, Some(&signed(|s| s.at = MADE)), "choose"),
        (&request(|r| r.scopes = "openid".parse().unwrap()), Some(&with(3)), "AAL3_ANY"),
    ] {
        assert_eq!(decided(request, signed), step, "{request:?} {signed:?}");
    }
}

prop_compose! {
    fn any_request()(
        (silent, login) in select(vec![(false, false), (true, false), (false, true)]),
        max_age in option::of(0_u64..200),
        acr in select(vec!["AAL3_ANY", "AAL2_ANY", "AAL2_OR_AAL3_ANY", "AAL3_FIDO2 AAL2_ANY"]),
        scopes in select(vec!["openid", "openid selectedrole"]),
    ) -> AuthorizationRequest {
        request(|r| {
            r.prompt = Prompt { silent, login };
            r.max_age = max_age;
            r.acr_values = acr.parse().unwrap();
            r.scopes = scopes.parse().unwrap();
        })
    }
}

prop_compose! {
    fn any_signed()(
        three: bool,
        at in MADE - 200_000..MADE + 1000,
        role_chosen_at in option::of(MADE - 200_000..MADE + 1000),
        roles in 0_usize..8,
        managed: bool,
        expected: bool,
    ) -> Signed {
        let assurance = if three { Assurance::Three } else { Assurance::Two };
        Signed { assurance, at, role_chosen_at, roles, managed, expected }
    }
}

proptest! {
    #[test]
    fn silence_shows_nothing_and_grants_keep_what_was_demanded(
        request in any_request(),
        signed in option::of(any_signed()),
    ) {
        let now = MADE + 1000;
        match next(&request, MADE, signed.as_ref(), now) {
            Step::SignIn | Step::ChooseRole => prop_assert!(!request.prompt.silent),
            Step::TakeOnlyRole => prop_assert_eq!(signed.unwrap().roles, 1),
            Step::Grant(acr) => {
                let signed = signed.unwrap();
                prop_assert!(signed.expected && signed.managed);
                prop_assert_eq!(request.acr_values.met_by(signed.assurance), Some(acr));
                let fresh = signed.at >= MADE;
                prop_assert!(fresh || !request.prompt.login);
                if let (Some(seconds), false) = (request.max_age, fresh) {
                    prop_assert!(now - signed.at <= i64::try_from(seconds).unwrap() * 1000);
                }
            }
            Step::Refuse(error) => {
                prop_assert!(request.prompt.silent || signed.is_some());
                prop_assert_ne!(error.code, Code::ServerError);
            }
        }
    }

    /// Whoever just signed in is not asked to sign in again: no circle.
    #[test]
    fn one_sign_in_is_enough_to_decide(request in any_request(), signed in any_signed()) {
        let signed = Signed { at: MADE, ..signed };
        prop_assert_ne!(next(&request, MADE, Some(&signed), MADE + 1000), Step::SignIn);
    }
}
