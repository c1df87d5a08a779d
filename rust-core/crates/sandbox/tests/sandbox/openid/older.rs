//! Applications as they were written for the real service: scopes of their own, no PKCE, and claims of the user.

use super::world::{BACK, SECRET, VERIFIER, World, basic, claims, follow, redemption, request};
use crate::{browser::Browser, databases::on_both};

/// A request of the application that was registered as one that sends no challenge.
const OLDER: [(&str, &str); 3] =
    [("client_id", "older"), ("code_challenge", ""), ("code_challenge_method", "")];

on_both!(
    an_application_that_sends_no_challenge_signs_in,
    scopes_that_nobody_knows_are_ignored_and_the_granted_ones_told,
    userinfo_tells_the_level_that_was_reached,
);

async fn an_application_that_sends_no_challenge_signs_in(world: World) {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let code = follow(&mut browser, &mut phone, &request(&OLDER)).await.code();
    let head = basic("older", SECRET);
    let without = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
    let tokens = world.token_as(&head, &without).await.ok();
    assert_eq!(claims(&tokens["id_token"])["nonce"], "n-0S6");

    // Somebody took the challenge out of the request: who sends a verifier had sent one.
    let code = follow(&mut browser, &mut phone, &request(&OLDER)).await.code();
    let refused = world.token_as(&head, &redemption(&code)).await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("invalid_grant")));

    // A challenge that was sent is looked at, whether it was demanded or not.
    let sent = request(&[("client_id", "older")]);
    for (verifier, status) in [(None, 400), (Some(VERIFIER), 200)] {
        let code = follow(&mut browser, &mut phone, &sent).await.code();
        let mut fields =
            vec![("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
        fields.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        assert_eq!(world.token_as(&head, &fields).await.status, status, "{verifier:?}");
    }
    // Of the others it is demanded.
    let none = request(&[("code_challenge", ""), ("code_challenge_method", "")]);
    assert_eq!(follow(&mut browser, &mut phone, &none).await.error(), "invalid_request");
}

async fn scopes_that_nobody_knows_are_ignored_and_the_granted_ones_told(world: World) {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let asked = request(&[("scope", "openid everything profile nhsperson offline_access")]);
    let code = follow(&mut browser, &mut phone, &asked).await.code();
    let tokens = world.redeem(&code).await;
    assert_eq!(tokens.headers("pragma"), ["no-cache"]);
    let tokens = tokens.ok();
    assert_eq!(tokens["scope"], "openid profile nhsperson");

    let told = world.user_info(tokens["access_token"].as_str().unwrap()).await.ok();
    for (claim, value) in [
        ("authentication_assurance_level", "3"),
        ("id_assurance_level", "3"),
        ("given_name", "Test"),
        ("family_name", "Clinician"),
        ("title", "Dr"),
        ("initials", "TO"),
        ("middle_names", "One"),
    ] {
        assert_eq!(told[claim], value, "{claim}");
    }

    // The nonce is of the first ID token alone (OpenID Connect Core §12.2).
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let refreshed = claims(&world.token(&fields).await.ok()["id_token"]);
    assert!(refreshed.get("nonce").is_none(), "{refreshed}");
    assert_eq!(refreshed["sub"], claims(&tokens["id_token"])["sub"]);
}

async fn userinfo_tells_the_level_that_was_reached(world: World) {
    let mut phone = world.phone("ward.one@example.org", 2).await;
    let mut browser = Browser::new(&world.running);
    let way = request(&[("acr_values", "AAL2_OR_AAL3_ANY")]);
    let code = follow(&mut browser, &mut phone, &way).await.code();
    let tokens = world.redeem(&code).await.ok();
    let told = world.user_info(tokens["access_token"].as_str().unwrap()).await.ok();
    assert_eq!(told["authentication_assurance_level"], "2");
    assert_eq!(claims(&tokens["id_token"])["authentication_assurance_level"], "2");
}
