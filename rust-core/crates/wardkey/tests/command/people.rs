//! People who decline, do not answer or are not who they say; and phones that cannot help.

use serde_json::json;

use crate::{
    child::{Ended, Running, run},
    town::{CLINICIAN, Town, keys, meet, overhear},
};

/// Checks how a ceremony that was refused ended at both ends, in the words of each.
fn refused(ended: &(Ended, Ended), phone: (&str, &str), workstation: &str) {
    let (problem, remedy) = phone;
    ended.0.refused().says("the phone's ceremony", problem, remedy);
    ended.1.refused().says("the phone's answer", workstation, "see the phone");
    assert_eq!(ended.1.printed.len(), 1, "no response: {:?}", ended.1);
}

const DECLINED: (&str, (&str, &str)) = ("deny", ("the user declined", "confirm on the phone"));
const SILENT: (&str, (&str, &str)) = ("ignore", ("did not answer in time", "confirm on the phone"));
const UNVERIFIED: (&str, (&str, &str)) = ("uv-fail", ("could not be verified", "unlock the phone"));

#[tokio::test]
async fn a_user_who_does_not_agree_to_a_passkey() {
    let town = Town::build().await;
    for (user, phone) in [DECLINED, SILENT, UNVERIFIED] {
        let challenge = town.challenge("register", json!({"userName": CLINICIAN})).await;
        let ended = town.play("create", &challenge.options, user).await;
        refused(&ended, phone, "NotAllowedError");
        assert_eq!(keys(&town.state()), 0, "{user}");
    }
    town.register().await;
}

#[tokio::test]
async fn a_user_who_does_not_agree_to_a_sign_in() {
    let town = Town::build().await;
    town.register().await;
    for (user, phone) in [DECLINED, SILENT, UNVERIFIED] {
        let challenge = town.challenge("signin", json!({})).await;
        let ended = town.play("get", &challenge.options, user).await;
        refused(&ended, phone, "NotAllowedError");
    }
    let challenge = town.challenge("signin", json!({})).await;
    let (_, workstation) = town.play("get", &challenge.options, "approve").await;
    let verdict = town.verify("signin", challenge, &workstation.succeeded().json()).await;
    assert_eq!(verdict["signCount"], 1, "what was refused was not signed");
}

#[tokio::test]
async fn an_account_that_has_a_passkey_here() {
    let town = Town::build().await;
    let first = town.register().await;
    let asked = json!({"userName": CLINICIAN, "exclude": true});
    let challenge = town.challenge("register", asked).await;
    assert_eq!(challenge.options["excludeCredentials"][0]["id"], first["credentialId"]);
    let ended = town.play("create", &challenge.options, "approve").await;
    let phone = ("already has a passkey", "sign in with the passkey that is there");
    refused(&ended, phone, "InvalidStateError");
    assert_eq!(keys(&town.state()), 1);
}

#[tokio::test]
async fn a_phone_without_a_passkey_for_the_site() {
    let town = Town::build().await;
    let challenge = town.challenge("signin", json!({})).await;
    let ended = town.play("get", &challenge.options, "approve").await;
    refused(&ended, ("no working passkey", "register this phone"), "NotAllowedError");
    // Nor does the passkey of another phone help.
    let mut options = challenge.options.clone();
    options["allowCredentials"] = json!([{"type": "public-key", "id": "AAAAAAAAAAAAAAAAAAAAAA"}]);
    let ended = town.play("get", &options, "approve").await;
    refused(&ended, ("no working passkey", "register this phone"), "NotAllowedError");
}

#[tokio::test]
async fn a_site_with_other_algorithms_alone() {
    let town = Town::build().await;
    let mut options = town.challenge("register", json!({"userName": CLINICIAN})).await.options;
    options["pubKeyCredParams"] = json!([{"type": "public-key", "alg": -257}]);
    let workstation = town.workstation("create", &options, &[]).end().await;
    let problem = "only ES256 (-7) can (NotSupportedError)";
    workstation.refused().says(
        "reading the relying party's options",
        problem,
        "ES256 (-7) in pubKeyCredParams",
    );
    assert_eq!(workstation.printed.len(), 1, "no code is shown: {workstation:?}");
    assert_eq!(keys(&town.state()), 0);
}

#[tokio::test]
async fn a_second_phone_that_scans_the_same_code() {
    let town = Town::build().await;
    let (mut workstation, code) = town.registering_workstation().await;
    let mut first = town.phone("ignore", &["--patience", "600", &code]);
    overhear(&mut first, &mut workstation).await;
    first.tells("waiting for the person to decide").await;

    let state = town.path("second");
    let scan = ["--json", "phone", "scan", &code, "--user", "approve"];
    let own = ["--state", state.to_str().unwrap()];
    let second = run(&[&scan[..], &own, &town.network()].concat()).await;
    second.refused().says("opening the tunnel", "HTTP status 409", "with one phone");
    assert_eq!(second.printed.len(), 1, "no advert: {second:?}");
    assert_eq!(keys(&state), 0);

    // The first is not disturbed.
    first.signal(rustix::process::Signal::INT);
    let (first, _) = meet(first, workstation).await;
    first.refused().says("waiting for the person to decide", "cancelled", "");
}

#[tokio::test]
async fn a_code_that_was_used() {
    let town = Town::build().await;
    let (workstation, code) = town.registering_workstation().await;
    let (phone, workstation) = meet(town.phone("approve", &[&code]), workstation).await;
    phone.succeeded();
    workstation.succeeded();
    // Nobody listens to this one, and nothing but its user can tell.
    let mut late = town.phone("approve", &[&code]);
    assert!(late.prints().await.unwrap().starts_with("ADVERT "));
    late.signal(rustix::process::Signal::INT);
    late.end().await.refused().says("waiting for the workstation to notice this phone", "", "");
    assert_eq!(keys(&town.state()), 1);
}

#[tokio::test]
async fn a_phone_that_is_busy() {
    let town = Town::build().await;
    let (workstation, code) = town.registering_workstation().await;
    let mut busy = town.phone("ignore", &["--patience", "600", &code]);
    busy.prints().await.unwrap();
    let other = town.phone("approve", &[&code]).end().await;
    other.refused().says("opening the state folder", "another process", "use another folder");
    drop(workstation);
}

#[tokio::test]
async fn nobody_to_ask() {
    // A process without a terminal of its own; setsid(1) takes it away.
    let mut command = tokio::process::Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_wardkey"), "phone", "scan", "FIDO:/0"]);
    let output = command.output().await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("--user approve, deny, ignore or uv-fail"), "{told}");
}

#[tokio::test]
async fn a_result_that_nobody_reads() {
    let town = Town::build().await;
    let (mut workstation, code) = town.registering_workstation().await;
    workstation.stops_listening_to_stdout();
    let (phone, workstation) = meet(town.phone("approve", &[&code]), workstation).await;
    phone.succeeded();
    assert_eq!(workstation.code, Some(1), "{workstation:?}");
    assert!(workstation.told.contains("Failed at writing the result"), "{workstation:?}");
}

#[tokio::test]
async fn progress_that_nobody_reads() {
    let town = Town::build().await;
    let (mut workstation, code) = town.registering_workstation().await;
    workstation.stops_listening_to_stderr();
    let mut phone = town.phone("approve", &[&code]);
    phone.stops_listening_to_stderr();
    let (phone, workstation) = meet(phone, workstation).await;
    phone.succeeded();
    assert!(workstation.succeeded().json()["response"].is_object());
}

#[tokio::test]
async fn an_advert_that_nobody_can_hear() {
    let town = Town::build().await;
    let (_workstation, code) = town.registering_workstation().await;
    let mut phone: Running = town.phone("approve", &[&code]);
    phone.stops_listening_to_stdout();
    let ended = phone.end().await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.told.contains("cannot write the advert"), "{ended:?}");
    assert_eq!(keys(&town.state()), 0);
}
