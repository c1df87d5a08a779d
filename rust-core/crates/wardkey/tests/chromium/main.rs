//! A real Chromium registers and signs in with the phone, verified by the sandbox, and is told the
//! right thing when that is not to be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]

mod network;
mod phone;
mod room;
mod ward;

use ward::Ward;

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_registered_and_signs_in() {
    let mut ward = Ward::open("register").await;
    let registered = ward.ceremony("approve", "").await;
    assert!(registered.phone.success(), "{}", registered.said);
    let result = registered.result();
    // The app asks for a secure element first, and its test keys say that they are in one.
    let level = if phone::other_phone().is_some() { "StrongBox" } else { "TEE" };
    assert_eq!(
        result["attestation"]["words"],
        format!("test chain, proves nothing about hardware: android-key, hardware level {level}")
    );
    assert_eq!(result["flags"]["userVerified"], true);
    assert_eq!(result["flags"]["backupEligible"], false);

    ward.go_to("signin").await;
    for count in 1..=2 {
        let signed_in = ward.ceremony("approve", "").await;
        assert!(signed_in.phone.success(), "{}", signed_in.said);
        let result = signed_in.result();
        assert_eq!(result["signCount"], count);
        assert_eq!(result["credentialId"], registered.result()["credentialId"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_declines_fails_or_sleeps_is_not_let_in() {
    let mut ward = Ward::open("register").await;
    for (user, reason) in [
        ("deny", "the user declined"),
        ("uv-fail", "could not be verified"),
        ("ignore", "did not answer in time"),
    ] {
        let refused = ward.ceremony(user, "").await;
        assert_eq!(refused.phone.code(), Some(1));
        assert!(refused.said.contains(reason), "{}", refused.said);
        assert!(refused.problem().contains("NotAllowedError"), "{}", refused.problem());
    }
    // Nothing is left of it, and the next try works.
    assert_eq!(ward.keys_on_the_phone(), 0);
    ward.ceremony("approve", "").await.result();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_excluded_passkey_is_an_invalid_state() {
    let mut ward = Ward::open("register").await;
    ward.ceremony("approve", "").await.result();
    let refused = ward.ceremony("approve", "form.elements.exclude.checked = true;").await;
    assert!(refused.problem().contains("InvalidStateError"), "{}", refused.problem());
    assert!(refused.said.contains("already has a passkey"), "{}", refused.said);
    assert_eq!(ward.keys_on_the_phone(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_of_another_phone_is_not_found() {
    let mut ward = Ward::open("register").await;
    ward.ceremony("approve", "").await.result();
    ward.replace_the_phone();
    ward.go_to("signin").await;
    let with_list = "form.elements.allowList.checked = true;";
    for switches in [with_list, ""] {
        let refused = ward.ceremony("approve", switches).await;
        assert!(refused.problem().contains("NotAllowedError"), "{}", refused.problem());
        assert!(refused.said.contains("no working passkey"), "{}", refused.said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_cut_in_the_middle_of_a_command_ends_both_sides() {
    let mut ward = Ward::open("register").await;
    let cut = ward.cut_while_the_user_thinks().await;
    assert!(cut.problem().contains("NotAllowedError"), "{}", cut.problem());
    assert_eq!(cut.phone.code(), Some(1));
    assert!(cut.said.contains("was cut"), "{}", cut.said);
    assert_eq!(ward.keys_on_the_phone(), 0);
    ward.ceremony("approve", "").await.result();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_loses_its_network_says_so_and_keeps_no_key() {
    let mut ward = Ward::open("register").await;
    let lost = ward.lose_the_network_while_the_user_thinks().await;
    assert!(lost.problem().contains("NotAllowedError"), "{}", lost.problem());
    assert_eq!(lost.phone.code(), Some(1));
    assert!(lost.said.contains("was cut"), "{}", lost.said);
    assert_eq!(ward.keys_on_the_phone(), 0);
    ward.ceremony("approve", "").await.result();
}

/// Silent for as long as anybody listens. The `timeout` of a request would take three minutes at least, which
/// is the shortest that Chromium grants, so the page ends it in the other way that it has.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_never_answers_is_given_up_and_keeps_no_key() {
    let mut ward = Ward::open("register").await;
    let given_up = ward.give_up_while_the_user_thinks().await;
    assert!(given_up.problem().contains("AbortError"), "{}", given_up.problem());
    assert_eq!(given_up.phone.code(), Some(1));
    assert!(given_up.said.contains("the other device ended the ceremony"), "{}", given_up.said);
    assert_eq!(ward.keys_on_the_phone(), 0);
    // The next try is served as if nothing had been.
    ward.ceremony("approve", "").await.result();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_in_the_middle_of_a_command_leaves_nothing_behind() {
    let mut ward = Ward::open("register").await;
    let killed = ward.kill_while_the_user_thinks().await;
    assert!(killed.problem().contains("NotAllowedError"), "{}", killed.problem());
    assert_eq!(killed.phone.code(), None, "{}", killed.said);
    // What it had begun is swept when the phone starts again.
    ward.ceremony("approve", "").await.result();
    assert_eq!(ward.keys_on_the_phone(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn adverts_of_strangers_are_passed_over() {
    let mut ward = Ward::open("register").await;
    ward.disturb_with(vec![vec![0x5a; 20], vec![0; 20], vec![0xff; 21], vec![1; 3]]);
    ward.ceremony("approve", "").await.result();
}

#[cfg(all(feature = "bluetooth", target_os = "linux"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_with_bluetooth_of_its_own_registers_and_signs_in() {
    let mut ward = Ward::open("register").await;
    ward.give_the_phone_bluetooth().await;
    let registered = ward.ceremony("approve", "").await;
    assert!(registered.phone.success(), "{}", registered.said);
    assert_eq!(registered.result()["attestation"]["verified"], true);
    ward.silence().await;

    ward.go_to("signin").await;
    let signed_in = ward.ceremony("approve", "").await;
    assert!(signed_in.phone.success(), "{}", signed_in.said);
    assert_eq!(signed_in.result()["credentialId"], registered.result()["credentialId"]);
    ward.silence().await;
}

/// On the workstation, whose page stands in for the desk: a link of the service itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_registration_link_ends_in_an_active_passkey_or_in_none() {
    let mut ward = Ward::open("").await;
    for (same, state) in [(false, "differed"), (true, "active")] {
        let link = ward.links[usize::from(same)].url.clone();
        let (on_the_phone, on_the_page) = ward.register_by_link(&link).await;
        assert_eq!(on_the_phone, on_the_page);
        assert_eq!(on_the_phone.len(), "1234 5678 9012".len());
        assert_eq!(ward.compare(same).await, state);
    }
    ward.go_to("signin").await;
    let signed_in = ward.ceremony("approve", "form.elements.userName.value = '';").await;
    assert!(signed_in.phone.success(), "{}", signed_in.said);
    assert_eq!(signed_in.result()["user"]["name"], "desk.b@example.org");
}
