//! Applications are told that a session has ended (OpenID Connect Back-Channel Logout).
//!
//! Who has to be told is in the register, so a process that is killed in the middle loses nothing: the
//! next one, or another, goes on.

use std::{
    collections::{BTreeMap, HashMap},
    future::pending,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use backon::{ExponentialBuilder, Retryable as _};
use futures_util::future::{join, select};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    task::{Id, JoinSet},
    time::{sleep, timeout},
};
use url::Url;
use wardkey_register::{DatabaseError, Logout, Moment};

use super::signer::LOGOUT_TOKEN;
use crate::{api::now, relying_party::RelyingParty, session::sweep};

/// How often sessions are looked for that ended by themselves.
const PAUSE: Duration = Duration::from_secs(5);

/// Longer than telling an application takes with all its tries.
const AGAIN: Duration = Duration::from_mins(2);

/// How many applications are told at once.
const AT_ONCE: usize = 16;

/// How many of them may be one application: one that does not answer keeps nobody else waiting.
const AT_ONCE_OF_ONE: usize = 4;

const TRIES: usize = 4;

/// The shortest time until the next tries. Each pause is as long as everything before it.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// How long after the end of a session its applications are told of it.
const GIVEN_UP: Duration = Duration::from_hours(1);

/// How long a logout token may be used.
const LIFE: Duration = Duration::from_mins(2);

/// The claims of a logout token (§2.4). No nonce: it must not pass for an ID token.
#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    jti: String,
    sid: &'a str,
    events: Value,
}

/// Ends what is over, and tells applications, until it is dropped. Neither waits for the other: however long an
/// application takes to answer, sessions end in time.
pub(crate) async fn run(party: Arc<RelyingParty>) {
    join(end_what_is_over(&party), tell_all(&party)).await;
}

async fn end_what_is_over(party: &RelyingParty) {
    loop {
        if let Err(error) = sweep(party, now()).await {
            tracing::error!(%error, "what is over could not be ended");
        }
        sleep(PAUSE).await;
    }
}

/// Those who are being told, each by its task and with the application's name.
#[derive(Default)]
struct Telling {
    tasks: JoinSet<()>,
    clients: HashMap<Id, String>,
}

async fn tell_all(party: &Arc<RelyingParty>) {
    let mut telling = Telling::default();
    loop {
        if let Err(error) = telling.fill(party).await {
            tracing::error!(%error, "ended sessions could not be looked for");
        }
        // Rung when somebody signs out; at the latest after the pause.
        let rung = pin!(timeout(PAUSE, party.logouts.notified()));
        select(rung, pin!(telling.one_is_done())).await;
    }
}

impl Telling {
    /// Begins with those who are due, as far as there is room.
    async fn fill(&mut self, party: &Arc<RelyingParty>) -> Result<(), DatabaseError> {
        while self.tasks.len() < AT_ONCE {
            let mut act = party.database.act().await?;
            let due = act.take_logout(&self.busy(), now(), now() + AGAIN).await?;
            act.commit().await?;
            let Some(logout) = due else { break };
            let client = logout.client.clone();
            let party = Arc::clone(party);
            let task = self.tasks.spawn(async move { tell(&party, &logout).await });
            self.clients.insert(task.id(), client);
        }
        Ok(())
    }

    /// The applications that are told of as much at once as one may be.
    fn busy(&self) -> Vec<String> {
        let mut counted = BTreeMap::<&str, usize>::new();
        for client in self.clients.values() {
            *counted.entry(client).or_default() += 1;
        }
        let busy = counted.into_iter().filter(|(_, count)| *count >= AT_ONCE_OF_ONE);
        busy.map(|(client, _)| client.to_owned()).collect()
    }

    /// Waits for the end of one, for ever if there is none.
    async fn one_is_done(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => pending().await,
        };
        self.clients.remove(&id);
    }
}

async fn tell(party: &RelyingParty, logout: &Logout) {
    let told = told(party, logout).await;
    if let Err(NotTold { why, .. }) = &told {
        tracing::error!(client = logout.client, why, "an application was not told of a logout");
        let detail = format!("{}: {why}", logout.client);
        party.note(Some(&logout.person), "back-channel logout", &detail, now()).await;
    }
    if let Err(error) = finish(party, logout, &told, now()).await {
        // It stays as it is in the register, and is told once more.
        tracing::error!(%error, "the end of a logout could not be noted");
    }
}

/// Who could not be told is told later, again and again for an hour, less and less often.
async fn finish(
    party: &RelyingParty,
    logout: &Logout,
    told: &Result<(), NotTold>,
    now: Moment,
) -> Result<(), DatabaseError> {
    let mut act = party.database.act().await?;
    let again = now + now.since(logout.ended_at).max(SHORTEST_PAUSE);
    match told {
        Ok(()) => act.finish_logout(logout, Ok(())).await?,
        Err(NotTold { why, for_good: false }) if again <= logout.ended_at + GIVEN_UP => {
            act.postpone_logout(logout, why, again).await?;
        }
        Err(NotTold { why, .. }) => act.finish_logout(logout, Err(why)).await?,
    }
    act.commit().await
}

/// Why an application was not told.
struct NotTold {
    why: String,
    /// It never will be.
    for_good: bool,
}

impl From<String> for NotTold {
    fn from(why: String) -> Self {
        Self { why, for_good: false }
    }
}

fn never(why: &str) -> NotTold {
    NotTold { why: why.to_owned(), for_good: true }
}

async fn told(party: &RelyingParty, logout: &Logout) -> Result<(), NotTold> {
    let Some(client) = party.openid.clients.find(&logout.client) else {
        return Err(never("the application is not registered any more"));
    };
    // An application that does not want to hear of it is content.
    let Some(address) = &client.backchannel_logout_uri else { return Ok(()) };
    let person = party.database.person(&logout.person).await.map_err(|error| error.to_string())?;
    let person = person.ok_or_else(|| never("the user is not on the register any more"))?;
    let post = || async {
        let token = token(party, logout, &person.uid, now()).await?;
        post(party, address, &token).await
    };
    // 0.2 s, 0.6 s and 1.8 s apart, give or take.
    let tries = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_factor(3.0)
        .with_jitter()
        .with_max_times(TRIES - 1);
    Ok(post.retry(tries).await?)
}

async fn token(
    party: &RelyingParty,
    logout: &Logout,
    uid: &str,
    now: Moment,
) -> Result<String, String> {
    let claims = LogoutToken {
        iss: party.openid.issuer.as_str(),
        sub: uid,
        aud: &logout.client,
        iat: now.seconds(),
        exp: (now + LIFE).seconds(),
        // Each try is a token of its own: an application that saw one may refuse it the second time.
        jti: uuid::Uuid::new_v4().to_string(),
        sid: logout.session.as_str(),
        events: json!({ "http://schemas.openid.net/event/backchannel-logout": {} }),
    };
    let signer = party.signer().await.map_err(|refusal| refusal.to_string())?;
    signer.sign(LOGOUT_TOKEN, &claims).map_err(|error| error.to_string())
}

async fn post(party: &RelyingParty, address: &Url, token: &str) -> Result<(), String> {
    let sent = party.openid.http.post(address.clone()).form(&[("logout_token", token)]).send();
    // The error's text ends with the address; the cause is what helps.
    let answer = sent.await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", cause.unwrap_or_default())
    })?;
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(format!("{address} answered {status}")) }
}

#[cfg(test)]
#[path = "backchannel_tests.rs"]
mod tests;
