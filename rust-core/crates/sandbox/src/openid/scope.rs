//! What an application may ask to know.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One scope of the real service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    OpenId,
    Profile,
    Email,
    NhsPerson,
    NationalRbacAccess,
    AssociatedOrgs,
    ProfessionalMemberships,
    OrganisationalMemberships,
    SelectedRole,
}

impl Scope {
    pub(crate) const ALL: [Self; 9] = [
        Self::OpenId,
        Self::Profile,
        Self::Email,
        Self::NhsPerson,
        Self::NationalRbacAccess,
        Self::AssociatedOrgs,
        Self::ProfessionalMemberships,
        Self::OrganisationalMemberships,
        Self::SelectedRole,
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::NhsPerson => "nhsperson",
            Self::NationalRbacAccess => "nationalrbacaccess",
            Self::AssociatedOrgs => "associatedorgs",
            Self::ProfessionalMemberships => "professionalmemberships",
            Self::OrganisationalMemberships => "organisationalmemberships",
            Self::SelectedRole => "selectedrole",
        }
    }
}

/// The scopes of one request: `openid` always, the others as asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Scopes(BTreeSet<Scope>);

/// Why a scope parameter is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScopeError {
    #[error("the scope openid is missing, so this is not OpenID Connect")]
    NotOpenId,
    #[error("there is no scope “{0}”")]
    Unknown(String),
}

impl Scopes {
    pub(crate) fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The scopes that an application asks for. Those that nobody knows are ignored, and the answer says which were
    /// granted (OpenID Connect Core §3.1.2.1).
    pub(crate) fn asked(text: &str) -> Result<Self, ScopeError> {
        Self::checked(text.split(' ').filter_map(Scope::named).collect())
    }

    fn checked(scopes: BTreeSet<Scope>) -> Result<Self, ScopeError> {
        if scopes.contains(&Scope::OpenId) { Ok(Self(scopes)) } else { Err(ScopeError::NotOpenId) }
    }

    /// Whether everything asked for here is among `granted` (RFC 6749 §6).
    pub(crate) fn within(&self, granted: &Self) -> bool {
        self.0.is_subset(&granted.0)
    }
}

impl FromStr for Scopes {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let scopes = text
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(|name| Scope::named(name).ok_or_else(|| ScopeError::Unknown(name.to_owned())))
            .collect::<Result<BTreeSet<_>, _>>()?;
        Self::checked(scopes)
    }
}

impl TryFrom<String> for Scopes {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(formatter, "{space}{}", scope.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample};

    use super::{Scope, ScopeError, Scopes};

    proptest! {
        #[test]
        fn what_is_written_is_what_was_read(
            asked in sample::subsequence(Scope::ALL.to_vec(), 0..=Scope::ALL.len()),
        ) {
            let text: Vec<_> = asked.iter().map(|scope| scope.name()).collect();
            let read = text.join(" ").parse::<Scopes>();
            if asked.contains(&Scope::OpenId) {
                let read = read.unwrap();
                prop_assert!(Scope::ALL.iter().all(|scope| read.has(*scope) == asked.contains(scope)));
                prop_assert_eq!(read.to_string().parse(), Ok(read));
            } else {
                prop_assert_eq!(read, Err(ScopeError::NotOpenId));
            }
        }

        #[test]
        fn unknown_scopes_are_named(name in "[a-z]{1,12}") {
            prop_assume!(Scope::ALL.iter().all(|scope| scope.name() != name));
            let read = format!("openid {name}").parse::<Scopes>();
            prop_assert_eq!(read, Err(ScopeError::Unknown(name.clone())));
            let asked = Scopes::asked(&format!("{name} openid email {name}"));
            prop_assert_eq!(asked, "email openid".parse());
            prop_assert_eq!(Scopes::asked(&name), Err(ScopeError::NotOpenId));
        }
    }
}
