//! Register, sign in and be verified, with every part a process of its own.

use serde_json::{Value, json};

use crate::{
    child::{Ended, Running, run},
    town::{CLINICIAN, Town, code, keys, meet},
};

/// Checks that the phone's radio, and nothing else, is on these lines.
fn assert_one_advert(lines: &[String]) {
    let [advert, stop] = lines else { panic!("an advert and its end expected: {lines:?}") };
    let digits = advert.strip_prefix("ADVERT ").unwrap();
    assert_eq!(digits.len(), 40);
    assert!(digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{digits}");
    assert_eq!(stop, "STOP");
}

async fn passkeys(town: &Town) -> Value {
    let state = town.state();
    let listed = run(&["--json", "phone", "list", "--state", state.to_str().unwrap()]).await;
    listed.succeeded().json()
}

/// The code of a passkey can still be read when the ceremony is over, by people and by programs.
async fn assert_code_is_shown(town: &Town, id: &str, code: &Value) {
    let state = town.state();
    let show = ["phone", "show", id, "--state", state.to_str().unwrap()];
    let shown = run(&[&["--json"], &show[..]].concat()).await;
    assert_eq!(shown.succeeded().json()["code"], *code);
    let shown = run(&show).await.succeeded().printed.join("\n");
    let row = format!("{:<26} {}", "Code to compare", code.as_str().unwrap());
    assert!(shown.contains(&row), "{shown}");
}

#[tokio::test]
async fn a_passkey_is_registered_signs_in_and_is_listed() {
    let town = Town::build().await;
    let challenge =
        town.challenge("register", json!({"userName": CLINICIAN, "hybrid": true})).await;
    let (phone, workstation) = town.play("create", &challenge.options, "approve").await;

    let [radio @ .., done] = phone.succeeded().printed.as_slice() else { panic!("{phone:?}") };
    assert_one_advert(radio);
    let done: Value = serde_json::from_str(done).unwrap();
    assert_eq!((&done["done"], done["code"].as_str().unwrap().len()), (&json!("created"), 14));

    let credential = workstation.succeeded().json();
    assert_eq!(credential["type"], "public-key");
    assert_eq!(credential["id"], credential["rawId"]);
    assert_eq!(credential["authenticatorAttachment"], "cross-platform");
    assert!(credential["response"]["attestationObject"].is_string(), "{credential}");
    assert!(credential["clientExtensionResults"].is_object(), "{credential}");
    let verdict = town.verify("register", challenge, &credential).await;
    assert_eq!(verdict["flags"]["userVerified"], true);
    assert_eq!(verdict["flags"]["backupEligible"], false);
    assert_eq!(verdict["attestation"]["format"], "android-key");
    assert_eq!(verdict["attestation"]["verified"], true, "{verdict}");

    let listed = passkeys(&town).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["userName"], CLINICIAN);
    assert_eq!(listed[0]["lastUsed"], Value::Null);
    assert_eq!(keys(&town.state()), 1);
    assert_code_is_shown(&town, listed[0]["id"].as_str().unwrap(), &done["code"]).await;

    for signatures in 1..=2 {
        let challenge = town.challenge("signin", json!({"hybrid": true})).await;
        let (phone, workstation) = town.play("get", &challenge.options, "approve").await;
        assert_eq!(phone.succeeded().printed[2], json!({"done": "signed-in"}).to_string());
        let credential = workstation.succeeded().json();
        assert!(credential["response"]["userHandle"].is_string(), "{credential}");
        let verdict = town.verify("signin", challenge, &credential).await;
        assert_eq!(verdict["user"]["name"], CLINICIAN);
        assert_eq!(verdict["signCount"], signatures);
        assert_eq!(passkeys(&town).await[0]["signatureCounter"], signatures);
    }
}

#[tokio::test]
async fn a_passkey_that_is_named_signs_in() {
    let town = Town::build().await;
    town.register().await;
    let asked = json!({"userName": CLINICIAN, "allowList": true});
    let challenge = town.challenge("signin", asked).await;
    assert_eq!(challenge.options["allowCredentials"].as_array().unwrap().len(), 1);
    let (_, workstation) = town.play("get", &challenge.options, "approve").await;
    town.verify("signin", challenge, &workstation.succeeded().json()).await;
}

#[tokio::test]
async fn people_read_words_and_only_the_radio_is_on_the_phones_standard_output() {
    let town = Town::build().await;
    let challenge = town.challenge("register", json!({"userName": CLINICIAN})).await;
    let options = town.path("wrapped.json");
    // As the server's answer was saved, with everything around the options.
    let answer = json!({"publicKey": challenge.options, "session": "s"});
    std::fs::write(&options, answer.to_string()).unwrap();
    let (options, state) = (options.to_str().unwrap(), town.state());
    let create = ["workstation", "create", "--options", options, "--origin", &town.origin];
    let mut workstation = Running::start(&[&create[..], &town.network()].concat());
    let code = code(&mut workstation).await;
    assert!(workstation.tells("wardkey phone scan").await.contains(&format!("'{code}'")));

    let scan = ["phone", "scan", &code, "--state", state.to_str().unwrap(), "--user", "approve"];
    let phone = Running::start(&[&scan[..], &town.network()].concat());
    let (phone, workstation) = meet(phone, workstation).await;
    assert_one_advert(&phone.succeeded().printed);
    assert!(phone.told.ends_with("Passkey created."), "{}", phone.told);
    assert_stages(
        &phone,
        &[
            "opening the tunnel",
            "waiting for the workstation to notice this phone",
            "agreeing on keys",
            "waiting for the workstation's request",
            "waiting for the person to decide",
            "hanging up",
        ],
    );
    assert_stages(
        &workstation,
        &[
            "showing the code",
            "opening the tunnel",
            "agreeing on keys",
            "waiting for the phone's answer",
        ],
    );
    town.verify("register", challenge, &workstation.succeeded().json()).await;
}

/// Checks that the stages were told, in this order.
fn assert_stages(ended: &Ended, stages: &[&str]) {
    let mut rest = ended.told.as_str();
    for stage in stages {
        let (_, after) =
            rest.split_once(stage).unwrap_or_else(|| panic!("“{stage}” expected: {}", ended.told));
        rest = after;
    }
}

#[tokio::test]
async fn the_picture_of_the_code_can_be_scanned() {
    let town = Town::build().await;
    let challenge = town.challenge("register", json!({"userName": CLINICIAN})).await;
    let picture = town.path("code.png");
    let picture = picture.to_str().unwrap();
    let mut workstation = town.workstation("create", &challenge.options, &["--qr-image", picture]);
    workstation.tells("showing the code").await;
    let phone = town.phone("approve", &["--image", picture]);
    let (phone, workstation) = meet(phone, workstation).await;
    phone.succeeded();
    town.verify("register", challenge, &workstation.succeeded().json()).await;
}

#[tokio::test]
async fn the_code_can_come_on_standard_input() {
    let town = Town::build().await;
    let (workstation, code) = town.registering_workstation().await;
    let mut phone = town.phone("approve", &[]);
    phone.hears(&format!("  {}  ", code.to_lowercase())).await;
    phone.hears_no_more();
    let (phone, workstation) = meet(phone, workstation).await;
    phone.succeeded();
    workstation.succeeded();
}

#[tokio::test]
async fn other_adverts_and_noise_before_the_phones_do_no_harm() {
    let town = Town::build().await;
    let (mut workstation, code) = town.registering_workstation().await;
    workstation.hears("STOP").await;
    workstation.hears("").await;
    workstation.hears(&format!("ADVERT {}", "5a".repeat(20))).await;
    let (phone, workstation) = meet(town.phone("approve", &[&code]), workstation).await;
    phone.succeeded();
    workstation.succeeded();
}
