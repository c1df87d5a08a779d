//! Signing in with a passkey, and out.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, RawQuery, Request, State},
    http::header::SET_COOKIE,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use minijinja::context;
use serde::Deserialize;
use serde_json::json;
use wardkey_evidence::Event;
use wardkey_register::{Act, Moment, PersonId, SignIn};
use webauthn_rs_core::proto::PublicKeyCredential;

use super::{LIFE, LocalPath, Session, Tried, check_csrf, cookie, limited};
use crate::{
    about::{self, Subject},
    api::{LONGEST_BODY, body, noted, now},
    pages::{page, refused_page},
    parameters::Parameters,
    proof,
    proxies::ClientAddress,
    refusal::Refusal,
    relying_party::RelyingParty,
    requests::{self, Options, SigninOptions},
    signin::{self, SignedIn},
    store::{Signin, take},
};

/// The kind of ceremony a session begins with.
const KIND: &str = "login";

type Party = State<Arc<RelyingParty>>;

pub(crate) fn router() -> Router<Arc<RelyingParty>> {
    Router::new()
        .route("/login", get(login))
        .route("/login/options", post(options))
        .route("/login/verify", post(verify))
        .route("/logout", post(logout))
        .route("/session", get(shown))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
}

async fn login(State(party): Party, RawQuery(query): RawQuery) -> Response {
    match back(&Parameters::parse(query.unwrap_or_default().as_bytes())) {
        Ok(back) => page(&party, "openid/login.html", context! { back => back.as_str() }),
        Err(refusal) => {
            party.note(None, "login", refusal.code(), now()).await;
            refused_page(&party, &refusal)
        }
    }
}

fn back(query: &Parameters) -> Result<LocalPath, Refusal> {
    let Some(path) = query.get("return")? else { return Ok(LocalPath::default()) };
    LocalPath::parse(path).map_err(|error| Refusal::Return(error.to_string()))
}

/// Who is signed in here, and the way out.
async fn shown(State(party): Party, session: Session) -> Response {
    let reduced = session.is_reduced(&party);
    let person = context! {
        name => session.person.name,
        display_name => session.person.display_name,
        issues_authenticators => session.person.issues_authenticators,
    };
    let context = context! {
        person,
        assurance => session.assurance,
        reduced,
        csrf => session.csrf.as_str(),
    };
    page(&party, "openid/session.html", context)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn options(
    State(party): Party,
    client: ClientAddress,
    request: Request,
) -> Result<Json<Options>, Refusal> {
    let answer = async {
        limited(&party, Tried::Login, client, now()).await?;
        let Nothing {} = body(request).await?;
        offer(&party, now()).await
    };
    noted(&party, "login/options", answer.await).await.map(Json)
}

/// A session is only ever begun by a verified user, whichever passkey they take.
async fn offer(party: &RelyingParty, now: Moment) -> Result<Options, Refusal> {
    let asked = SigninOptions {
        user_name: None,
        user_verification: requests::Requirement::Required,
        allow_list: false,
        hybrid: true,
    };
    let (signin, public_key) = signin::challenge(party, &[], &asked)?;
    let session = party.offer(KIND, &signin, now).await?;
    Ok(Options { session, public_key })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    session: String,
    #[serde(deserialize_with = "requests::credential")]
    credential: PublicKeyCredential,
    #[serde(default, rename = "return")]
    back: LocalPath,
}

async fn verify(
    State(party): Party,
    client: ClientAddress,
    before: Option<Session>,
    request: Request,
) -> Result<Response, Refusal> {
    let answer = async {
        limited(&party, Tried::Login, client, now()).await?;
        let answer: Answer = body(request).await?;
        about::subject(Subject::authenticator(&answer.credential.raw_id));
        let began = begin(&party, &answer, before.as_ref(), now()).await?;
        let cookie = cookie::set(began.secret.as_str()).ok_or(Refusal::NotSignedIn)?;
        party.note(Some(&began.person), "login", &began.detail, now()).await;
        Ok(([(SET_COOKIE, cookie)], Json(json!({ "next": answer.back.as_str() }))).into_response())
    };
    noted(&party, "login/verify", answer.await).await
}

/// A session that began.
struct Began {
    secret: wardkey_register::Secret,
    person: PersonId,
    /// For auditors: the level reached.
    detail: String,
}

/// Verifies the answer and begins a session, in one act: no counter moves without its sign-in, and no
/// session begins without its counter.
async fn begin(
    party: &RelyingParty,
    answer: &Answer,
    before: Option<&Session>,
    now: Moment,
) -> Result<Began, Refusal> {
    let mut act = party.database.act().await?;
    let signed_in = match take::<Signin>(&mut act, &answer.session, KIND, now).await {
        Ok(signin) => signin::check(party, &mut act, &signin, &answer.credential, now).await,
        Err(refusal) => Err(refusal),
    };
    let began = match signed_in {
        Ok(signed_in) => Ok(session_of(party, &mut act, &signed_in, before, now).await?),
        Err(refusal) => Err(refusal),
    };
    // Whatever came of the answer, the challenge is spent.
    act.commit().await?;
    if began.is_ok() && before.is_some() {
        party.logouts.notify_one();
    }
    began
}

async fn session_of(
    party: &RelyingParty,
    act: &mut Act<'_>,
    signed_in: &SignedIn,
    before: Option<&Session>,
    now: Moment,
) -> Result<Began, Refusal> {
    let made = &signed_in.authenticator.made;
    let assurance = proof::reached(party, &signed_in.authenticator);
    if let Some(other) = before.filter(|before| before.person.id != signed_in.person.id) {
        act.end_session(&other.id, "somebody else signed in", now).await?;
    }
    let sign_in = SignIn {
        person: &signed_in.person.id,
        credential_id: &made.credential_id,
        assurance,
        before: before.map(|session| &session.stored),
        life: LIFE,
    };
    let (_, secret) = act.sign_in(&sign_in, now).await?;
    let mut detail = format!("level {assurance}");
    if assurance < made.assurance {
        detail.push_str(": accepted under a test policy");
    }
    if signed_in.person.issues_authenticators {
        let credential = Base64UrlUnpadded::encode_string(&made.credential_id);
        let event =
            Event::SignedIn { person: signed_in.person.id.to_string(), credential, assurance };
        act.record(&event, now).await?;
    }
    Ok(Began { secret, person: signed_in.person.id.clone(), detail })
}

async fn logout(State(party): Party, session: Option<Session>, request: Request) -> Response {
    let leaving = async {
        // A session that is over already is what the user wants.
        let Some(session) = &session else { return Ok(()) };
        let form = Parameters::of_form(request).await?;
        check_csrf(session, form.get("csrf")?.unwrap_or_default())?;
        end(&party, session, now()).await?;
        party.note(Some(&session.person.id), "logout", "signed out", now()).await;
        Ok(())
    };
    match noted(&party, "logout", leaving.await).await {
        Ok(()) => forgotten(Redirect::to("/login").into_response()),
        Err(refusal) => refused_page(&party, &refusal),
    }
}

/// Ends a session at its user's wish, and lets the applications know.
pub(crate) async fn end(
    party: &RelyingParty,
    session: &Session,
    now: Moment,
) -> Result<(), Refusal> {
    let mut act = party.database.act().await?;
    act.end_session(&session.id, "signed out", now).await?;
    act.commit().await?;
    party.logouts.notify_one();
    Ok(())
}

/// The answer, with word to the browser to forget its cookie.
pub(crate) fn forgotten(mut response: Response) -> Response {
    response.headers_mut().append(SET_COOKIE, cookie::clear());
    response
}
