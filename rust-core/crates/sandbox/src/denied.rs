//! Why a step of a supervised registration is refused, on either side.

use axum::http::StatusCode;

/// A refusal at the registration desk or behind one of its links.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    #[error("There is no such registration link.")]
    NoSuchLink,
    #[error("This link was opened already, in another browser.")]
    LinkTaken,
    #[error("This link has been used, was taken back, or its time is over.")]
    LinkOver,
    #[error("This browser is not the one that opened the link.")]
    LinkOfAnother,
    #[error("The registration is not at this point.")]
    NotNow,
    #[error("The phone cannot be used: {0}")]
    Verdict(String),
    #[error("There is nobody of this name on the register.")]
    NoSuchPerson,
    #[error("There is no such registration.")]
    NoSuchRegistration,
    #[error("This person has no such authenticator.")]
    NoSuchPasskey,
    #[error("This authenticator is not in use.")]
    NotActive,
    #[error("Only the registration authority that issued the link can say that the codes match.")]
    NotYours,
    #[error("Nobody issues an authenticator to themselves.")]
    Yourself,
    #[error(
        "You are signed in at assurance level {0}. A registration authority has to be signed in at level 3."
    )]
    Level(u8),
    #[error(
        "Your passkey was accepted under a test policy, so here it reaches assurance level 2. A registration authority has to be signed in at level 3."
    )]
    Trial,
}

impl Denied {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchLink
            | Self::NoSuchPerson
            | Self::NoSuchRegistration
            | Self::NoSuchPasskey => StatusCode::NOT_FOUND,
            Self::LinkOver => StatusCode::GONE,
            Self::LinkTaken | Self::NotNow | Self::NotActive => StatusCode::CONFLICT,
            Self::LinkOfAnother
            | Self::NotYours
            | Self::Yourself
            | Self::Level(_)
            | Self::Trial => StatusCode::FORBIDDEN,
            Self::Verdict(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// A stable name for programs, and the remedy for people.
    pub(crate) const fn told(&self) -> (&'static str, &'static str) {
        match self {
            Self::NoSuchLink => (
                "no_such_link",
                "Look whether the whole link was copied, or ask your registration authority for a new one.",
            ),
            Self::LinkTaken => (
                "link_taken",
                "If it was you, go on there. If it was not, tell your registration authority at once.",
            ),
            Self::LinkOver => ("link_over", "Ask your registration authority for a new link."),
            Self::LinkOfAnother => {
                ("link_of_another", "Go on in the browser that opened the link.")
            }
            Self::NotNow => ("not_now", "Load the page again and follow its steps."),
            Self::Verdict(_) => (
                "verdict",
                "Your registration authority sees the reasons. Delete the new passkey on the phone.",
            ),
            Self::NoSuchPerson => ("no_such_person", "Find the person at the desk's first page."),
            Self::NoSuchRegistration => {
                ("no_such_registration", "Find the registration on the person's profile.")
            }
            Self::NoSuchPasskey => ("no_such_passkey", "Find it on the person's profile."),
            Self::NotActive => ("not_active", "Load the profile again to see what became of it."),
            Self::Yourself => (
                "yourself",
                "Ask another registration authority to issue it to you, and to compare the codes with you.",
            ),
            Self::Level(_) => ("level", "Sign in again with a passkey that reaches level 3."),
            Self::Trial => (
                "trial",
                "Sign in with another passkey. If you have none, ask another registration authority for one, or whoever runs the service for a set-up link.",
            ),
            Self::NotYours => (
                "not_yours",
                "Ask that registration authority. You can take the registration back, or say that the codes differ.",
            ),
        }
    }
}
