//! Claims by scope: what was asked for, and nothing more.

use openidconnect::IssuerUrl;
use proptest::{prelude::*, sample};
use serde_json::{Value, json};
use wardkey_register::{Moment, Names, Person, PersonId, Role, SessionId};

use super::{Token, id_token, user_info};
use crate::openid::{
    acr::AcrValue,
    facts::Facts,
    scope::{Scope, Scopes},
};

fn role(number: u8) -> Role {
    Role {
        person_orgid: format!("50000000000{number}"),
        person_roleid: format!("60000000000{number}"),
        org_code: format!("A9A{}A", number % 2),
        org_name: format!("Test hospital {}", number % 2),
        role_name: "\"Clinical\":\"Clinical Provision\":\"Nurse Access Role\"".to_owned(),
        role_code: "S8000:G8000:R8001".to_owned(),
        activities: vec!["Access Clinical Records".to_owned()],
        activity_codes: vec!["B0264".to_owned()],
    }
}

fn person(roles: u8) -> Person {
    Person {
        id: PersonId::from_bytes(&[7; 32]),
        name: "clinician@example.org".to_owned(),
        display_name: "Clinician with roles".to_owned(),
        names: Names {
            title: Some("Dr".to_owned()),
            given_name: Some("Test".to_owned()),
            middle_names: Some("Of All".to_owned()),
            family_name: Some("Clinician".to_owned()),
            initials: Some("TOA".to_owned()),
        },
        uid: "555000000001".to_owned(),
        managed: true,
        issues_authenticators: false,
        roles: (0..roles).map(role).collect(),
    }
}

fn facts(scopes: &Scopes) -> Facts {
    Facts {
        person: PersonId::from_bytes(&[7; 32]).to_string(),
        scopes: scopes.clone(),
        acr: AcrValue::Aal3Any,
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        signed_in_at: 1_795_000_000_000,
        assurance: 3,
        role: Some("600000000001".to_owned()),
    }
}

#[test]
fn an_id_token_says_what_the_real_one_says() {
    let scopes = "openid selectedrole".parse().unwrap();
    let token = Token {
        issuer: &IssuerUrl::new("https://op.example.org/x".to_owned()).unwrap(),
        client: "ward",
        session: &SessionId::from_text("s1"),
        now: Moment::from_millis(1_795_000_030_000),
    };
    let claims = serde_json::to_value(id_token(&token, &person(2), &facts(&scopes))).unwrap();
    let expected = json!({
        "iss": "https://op.example.org/x",
        "sub": "555000000001",
        "aud": ["ward"],
        "azp": "ward",
        "iat": 1_795_000_030,
        "exp": 1_795_000_630,
        "auth_time": 1_795_000_000,
        "nonce": "n-0S6_WzA2Mj",
        "acr": "AAL3_ANY",
        "amr": ["FIDO2"],
        "sid": "s1",
        "uid": "555000000001",
        "id_assurance_level": "3",
        "authentication_assurance_level": "3",
        "idassurancelevel": "3",
        "selected_roleid": "600000000001",
    });
    assert_eq!(claims, expected);
}

/// The claims each scope brings, besides `sub` and the levels.
fn brought(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Profile => &["name", "given_name", "family_name", "uid"],
        Scope::Email => &["email"],
        Scope::NhsPerson => &[
            "nhsid_useruid",
            "title",
            "initials",
            "middle_names",
            "display_name",
            "idassurancelevel",
        ],
        Scope::NationalRbacAccess => &["nhsid_nrbac_roles"],
        Scope::AssociatedOrgs => &["nhsid_user_orgs"],
        Scope::SelectedRole => &["selected_roleid"],
        // The register knows of no memberships.
        Scope::OpenId | Scope::ProfessionalMemberships | Scope::OrganisationalMemberships => &[],
    }
}

#[test]
fn the_parts_of_a_name_are_those_of_the_register() {
    let scopes: Scopes = "openid profile nhsperson".parse().unwrap();
    let told = |person: &Person| {
        serde_json::to_value(user_info(person, &facts(&scopes), &scopes)).unwrap()
    };
    let claims = told(&person(1));
    for (name, value) in [
        ("title", "Dr"),
        ("given_name", "Test"),
        ("middle_names", "Of All"),
        ("family_name", "Clinician"),
        ("initials", "TOA"),
        ("name", "Clinician with roles"),
        ("authentication_assurance_level", "3"),
        ("id_assurance_level", "3"),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    // What is not known is not made up from the whole.
    let claims = told(&Person { names: Names::default(), ..person(1) });
    assert_eq!(claims["name"], "Clinician with roles");
    assert!(claims.get("given_name").is_none() && claims.get("family_name").is_none());
    let lower = Facts { assurance: 2, ..facts(&scopes) };
    let claims = serde_json::to_value(user_info(&person(1), &lower, &scopes)).unwrap();
    assert_eq!(claims["authentication_assurance_level"], "2");
}

#[test]
fn discovery_names_every_claim() {
    let all = Scope::ALL.map(Scope::name).join(" ").parse().unwrap();
    let token = Token {
        issuer: &IssuerUrl::new("https://op.example.org/x".to_owned()).unwrap(),
        client: "ward",
        session: &SessionId::from_text("s1"),
        now: Moment::from_millis(1_795_000_030_000),
    };
    let told = [
        serde_json::to_value(id_token(&token, &person(2), &facts(&all))).unwrap(),
        serde_json::to_value(user_info(&person(2), &facts(&all), &all)).unwrap(),
    ];
    let mut told: Vec<_> =
        told.iter().flat_map(|claims| claims.as_object().unwrap().keys()).collect();
    told.sort_unstable();
    told.dedup();
    let mut named = super::NAMES.to_vec();
    named.sort_unstable();
    assert_eq!(told, named);
}

proptest! {
    #[test]
    fn each_scope_brings_its_claims_and_no_other(
        asked in sample::subsequence(Scope::ALL[1..].to_vec(), 0..Scope::ALL.len()),
        roles in 0_u8..9,
    ) {
        let text: Vec<_> = asked.iter().map(|scope| scope.name()).collect();
        let scopes: Scopes = format!("openid {}", text.join(" ")).parse().unwrap();
        let claims = user_info(&person(roles), &facts(&scopes), &scopes);
        let Value::Object(claims) = serde_json::to_value(claims).unwrap() else { panic!() };
        let mut told: Vec<_> = claims.keys().map(String::as_str).collect();
        let mut expected: Vec<_> = asked.iter().flat_map(|scope| brought(*scope)).copied().collect();
        // The role that was chosen is the second: who has lost it acts in none.
        expected.retain(|name| *name != "selected_roleid" || roles > 1);
        expected.extend(["sub", "id_assurance_level", "authentication_assurance_level"]);
        told.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(told, expected);
        if let Some(told) = claims.get("nhsid_nrbac_roles") {
            prop_assert_eq!(told.as_array().unwrap().len(), usize::from(roles));
        }
        if let Some(told) = claims.get("nhsid_user_orgs") {
            prop_assert_eq!(told.as_array().unwrap().len(), usize::from(roles.min(2)));
        }
    }
}
