//! Where everything is (OpenID Connect Discovery), at the paths of the real service.

use openidconnect::{
    AdditionalProviderMetadata, AuthUrl, AuthenticationContextClass, EndSessionUrl, IssuerUrl,
    JsonWebKeySetUrl, LogoutProviderMetadata, ProviderMetadata, ResponseTypes, Scope as ScopeName,
    TokenUrl, UserInfoUrl,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
        CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use url::ParseError;

use super::{acr::AcrValue, claims, scope::Scope};

/// The issuer's path. Everything is below it.
pub(crate) const BASE: &str = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare";

pub(crate) const AUTHORIZE: &str = "/authorize";
pub(crate) const TOKEN: &str = "/access_token";
pub(crate) const USER_INFO: &str = "/userinfo";
pub(crate) const KEYS: &str = "/connect/jwk_uri";
pub(crate) const END_SESSION: &str = "/connect/endSession";
pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";

/// What the other specifications add.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are the names of the document")]
pub(crate) struct Additional {
    /// RFC 8414.
    code_challenge_methods_supported: Vec<String>,
    /// RFC 9207.
    authorization_response_iss_parameter_supported: bool,
    /// OpenID Connect Back-Channel Logout.
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
}

impl AdditionalProviderMetadata for Additional {}

pub(crate) type Metadata = ProviderMetadata<
    LogoutProviderMetadata<Additional>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The document of an issuer.
pub(crate) fn document(issuer: &IssuerUrl) -> Result<Metadata, ParseError> {
    use CoreJwsSigningAlgorithm as Jws;

    let at = |path: &str| format!("{}{path}", issuer.as_str());
    let additional = LogoutProviderMetadata {
        end_session_endpoint: Some(EndSessionUrl::new(at(END_SESSION))?),
        additional_metadata: Additional {
            code_challenge_methods_supported: vec!["S256".to_owned()],
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
        },
    };
    let scopes = Scope::ALL.map(|scope| ScopeName::new(scope.name().to_owned()));
    let acr = AcrValue::ALL
        .into_iter()
        .filter(|value| value.a_passkey_may_meet_it())
        .map(|value| AuthenticationContextClass::new(value.name().to_owned()));
    Ok(Metadata::new(
        issuer.clone(),
        AuthUrl::new(at(AUTHORIZE))?,
        JsonWebKeySetUrl::new(at(KEYS))?,
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        vec![CoreSubjectIdentifierType::Public],
        vec![Jws::RsaSsaPkcs1V15Sha256],
        additional,
    )
    .set_token_endpoint(Some(TokenUrl::new(at(TOKEN))?))
    .set_userinfo_endpoint(Some(UserInfoUrl::new(at(USER_INFO))?))
    .set_scopes_supported(Some(scopes.to_vec()))
    .set_acr_values_supported(Some(acr.collect()))
    .set_response_modes_supported(Some(vec![CoreResponseMode::Query]))
    .set_grant_types_supported(Some(vec![
        CoreGrantType::AuthorizationCode,
        CoreGrantType::RefreshToken,
    ]))
    .set_token_endpoint_auth_methods_supported(Some(vec![
        CoreClientAuthMethod::ClientSecretBasic,
        CoreClientAuthMethod::ClientSecretPost,
        CoreClientAuthMethod::PrivateKeyJwt,
    ]))
    .set_token_endpoint_auth_signing_alg_values_supported(Some(vec![
        Jws::RsaSsaPkcs1V15Sha256,
        Jws::RsaSsaPkcs1V15Sha384,
        Jws::RsaSsaPkcs1V15Sha512,
        Jws::RsaSsaPssSha256,
        Jws::EcdsaP256Sha256,
        Jws::EcdsaP384Sha384,
    ]))
    .set_claims_supported(Some(
        claims::NAMES.iter().map(|name| CoreClaimName::new((*name).to_owned())).collect(),
    ))
    .set_claim_types_supported(Some(vec![CoreClaimType::Normal]))
    .set_claims_parameter_supported(Some(false))
    .set_request_parameter_supported(Some(false))
    .set_request_uri_parameter_supported(Some(false)))
}
