//! The commands the program reads, one a line.

use std::str::FromStr;

use wardkey_bluez_standin::{Advert, ErrorName, Faults};

/// The 16-bit UUID of hybrid transport adverts.
const FIDO_SERVICE: u16 = 0xfff9;

/// A command, and the machine it is for (counted from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) machine: usize,
    pub(crate) action: Action,
}

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Hear(Advert),
    Power(bool),
    Adapter(bool),
    Bluez(bool),
    Faults(Faults),
    Quit,
}

/// Why a line is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    #[error("unknown command {0:?}; say one of: hear, power, adapter, bluez, fault, quit")]
    Unknown(String),
    #[error("`{0}` is no machine number")]
    Machine(String),
    #[error("`{0}` is no hexadecimal advert")]
    Advert(String),
    #[error("`{0}` is no 16-bit service UUID in hexadecimal")]
    Service(String),
    #[error("`{0}` is no BlueZ error name, such as NotPermitted")]
    ErrorName(String),
}

impl FromStr for Command {
    type Err = ParseError;

    fn from_str(line: &str) -> Result<Self, ParseError> {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let machine = match words.first().and_then(|word| word.strip_prefix('@')) {
            None => 1,
            Some(number) => {
                let number = number.parse().map_err(|_| ParseError::Machine(number.to_owned()))?;
                words.remove(0);
                number
            }
        };
        let action = parse_action(&words, line)?;
        Ok(Self { machine, action })
    }
}

fn parse_action(words: &[&str], line: &str) -> Result<Action, ParseError> {
    Ok(match words {
        ["hear", advert] => hear(advert, FIDO_SERVICE)?,
        ["hear", advert, service] => {
            let service = u16::from_str_radix(service, 16)
                .map_err(|_| ParseError::Service((*service).to_owned()))?;
            hear(advert, service)?
        }
        ["power", "on"] => Action::Power(true),
        ["power", "off"] => Action::Power(false),
        ["adapter", "in"] => Action::Adapter(true),
        ["adapter", "out"] => Action::Adapter(false),
        ["bluez", "start"] => Action::Bluez(true),
        ["bluez", "stop"] => Action::Bluez(false),
        ["fault", fault @ ..] => Action::Faults(parse_faults(fault, line)?),
        ["quit"] => Action::Quit,
        _ => return Err(ParseError::Unknown(line.to_owned())),
    })
}

/// An advert from a device whose address follows from what it says, so that a changed advert
/// comes from a new device, as with the private addresses of phones.
fn hear(hexadecimal: &str, service: u16) -> Result<Action, ParseError> {
    let data = hex::decode(hexadecimal).map_err(|_| ParseError::Advert(hexadecimal.to_owned()))?;
    let octets = data.iter().copied().chain([0; 5]).take(5);
    let octets: Vec<_> = octets.map(|octet| format!("{octet:02X}")).collect();
    let address = format!("5A:{}", octets.join(":"));
    Ok(Action::Hear(Advert::of_service(&address, service, &data)))
}

fn parse_faults(words: &[&str], line: &str) -> Result<Faults, ParseError> {
    let mut faults = Faults::default();
    match words {
        ["none"] => {}
        ["rfkill"] => faults.radio_blocked = true,
        ["mute"] => faults.mute = true,
        ["advertising", error] => faults.advertising_refused = Some(parse_error_name(error)?),
        ["discovery", error] => faults.discovery_refused = Some(parse_error_name(error)?),
        _ => return Err(ParseError::Unknown(line.to_owned())),
    }
    Ok(faults)
}

fn parse_error_name(name: &str) -> Result<ErrorName, ParseError> {
    ErrorName::from_short_name(name).ok_or_else(|| ParseError::ErrorName(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_machine_may_be_named() {
        let command = Command { machine: 2, action: Action::Power(false) };
        assert_eq!("@2 power off".parse(), Ok(command));
    }

    #[test]
    fn faults_replace_each_other() {
        let parsed: Command = "fault advertising NotPermitted".parse().unwrap();
        let faults =
            Faults { advertising_refused: Some(ErrorName::NotPermitted), ..Faults::default() };
        assert_eq!(parsed.action, Action::Faults(faults));
    }

    #[test]
    fn each_mistake_is_named() {
        let error = |line: &str| line.parse::<Command>().unwrap_err().to_string();
        assert!(error("hear xyz").contains("`xyz` is no hexadecimal advert"));
        assert!(error("hear 00 xyz").contains("`xyz` is no 16-bit service UUID"));
        assert!(error("@one power on").contains("`one` is no machine number"));
        assert!(error("fault discovery Sulks").contains("`Sulks` is no BlueZ error name"));
        assert!(error("sing").contains("unknown command \"sing\""));
        assert!(error("").contains("unknown command"));
    }

    proptest! {
        #[test]
        fn any_line_parses_or_is_refused(line in ".{0,60}") {
            let _ = line.parse::<Command>();
        }

        #[test]
        fn an_advert_is_heard_as_written(data in prop::collection::vec(any::<u8>(), 1..24)) {
            let parsed: Command = format!("hear {}", hex::encode(&data)).parse().unwrap();
            let Action::Hear(advert) = parsed.action else { panic!("not an advert") };
            prop_assert_eq!(advert.service_data.values().next(), Some(&data));
        }
    }
}
