//! How strong a sign-in an application demands, and which passkeys meet it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much a sign-in proved: authenticator assurance level 2 or 3 (NIST SP 800-63B).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Assurance {
    Two,
    Three,
}

impl Assurance {
    /// As claims carry it: a digit in a string.
    pub(crate) const fn digit(self) -> &'static str {
        match self {
            Self::Two => "2",
            Self::Three => "3",
        }
    }
}

impl From<u8> for Assurance {
    /// Anything less than 3 is not 3.
    fn from(level: u8) -> Self {
        if level >= 3 { Self::Three } else { Self::Two }
    }
}

/// One value of `acr_values` that the real service knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AcrValue {
    #[serde(rename = "AAL3_ANY")]
    Aal3Any,
    #[serde(rename = "AAL2_OR_AAL3_ANY")]
    Aal2OrAal3Any,
    #[serde(rename = "AAL2_ANY")]
    Aal2Any,
    #[serde(rename = "AAL3_FIDO2")]
    Aal3Fido2,
    #[serde(rename = "AAL3_IOS")]
    Aal3Ios,
    #[serde(rename = "AAL3_SMARTCARD")]
    Aal3Smartcard,
    #[serde(rename = "AAL3_N3_SMARTCARD")]
    Aal3N3Smartcard,
    #[serde(rename = "AAL3_CIS2_SMARTCARD")]
    Aal3Cis2Smartcard,
    #[serde(rename = "AAL2_TOTP")]
    Aal2Totp,
    #[serde(rename = "AAL2_NHSMAIL")]
    Aal2Nhsmail,
    #[serde(rename = "AAL1_USERPASS")]
    Aal1Userpass,
}

impl AcrValue {
    pub(crate) const ALL: [Self; 11] = [
        Self::Aal3Any,
        Self::Aal2OrAal3Any,
        Self::Aal2Any,
        Self::Aal3Fido2,
        Self::Aal3Ios,
        Self::Aal3Smartcard,
        Self::Aal3N3Smartcard,
        Self::Aal3Cis2Smartcard,
        Self::Aal2Totp,
        Self::Aal2Nhsmail,
        Self::Aal1Userpass,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Aal3Any => "AAL3_ANY",
            Self::Aal2OrAal3Any => "AAL2_OR_AAL3_ANY",
            Self::Aal2Any => "AAL2_ANY",
            Self::Aal3Fido2 => "AAL3_FIDO2",
            Self::Aal3Ios => "AAL3_IOS",
            Self::Aal3Smartcard => "AAL3_SMARTCARD",
            Self::Aal3N3Smartcard => "AAL3_N3_SMARTCARD",
            Self::Aal3Cis2Smartcard => "AAL3_CIS2_SMARTCARD",
            Self::Aal2Totp => "AAL2_TOTP",
            Self::Aal2Nhsmail => "AAL2_NHSMAIL",
            Self::Aal1Userpass => "AAL1_USERPASS",
        }
    }

    pub(crate) const fn a_passkey_may_meet_it(self) -> bool {
        self.of_a_passkey().is_some()
    }

    /// What a passkey must have proved to meet this value, or `None` if another method is
    /// demanded, which no passkey is. Who needs level 2 may be entered with level 3 as well.
    const fn of_a_passkey(self) -> Option<Assurance> {
        match self {
            Self::Aal3Any | Self::Aal3Fido2 => Some(Assurance::Three),
            Self::Aal2Any | Self::Aal2OrAal3Any => Some(Assurance::Two),
            Self::Aal3Ios
            | Self::Aal3Smartcard
            | Self::Aal3N3Smartcard
            | Self::Aal3Cis2Smartcard
            | Self::Aal2Totp
            | Self::Aal2Nhsmail
            | Self::Aal1Userpass => None,
        }
    }
}

/// What an application demands, in its order of preference; any one will do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AcrValues(Vec<AcrValue>);

/// An `acr_values` that names nothing the service has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("none of the acr_values is known here: {0}")]
pub(crate) struct UnknownAcrValues(String);

impl Default for AcrValues {
    /// Who says nothing gets the strongest.
    fn default() -> Self {
        Self(vec![AcrValue::Aal3Any])
    }
}

impl FromStr for AcrValues {
    type Err = UnknownAcrValues;

    /// Values that are not known are passed over if another is (OpenID Connect Core §3.1.2.1:
    /// the claim is voluntary), but never all of them: then the demand is lost.
    fn from_str(text: &str) -> Result<Self, UnknownAcrValues> {
        let known: Vec<_> = text
            .split(' ')
            .filter_map(|name| AcrValue::ALL.into_iter().find(|value| value.name() == name))
            .collect();
        if known.is_empty() { Err(UnknownAcrValues(text.to_owned())) } else { Ok(Self(known)) }
    }
}

impl AcrValues {
    /// The most preferred value that a passkey of this assurance meets.
    pub(crate) fn met_by(&self, reached: Assurance) -> Option<AcrValue> {
        self.0
            .iter()
            .copied()
            .find(|value| value.of_a_passkey().is_some_and(|needed| reached >= needed))
    }

    /// Whether some passkey could meet the demand.
    pub(crate) fn can_be_met(&self) -> bool {
        self.met_by(Assurance::Three).is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::{AcrValue, AcrValues, Assurance};

    #[test]
    fn which_assurance_meets_which_value() {
        use Assurance::{Three, Two};
        let cases = [
            ("AAL3_ANY", Two, None),
            ("AAL3_ANY", Three, Some("AAL3_ANY")),
            ("AAL3_FIDO2", Two, None),
            ("AAL3_FIDO2", Three, Some("AAL3_FIDO2")),
            ("AAL2_ANY", Two, Some("AAL2_ANY")),
            ("AAL2_ANY", Three, Some("AAL2_ANY")),
            ("AAL2_OR_AAL3_ANY", Two, Some("AAL2_OR_AAL3_ANY")),
            ("AAL2_OR_AAL3_ANY", Three, Some("AAL2_OR_AAL3_ANY")),
            ("AAL3_IOS", Three, None),
            ("AAL3_SMARTCARD", Three, None),
            ("AAL3_N3_SMARTCARD", Three, None),
            ("AAL3_CIS2_SMARTCARD", Three, None),
            ("AAL2_TOTP", Three, None),
            ("AAL2_NHSMAIL", Three, None),
            ("AAL1_USERPASS", Three, None),
            ("AAL3_SMARTCARD AAL3_FIDO2 AAL2_ANY", Three, Some("AAL3_FIDO2")),
            ("AAL3_SMARTCARD AAL3_FIDO2 AAL2_ANY", Two, Some("AAL2_ANY")),
            ("urn:example:other AAL2_ANY", Two, Some("AAL2_ANY")),
        ];
        for (asked, reached, met) in cases {
            let asked: AcrValues = asked.parse().unwrap();
            assert_eq!(asked.met_by(reached).map(AcrValue::name), met, "{asked:?} {reached:?}");
        }
        assert_eq!(AcrValues::default().met_by(Three), Some(AcrValue::Aal3Any));
        assert_eq!(AcrValues::default().met_by(Two), None);
    }

    #[test]
    fn a_demand_nobody_knows_is_not_forgotten() {
        for text in ["urn:example:other", "aal3_any", "AAL4_ANY AAL5_ANY", " "] {
            assert!(text.parse::<AcrValues>().is_err(), "{text}");
        }
    }

    proptest! {
        /// More assurance never closes a door.
        #[test]
        fn level_three_meets_what_level_two_meets(asked in vec(select(AcrValue::ALL.to_vec()), 1..5)) {
            let asked = AcrValues(asked);
            if asked.met_by(Assurance::Two).is_some() {
                prop_assert!(asked.met_by(Assurance::Three).is_some());
            }
            for reached in [Assurance::Two, Assurance::Three] {
                if let Some(met) = asked.met_by(reached) {
                    prop_assert!(asked.0.contains(&met));
                    prop_assert!(reached == Assurance::Three || !met.name().starts_with("AAL3"));
                }
            }
        }

        #[test]
        fn names_are_read_as_they_are_written(value in select(AcrValue::ALL.to_vec())) {
            prop_assert_eq!(value.name().parse(), Ok(AcrValues(vec![value])));
            prop_assert_eq!(serde_json::to_value(value).unwrap(), value.name());
        }
    }
}
