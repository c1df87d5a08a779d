//! What applications are told about a user, under the names of the real service.

use std::time::Duration;

use chrono::{DateTime, Utc};
use openidconnect::{
    AdditionalClaims, Audience, AuthenticationContextClass, AuthenticationMethodReference,
    ClientId, EndUserEmail, EndUserFamilyName, EndUserGivenName, EndUserName, IdTokenClaims,
    IssuerUrl, Nonce, StandardClaims, SubjectIdentifier, UserInfoClaims, core::CoreGenderClaim,
};
use serde::{Deserialize, Serialize};
use wardkey_register::{Moment, Person, Role, SessionId};

use super::{
    facts::Facts,
    scope::{Scope, Scopes},
};

/// How sure the register is of who somebody is: the highest level, by definition of the sandbox.
const IDENTITY_ASSURANCE: &str = "3";

/// How the user signed in: with a passkey.
const METHOD: &str = "FIDO2";

/// How long an ID token may be used for what it is for.
const LIFE: Duration = Duration::from_mins(10);

/// The claims that OpenID Connect does not have itself. What is not known, or not asked for, is left
/// out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NhsClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_assurance_level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_assurance_level: Option<String>,
    /// Older applications read this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    idassurancelevel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_roleid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nhsid_useruid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initials: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    middle_names: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nhsid_nrbac_roles: Option<Vec<Role>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nhsid_user_orgs: Option<Vec<Organisation>>,
}

impl AdditionalClaims for NhsClaims {}

/// Where somebody works.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Organisation {
    org_name: String,
    org_code: String,
}

/// Every claim there is, for the discovery document.
pub(crate) const NAMES: [&str; 27] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "uid",
    "id_assurance_level",
    "authentication_assurance_level",
    "idassurancelevel",
    "selected_roleid",
    "name",
    "given_name",
    "family_name",
    "email",
    "nhsid_useruid",
    "title",
    "initials",
    "middle_names",
    "display_name",
    "nhsid_nrbac_roles",
    "nhsid_user_orgs",
];

/// For whom a token is, and when it was made.
pub(crate) struct Token<'a> {
    pub(crate) issuer: &'a IssuerUrl,
    pub(crate) client: &'a str,
    pub(crate) session: &'a SessionId,
    pub(crate) now: Moment,
}

/// The claims of an ID token (OpenID Connect Core §2).
pub(crate) fn id_token(
    token: &Token<'_>,
    person: &Person,
    facts: &Facts,
) -> IdTokenClaims<NhsClaims, CoreGenderClaim> {
    let additional = NhsClaims {
        sid: Some(token.session.to_string()),
        uid: Some(person.uid.clone()),
        id_assurance_level: Some(IDENTITY_ASSURANCE.to_owned()),
        authentication_assurance_level: Some(facts.assurance().digit().to_owned()),
        idassurancelevel: Some(IDENTITY_ASSURANCE.to_owned()),
        selected_roleid: facts.role_of(person),
        ..NhsClaims::default()
    };
    IdTokenClaims::new(
        token.issuer.clone(),
        vec![Audience::new(token.client.to_owned())],
        date(token.now + LIFE),
        date(token.now),
        StandardClaims::new(SubjectIdentifier::new(person.uid.clone())),
        additional,
    )
    .set_authorized_party(Some(ClientId::new(token.client.to_owned())))
    .set_auth_time(Some(date(Moment::from_millis(facts.signed_in_at))))
    .set_nonce(facts.nonce.clone().map(Nonce::new))
    .set_auth_context_ref(Some(AuthenticationContextClass::new(facts.acr.name().to_owned())))
    .set_auth_method_refs(Some(vec![AuthenticationMethodReference::new(METHOD.to_owned())]))
}

/// The claims of the userinfo endpoint: the level reached, and those of the scopes (OpenID Connect Core §5.4).
pub(crate) fn user_info(
    person: &Person,
    facts: &Facts,
    scopes: &Scopes,
) -> UserInfoClaims<NhsClaims, CoreGenderClaim> {
    let mut standard = StandardClaims::new(SubjectIdentifier::new(person.uid.clone()));
    if scopes.has(Scope::Profile) {
        let names = person.names.clone();
        standard = standard
            .set_name(Some(EndUserName::new(person.display_name.clone()).into()))
            .set_given_name(names.given_name.map(|name| EndUserGivenName::new(name).into()))
            .set_family_name(names.family_name.map(|name| EndUserFamilyName::new(name).into()));
    }
    if scopes.has(Scope::Email) && person.name.contains('@') {
        standard = standard.set_email(Some(EndUserEmail::new(person.name.clone())));
    }
    UserInfoClaims::new(standard, nhs(person, facts, scopes))
}

fn nhs(person: &Person, facts: &Facts, scopes: &Scopes) -> NhsClaims {
    let of = |scope, value: &str| scopes.has(scope).then(|| value.to_owned());
    let part = |name: &Option<String>| name.clone().filter(|_| scopes.has(Scope::NhsPerson));
    NhsClaims {
        id_assurance_level: Some(IDENTITY_ASSURANCE.to_owned()),
        authentication_assurance_level: Some(facts.assurance().digit().to_owned()),
        title: part(&person.names.title),
        initials: part(&person.names.initials),
        middle_names: part(&person.names.middle_names),
        uid: of(Scope::Profile, &person.uid),
        nhsid_useruid: of(Scope::NhsPerson, &person.uid),
        display_name: of(Scope::NhsPerson, &person.display_name),
        idassurancelevel: of(Scope::NhsPerson, IDENTITY_ASSURANCE),
        selected_roleid: facts.role_of(person).filter(|_| scopes.has(Scope::SelectedRole)),
        nhsid_nrbac_roles: scopes.has(Scope::NationalRbacAccess).then(|| person.roles.clone()),
        nhsid_user_orgs: scopes.has(Scope::AssociatedOrgs).then(|| organisations(person)),
        ..NhsClaims::default()
    }
}

/// Each organisation once, by name.
fn organisations(person: &Person) -> Vec<Organisation> {
    let mut organisations: Vec<_> = person
        .roles
        .iter()
        .map(|role| Organisation {
            org_name: role.org_name.clone(),
            org_code: role.org_code.clone(),
        })
        .collect();
    organisations.sort();
    organisations.dedup();
    organisations
}

fn date(moment: Moment) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(moment.millis()).unwrap_or_default()
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
