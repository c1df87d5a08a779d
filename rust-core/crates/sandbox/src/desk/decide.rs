//! The registration authority's word.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use wardkey_register::{
    Act, DatabaseError, PersonId,
    registrations::{RegistrationId, Step},
};

use super::form::{DeskForm, shown};
use crate::{
    about::{self, Subject},
    api::now,
    denied::Denied,
    refusal::Refusal,
    relying_party::RelyingParty,
};

type Party = State<Arc<RelyingParty>>;

#[derive(Clone, Copy)]
enum Word {
    Same,
    Different,
    Revoked,
}

impl Word {
    /// Its name in the audit.
    const fn act(self) -> &'static str {
        match self {
            Self::Same => "desk/confirmed",
            Self::Different => "desk/differed",
            Self::Revoked => "desk/revoked",
        }
    }
}

pub(super) async fn confirm(party: Party, id: Path<String>, form: DeskForm) -> Response {
    decide(party, id, form, Word::Same).await
}

pub(super) async fn differ(party: Party, id: Path<String>, form: DeskForm) -> Response {
    decide(party, id, form, Word::Different).await
}

pub(super) async fn revoke(party: Party, id: Path<String>, form: DeskForm) -> Response {
    decide(party, id, form, Word::Revoked).await
}

async fn decide(
    State(party): Party,
    Path(id): Path<String>,
    DeskForm { session, .. }: DeskForm,
    word: Word,
) -> Response {
    let (by, id) = (&session.person.id, RegistrationId::from_text(&id));
    about::subject(Subject::registration(&id));
    let decided = take(&party, &id, by, word).await;
    shown(&party, by, "desk/registrations/decide", decided).await
}

/// Whoever was later finds, on the page they are led to, what was decided before.
async fn take(
    party: &RelyingParty,
    id: &RegistrationId,
    by: &PersonId,
    word: Word,
) -> Result<Response, Refusal> {
    if party.database.registration(id).await?.is_none() {
        return Err(Refusal::Denied(Denied::NoSuchRegistration));
    }
    let mut act = party.database.act().await?;
    let step = say(&mut act, id, by, word).await?;
    act.commit().await?;
    match step {
        Step::Done => party.note(Some(by), word.act(), id.as_str(), now()).await,
        Step::Instead(state) => {
            party.note(Some(by), "desk/registrations/too-late", state.as_str(), now()).await;
        }
        Step::OfAnother => return Err(Refusal::Denied(Denied::NotYours)),
    }
    Ok(Redirect::to(&format!("/desk/registrations/{id}")).into_response())
}

async fn say(
    act: &mut Act<'_>,
    id: &RegistrationId,
    by: &PersonId,
    word: Word,
) -> Result<Step, DatabaseError> {
    match word {
        Word::Same => act.confirm_registration(id, Some(by), now()).await,
        Word::Different => act.differ_registration(id, Some(by), now()).await,
        Word::Revoked => act.revoke_registration(id, by, now()).await,
    }
}
