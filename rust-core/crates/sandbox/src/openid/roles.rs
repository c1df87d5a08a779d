//! The choice of a role: a list, with a search box if it is long, or a page for those who have none.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY},
    response::{IntoResponse as _, Redirect, Response},
};
use minijinja::{Value, context};
use url::Url;
use wardkey_register::{Person, Role};

use super::authorize::{Party, Waiting, address, denied, refuse, take_role, waiting};
use crate::{
    api::{noted, now},
    pages::{page, policy, refused_page},
    parameters::Parameters,
    refusal::Refusal,
    relying_party::RelyingParty,
    session::{Session, check_csrf},
};

/// The longest list without a search box.
const MOST_AT_A_GLANCE: usize = 5;

/// The page that asks for a role.
pub(super) fn list(
    party: &RelyingParty,
    session: &Session,
    waiting: &Waiting,
    search: &str,
) -> Response {
    asked(party, session, waiting, search, None)
}

/// The same, with what was wrong with the answer.
fn asked(
    party: &RelyingParty,
    session: &Session,
    waiting: &Waiting,
    search: &str,
    problem: Option<&str>,
) -> Response {
    let roles = &session.person.roles;
    let found: Vec<Value> = roles.iter().filter(|role| matches(role, search)).map(shown).collect();
    let client = party.openid.clients.find(&waiting.request.client_id);
    let context = context! {
        application => client.map_or("The application", |client| client.name.as_str()),
        address => address(&waiting.name).split('?').next(),
        request => waiting.name.as_str(),
        csrf => session.csrf.as_str(),
        person => session.person.display_name.as_str(),
        search, problem,
        searchable => roles.len() > MOST_AT_A_GLANCE,
        some => !roles.is_empty(),
        roles => found,
    };
    let mut response = page(party, "openid/roles.html", context);
    // The form's answer leads to the application, and browsers hold that against the policy of the page.
    if let Some(policy) = leading_to(&waiting.request.return_to.redirect_uri) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn leading_to(redirect_uri: &str) -> Option<HeaderValue> {
    let origin = Url::parse(redirect_uri).ok()?.origin().ascii_serialization();
    HeaderValue::try_from(policy(&format!("'self' {origin}"))).ok()
}

fn matches(role: &Role, search: &str) -> bool {
    let search = search.trim().to_lowercase();
    [&role.role_name, &role.org_name, &role.org_code]
        .into_iter()
        .any(|text| text.to_lowercase().contains(&search))
}

/// The last of the three parts of its name is what its holder calls it.
fn shown(role: &Role) -> Value {
    let name = role.role_name.rsplit(':').next().unwrap_or_default().trim_matches('"');
    context! {
        id => role.person_roleid.as_str(),
        name,
        org_name => role.org_name.as_str(),
        org_code => role.org_code.as_str(),
    }
}

/// The answer: a role, none for those who have none, or the wish to stop.
pub(super) async fn choose(State(party): Party, session: Session, request: Request) -> Response {
    let chosen = async {
        let form = Parameters::of_form(request).await?;
        check_csrf(&session, form.get("csrf")?.unwrap_or_default())?;
        let waiting = waiting(&party, &form).await?;
        if form.get("act")? == Some("cancel") {
            return refuse(&party, Some(&session), &waiting, &denied()).await;
        }
        let role = form.get("role")?;
        // Nothing is chosen beforehand, so nothing may be.
        if role.is_none() && !session.person.roles.is_empty() {
            let mut page = asked(&party, &session, &waiting, "", Some("Choose a role"));
            *page.status_mut() = StatusCode::BAD_REQUEST;
            return Ok(page);
        }
        let role = chosen_role(&session.person, role)?;
        take_role(&party, &session, role).await?;
        Ok(Redirect::to(&address(&waiting.name)).into_response())
    };
    match noted(&party, "authorize/role", chosen.await).await {
        Ok(response) => response,
        Err(refusal) => {
            tracing::debug!(at = %now(), "no role was chosen");
            refused_page(&party, &refusal)
        }
    }
}

/// One of the person's own, or none if there is none.
fn chosen_role<'a>(person: &Person, role: Option<&'a str>) -> Result<Option<&'a str>, Refusal> {
    match role {
        None if person.roles.is_empty() => Ok(None),
        Some(id) if person.has_role(id) => Ok(Some(id)),
        Some(_) => Err(Refusal::Parameter("this role is not one of yours".to_owned())),
        None => Err(Refusal::Parameter("no role was chosen".to_owned())),
    }
}
