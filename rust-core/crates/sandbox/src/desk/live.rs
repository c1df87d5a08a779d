//! A registration as it happens.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt as _, stream};
use minijinja::{Value, context};
use serde_json::json;
use tokio::time::{Instant, sleep};
use wardkey_register::registrations::{History, RegistrationId};

use super::{
    form::{desk_page, shown},
    people, view,
};
use crate::{
    about::{self, Subject},
    api::now,
    denied::Denied,
    pages::render,
    parameters::Parameters,
    refusal::Refusal,
    relying_party::RelyingParty,
    session::{IDLE, Onlooker, RegistrationAuthority, Session},
};

type Party = State<Arc<RelyingParty>>;

/// How often the register is asked: any process may have written.
const LOOK: Duration = Duration::from_millis(400);

/// How long one stream lasts. The page comes back at once, and shows its session again.
const STREAM: Duration = Duration::from_mins(1);

pub(super) async fn page_of(
    State(party): Party,
    RegistrationAuthority(session): RegistrationAuthority,
    Path(id): Path<String>,
) -> Response {
    let page = registration_page(&party, &session, &id).await;
    shown(&party, &session.person.id, "desk/registrations", page).await
}

async fn registration_page(
    party: &RelyingParty,
    session: &Session,
    id: &str,
) -> Result<Response, Refusal> {
    let history = current(party, &RegistrationId::from_text(id)).await?;
    let context = context_of(party, session, &history).await?;
    Ok(desk_page(party, session, "desk/registration.html", context))
}

/// The registration, expired if its time is over.
pub(super) async fn current(party: &RelyingParty, id: &RegistrationId) -> Result<History, Refusal> {
    let found = party.database.registration_history(id).await?;
    let found = found.ok_or(Refusal::Denied(Denied::NoSuchRegistration))?;
    if !found.registration.is_due(now()) {
        return Ok(found);
    }
    party.database.expire_registration(id, now()).await?;
    let expired = party.database.registration_history(id).await?;
    expired.ok_or(Refusal::Denied(Denied::NoSuchRegistration))
}

/// What the page and its live part show.
pub(super) async fn context_of(
    party: &RelyingParty,
    session: &Session,
    history: &History,
) -> Result<Value, Refusal> {
    let History { registration, events } = history;
    let person = party.database.person(&registration.person).await?;
    let person = person.ok_or(Refusal::Denied(Denied::NoSuchPerson))?;
    let authority = people::name_of(party, registration.authority.as_ref()).await?;
    let mine = registration.authority.as_ref() == Some(&session.person.id);
    let progress = view::progress(registration, events, mine);
    Ok(context! {
        id => registration.id.as_str(),
        person => context! { id => person.id.as_str(), name => person.name, display_name => person.display_name },
        authority, mine, progress,
        ends => view::when(registration.ends),
        idle => IDLE.as_secs(),
        last => history.last(),
    })
}

/// The number of the last event that the page has: as it came with the page, or with the stream that
/// broke.
fn seen(headers: &HeaderMap, uri: &Uri) -> u64 {
    let fields = Parameters::parse(uri.query().unwrap_or_default().as_bytes());
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = fields.get("after").ok().flatten();
    header.or(after).and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Server-sent events, each with the number of the last event it shows. A page that lost its connection
/// says which it has and is given what came since.
pub(super) async fn events(
    State(party): Party,
    Onlooker(session): Onlooker,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let id = RegistrationId::from_text(&id);
    about::subject(Subject::registration(&id));
    let seen = seen(&headers, &uri);
    match nothing_more(&party, &id, seen).await {
        Ok(false) => {}
        // WHATWG HTML §9.2.3: the browser does not come back.
        Ok(true) => return StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => {
            let by = Some(&session.person.id);
            party.note(by, "desk/registrations/events", refusal.code(), now()).await;
            return refusal.into_response();
        }
    }
    let follow = Follow { party, session, id, seen, until: Instant::now() + STREAM, over: false };
    Sse::new(follow.stream()).keep_alive(KeepAlive::default()).into_response()
}

async fn nothing_more(
    party: &RelyingParty,
    id: &RegistrationId,
    seen: u64,
) -> Result<bool, Refusal> {
    let history = current(party, id).await?;
    Ok(history.registration.state.is_over() && history.after(seen).is_empty())
}

/// How soon a page comes back whose stream broke off. Browsers would let an authority wait for longer.
const RETRY: Duration = Duration::from_secs(1);

/// One page that follows one registration.
struct Follow {
    party: Arc<RelyingParty>,
    session: Session,
    id: RegistrationId,
    seen: u64,
    until: Instant,
    over: bool,
}

impl Follow {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        let first = stream::once(async { Ok(Event::default().retry(RETRY)) });
        first.chain(stream::unfold(self, |mut follow| async move {
            let event = follow.next().await?;
            Some((Ok(event), follow))
        }))
    }

    /// The next thing to show; none when the page shall come back, or need not.
    async fn next(&mut self) -> Option<Event> {
        while !self.over && Instant::now() < self.until {
            match self.news().await {
                Ok(Some(event)) => return Some(event),
                Ok(None) => sleep(LOOK).await,
                Err(error) => {
                    tracing::warn!(%error, "a registration cannot be followed");
                    return None;
                }
            }
        }
        None
    }

    async fn news(&mut self) -> Result<Option<Event>, Refusal> {
        let history = current(&self.party, &self.id).await?;
        let new = history.after(self.seen);
        if new.is_empty() {
            return Ok(None);
        }
        let registration = &history.registration;
        self.seen = history.last();
        self.over = registration.state.is_over();
        let context = context_of(&self.party, &self.session, &history).await?;
        let desk = context! { csrf => self.session.csrf.as_str() };
        let html = render("desk/progress.html", context! { desk, ..context });
        let made = registration.passkey.as_ref();
        let data = json!({
            "state": registration.state.as_str(),
            "over": self.over,
            "heading": view::heading(registration),
            "trouble": view::trouble(new),
            "witness": made.and_then(|made| made.witness.as_deref()),
            "html": html.unwrap_or_default(),
        });
        Ok(Some(Event::default().id(self.seen.to_string()).data(data.to_string())))
    }
}
