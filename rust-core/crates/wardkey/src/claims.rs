//! `--claim`: what a phone on a host can be made to say of itself.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use wardkey_core::keystore::software::Claim;

/// Each claim by its name, with its meaning for the help.
pub(crate) fn parser() -> impl TypedValueParser<Value = Claim> {
    let named = |claim: &Claim| PossibleValue::new(claim.as_str()).help(claim.meaning());
    let unknown = "it is not one of the possible values";
    PossibleValuesParser::new(Claim::ALL.iter().map(named))
        .try_map(move |name| Claim::parse(&name).ok_or(unknown))
}
