//! The pages for testers, and the whole of what the sandbox answers.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use minijinja::{Environment, UndefinedBehavior, Value, context};

use crate::{
    about, api, assets::asset, desk, enrol, openid, refusal::Refusal, relying_party::RelyingParty,
    session,
};

/// What a page may do: everything comes from this origin, and nothing is inline. Forms, with all that
/// their answers lead to, go to `form_action`.
pub(crate) fn policy(form_action: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action {form_action}; frame-ancestors 'none'"
    )
}

type Party = State<Arc<RelyingParty>>;

pub(crate) fn router(party: Arc<RelyingParty>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/register", get(register))
        .route("/signin", get(signin))
        .route("/assets/{name}", get(asset))
        .route("/healthz", get(health))
        .merge(api::router())
        .merge(session::router())
        .merge(desk::router())
        .merge(enrol::router())
        .merge(openid::router())
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(Arc::clone(&party), about::keep))
        .layer(middleware::from_fn(with_policies))
        .with_state(party)
}

/// As many passkeys as a page is readable with.
const MOST_LISTED: u32 = 200;

async fn home(State(party): Party) -> Response {
    let listed = match party.database.testers_authenticators(MOST_LISTED).await {
        Ok(listed) => listed,
        Err(error) => return refused_page(&party, &error.into()),
    };
    let passkeys: Vec<Value> = listed
        .iter()
        .map(|(name, passkey)| {
            context! {
                user => name,
                id => Base64UrlUnpadded::encode_string(&passkey.made.credential_id),
                sign_count => passkey.made.sign_count,
            }
        })
        .collect();
    let origin = party.origin.origin().ascii_serialization();
    page(&party, "home.html", context! { origin, passkeys })
}

async fn register(State(party): Party) -> Response {
    page(&party, "register.html", context! { trusted_roots => party.trusted_roots.len() })
}

async fn signin(State(party): Party) -> Response {
    page(&party, "signin.html", context! {})
}

/// For who decides whether requests go to this process: without its database it is of no use.
async fn health(State(party): Party) -> Result<&'static str, Refusal> {
    party.database.check().await?;
    Ok("ok\n")
}

async fn nothing(State(party): Party, request: Request) -> Response {
    if wants_page(request.headers()) {
        let mut response = page(&party, "missing.html", context! {});
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    } else {
        Refusal::NoSuchPage.into_response()
    }
}

/// A browser asks for a page, a program for JSON.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get("accept")
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// A refusal as a page.
pub(crate) fn refused_page(party: &RelyingParty, refusal: &Refusal) -> Response {
    let (_, what_to_do) = refusal.told();
    let title = match refusal.status() {
        StatusCode::FORBIDDEN => "You cannot do this",
        StatusCode::TOO_MANY_REQUESTS => "Too many attempts",
        _ => "There is a problem",
    };
    let context = context! { title, error => refusal.to_string(), what_to_do };
    let mut response = page(party, "openid/refused.html", context);
    if response.status().is_success() {
        *response.status_mut() = refusal.status();
    }
    refusal.retry_after(&mut response);
    response
}

/// A page of the sandbox. All of them know the policy in use, so that one for tests is told everywhere.
pub(crate) fn page(party: &RelyingParty, name: &str, context: Value) -> Response {
    let policy = context! { name => party.policy.name.clone(), test => party.policy.test };
    match render(name, context! { policy, ..context }) {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(name, error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A template with its values.
pub(crate) fn render(name: &str, context: Value) -> Result<String, String> {
    static TEMPLATES: LazyLock<Result<Environment<'static>, minijinja::Error>> =
        LazyLock::new(templates);

    let templates = TEMPLATES.as_ref().map_err(ToString::to_string)?;
    let rendered = templates.get_template(name).and_then(|template| template.render(context));
    rendered.map_err(|error| format!("{error:#}"))
}

macro_rules! templates {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../web/pages/", $name)))),*]
    };
}

/// The registration desk and the pages behind its links.
const DESK: [(&str, &str); 10] = templates![
    "desk/layout.html",
    "desk/home.html",
    "desk/profile.html",
    "desk/issue.html",
    "desk/instructions.html",
    "desk/registration.html",
    "desk/progress.html",
    "desk/remove.html",
    "enrol/begin.html",
    "enrol/step.html"
];

const APPLICATION: [(&str, &str); 3] =
    templates!["application/layout.html", "application/home.html", "application/failed.html"];

const OPENID: [(&str, &str); 6] = templates![
    "openid/login.html",
    "openid/session.html",
    "openid/refused.html",
    "openid/roles.html",
    "openid/sign-out.html",
    "openid/signed-out.html"
];

/// The names end in `.html`, which makes the templates escape whatever they are given.
fn templates() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.add_template("layout.html", include_str!("../web/pages/layout.html"))?;
    environment.add_template("parts.html", include_str!("../web/pages/parts.html"))?;
    environment.add_template("home.html", include_str!("../web/pages/home.html"))?;
    environment.add_template("register.html", include_str!("../web/pages/register.html"))?;
    environment.add_template("signin.html", include_str!("../web/pages/signin.html"))?;
    for (name, text) in DESK.into_iter().chain(OPENID).chain(APPLICATION) {
        environment.add_template(name, text)?;
    }
    environment.add_template("missing.html", include_str!("../web/pages/missing.html"))?;
    Ok(environment)
}

pub(crate) async fn with_policies(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let (false, Ok(policy)) =
        (headers.contains_key(CONTENT_SECURITY_POLICY), HeaderValue::try_from(policy("'self'")))
    {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
