//! Applications are told that a session has ended (OpenID Connect Back-Channel Logout).
//!
//! Who has to be told is in the register, so a process that is killed in the middle loses nothing: the
//! next one, or another, goes on.

use std::{sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable as _};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::timeout};
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

const TRIES: usize = 4;

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

/// Ends sessions that are over, tells applications, and forgets what is long over, until it is dropped.
pub(crate) async fn run(party: Arc<RelyingParty>) {
    loop {
        if let Err(error) = round(&party).await {
            tracing::error!(%error, "ended sessions could not be looked for");
        }
        // Rung when somebody signs out; at the latest after the pause.
        let _ = timeout(PAUSE, party.logouts.notified()).await;
    }
}

async fn round(party: &Arc<RelyingParty>) -> Result<(), DatabaseError> {
    sweep(party, now()).await?;
    let mut telling = JoinSet::new();
    let mut act = party.database.act().await?;
    act.forget(&party.kept, now()).await?;
    let mut due = act.take_logout(now(), now() + AGAIN).await?;
    act.commit().await?;
    while let Some(logout) = due {
        if telling.len() >= AT_ONCE {
            telling.join_next().await;
        }
        telling.spawn({
            let party = Arc::clone(party);
            async move { tell(&party, &logout).await }
        });
        let mut act = party.database.act().await?;
        due = act.take_logout(now(), now() + AGAIN).await?;
        act.commit().await?;
    }
    while telling.join_next().await.is_some() {}
    Ok(())
}

async fn tell(party: &RelyingParty, logout: &Logout) {
    let told = told(party, logout).await;
    if let Err(why) = &told {
        tracing::error!(client = logout.client, why, "an application was not told of a logout");
        let detail = format!("{}: {why}", logout.client);
        party.note(Some(&logout.person), "back-channel logout", &detail, now()).await;
    }
    let outcome = match &told {
        Ok(()) => Ok(()),
        Err(why) => Err(why.as_str()),
    };
    let finished = async {
        let mut act = party.database.act().await?;
        act.finish_logout(logout, outcome).await?;
        act.commit().await
    };
    if let Err(error) = finished.await {
        // It stays as it is in the register, and is told once more.
        tracing::error!(%error, "the end of a logout could not be noted");
    }
}

async fn told(party: &RelyingParty, logout: &Logout) -> Result<(), String> {
    let Some(client) = party.openid.clients.find(&logout.client) else {
        return Err("the application is not registered any more".to_owned());
    };
    // An application that does not want to hear of it is content.
    let Some(address) = &client.backchannel_logout_uri else { return Ok(()) };
    let person = party.database.person(&logout.person).await.map_err(|error| error.to_string())?;
    let person = person.ok_or("the user is not on the register any more")?;
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
    post.retry(tries).await
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
