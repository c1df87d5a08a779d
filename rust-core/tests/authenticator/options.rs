//! Every combination of what a request can ask for, against the status the specification gives it; and
//! every way in which a request can be malformed. Requests are written by another CBOR library.

use ciborium::{Value, cbor};
use wardkey_core::ctap::status::Status;

use crate::support::{HASH, Handle, RP, TestAuthenticator, moment, registration, run};

const MAKE_CREDENTIAL: u8 = 1;
const GET_ASSERTION: u8 = 2;
const CREDENTIAL: [u8; 32] = [1; 32];
const SECOND: [u8; 32] = [3; 32];

/// An authenticator with one discoverable credential, whose id is [`CREDENTIAL`].
fn registered(handle: &Handle) -> TestAuthenticator {
    let mut authenticator = handle.release();
    run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    authenticator
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

fn message(command: u8, members: Vec<(u64, Value)>) -> Vec<u8> {
    let map = members.into_iter().map(|(key, value)| (key.into(), value)).collect();
    let mut message = vec![command];
    ciborium::into_writer(&Value::Map(map), &mut message).unwrap();
    message
}

fn status(authenticator: &mut TestAuthenticator, message: &[u8]) -> Status {
    let response = run(authenticator.handle(moment(2), message));
    let status = Status::from_code(response[0]).unwrap();
    assert_eq!(response.len() > 1, status == Status::Ok, "only success has a response");
    status
}

/// In canonical order: "rk", "up", "uv".
fn options(rk: Option<bool>, up: Option<bool>, uv: Option<bool>) -> Value {
    let members = [("rk", rk), ("up", up), ("uv", uv)];
    Value::Map(
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.into(), Value::from(value?))))
            .collect(),
    )
}

const SWITCH: [Option<bool>; 3] = [None, Some(true), Some(false)];

/// What stands in the members for the PIN parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pin {
    Absent,
    EmptyParameter,
    Protocol(Option<u64>),
}

const PINS: [Pin; 6] = [
    Pin::Absent,
    Pin::EmptyParameter,
    Pin::Protocol(None),
    Pin::Protocol(Some(1)),
    Pin::Protocol(Some(2)),
    Pin::Protocol(Some(3)),
];

impl Pin {
    fn members(self, parameter: u64) -> Vec<(u64, Value)> {
        let protocol = parameter + 1;
        match self {
            Self::Absent => vec![],
            Self::EmptyParameter => vec![(parameter, bytes(&[])), (protocol, 1.into())],
            Self::Protocol(None) => vec![(parameter, bytes(&[7; 16]))],
            Self::Protocol(Some(n)) => vec![(parameter, bytes(&[7; 16])), (protocol, n.into())],
        }
    }

    fn status(self) -> Option<u8> {
        match self {
            Self::Absent => None,
            Self::Protocol(None) => Some(0x14),
            Self::EmptyParameter | Self::Protocol(Some(1 | 2)) => Some(0x35),
            Self::Protocol(Some(_)) => Some(0x02),
        }
    }
}

#[test]
fn make_credential_answers_every_combination() {
    let mut combinations = 0;
    for pin in PINS {
        for algorithm in [-7, -8] {
            for (rk, up, uv) in switches() {
                for enterprise in [None, Some(1_u64)] {
                    for excluded in [false, true] {
                        let expected = pin
                            .status()
                            .or((algorithm != -7).then_some(0x26))
                            .or((up == Some(false)).then_some(0x2c))
                            .or(enterprise.map(|_| 0x02))
                            .or(excluded.then_some(0x19))
                            .unwrap_or(0);

                        let mut members = vec![
                            (1, bytes(&HASH)),
                            (2, cbor!({"id" => RP}).unwrap()),
                            (3, Value::Map(vec![("id".into(), bytes(b"new"))])),
                            (4, cbor!([{"alg" => algorithm, "type" => "public-key"}]).unwrap()),
                        ];
                        if excluded {
                            members.push((5, Value::Array(vec![descriptor(&CREDENTIAL)])));
                        }
                        members.push((7, options(rk, up, uv)));
                        members.extend(pin.members(8));
                        members.extend(enterprise.map(|kind| (0x0a, kind.into())));

                        let handle = Handle::new();
                        let mut authenticator = registered(&handle);
                        let got = status(&mut authenticator, &message(MAKE_CREDENTIAL, members));
                        assert_eq!(
                            got.code(),
                            expected,
                            "{pin:?} alg {algorithm} rk {rk:?} up {up:?} uv {uv:?} \
                             ep {enterprise:?} excluded {excluded}"
                        );
                        let keys = if got == Status::Ok { 2 } else { 1 };
                        assert_eq!(handle.world().keys.len(), keys);
                        combinations += 1;
                    }
                }
            }
        }
    }
    assert_eq!(combinations, 6 * 2 * 27 * 2 * 2);
}

#[test]
fn get_assertion_answers_every_combination() {
    let foreign = || descriptor(&[9; 32]);
    let unknown_type =
        || Value::Map(vec![("id".into(), bytes(&CREDENTIAL)), ("type".into(), "unknown-2".into())]);
    let lists = [
        (None, true),
        (Some(vec![]), true),
        (Some(vec![descriptor(&CREDENTIAL)]), true),
        (Some(vec![foreign(), descriptor(&CREDENTIAL)]), true),
        (Some(vec![descriptor(&CREDENTIAL), descriptor(&SECOND)]), true),
        (Some(vec![foreign()]), false),
        (Some(vec![unknown_type()]), false),
    ];
    for pin in PINS {
        for (rk, up, uv) in switches() {
            for (list, applicable) in lists.clone() {
                for rp in [RP, "example.net"] {
                    let expected = pin
                        .status()
                        .or(rk.map(|_| 0x2b))
                        .or((up == Some(false)).then_some(0x2c))
                        .or((!applicable || rp != RP).then_some(0x2e))
                        .unwrap_or(0);
                    let mut members = vec![(1, rp.into()), (2, bytes(&HASH))];
                    members.extend(list.clone().map(|list| (3, Value::Array(list))));
                    members.push((5, options(rk, up, uv)));
                    members.extend(pin.members(6));

                    let handle = Handle::new();
                    let mut authenticator = registered(&handle);
                    run(authenticator.make_credential(moment(3), &registration(b"v"))).unwrap();
                    let message = message(GET_ASSERTION, members);
                    let response = run(authenticator.handle(moment(2), &message));
                    let asked = format!("{pin:?} rk {rk:?} up {up:?} uv {uv:?} {list:?} {rp}");
                    assert_eq!(response[0], expected, "{asked}");
                    if expected == 0 {
                        // Of two accounts one was chosen; a list keeps that to itself.
                        let chosen = list.as_ref().is_none_or(Vec::is_empty);
                        let selected = member(&response[1..], 6);
                        assert_eq!(selected, chosen.then_some(Value::Bool(true)), "{asked}");
                    }
                }
            }
        }
    }
}

/// A member of a response, read by another CBOR library.
fn member(response: &[u8], key: u64) -> Option<Value> {
    let map: Value = ciborium::from_reader(response).unwrap();
    let members = map.into_map().unwrap();
    members.into_iter().find(|(name, _)| *name == key.into()).map(|(_, value)| value)
}

fn switches() -> impl Iterator<Item = (Option<bool>, Option<bool>, Option<bool>)> {
    SWITCH.into_iter().flat_map(|rk| {
        SWITCH.into_iter().flat_map(move |up| SWITCH.into_iter().map(move |uv| (rk, up, uv)))
    })
}

fn descriptor(id: &[u8]) -> Value {
    Value::Map(vec![("id".into(), bytes(id)), ("type".into(), "public-key".into())])
}

fn make_credential_members() -> Vec<(u64, Value)> {
    vec![
        (1, bytes(&HASH)),
        (2, cbor!({"id" => RP}).unwrap()),
        (3, Value::Map(vec![("id".into(), bytes(b"new"))])),
        (4, cbor!([{"alg" => -7, "type" => "public-key"}]).unwrap()),
    ]
}

fn get_assertion_members() -> Vec<(u64, Value)> {
    vec![(1, RP.into()), (2, bytes(&HASH))]
}

/// Sends `members` with `key` set to `value`, or left out.
fn with(command: u8, members: &[(u64, Value)], key: u64, value: Option<Value>) -> Vec<u8> {
    let mut members: Vec<_> = members.iter().filter(|(k, _)| *k != key).cloned().collect();
    members.extend(value.map(|value| (key, value)));
    members.sort_by_key(|(key, _)| *key);
    message(command, members)
}

#[test]
fn a_missing_member_is_0x14() {
    let mut authenticator = registered(&Handle::new());
    for (key, _) in make_credential_members() {
        let message = with(MAKE_CREDENTIAL, &make_credential_members(), key, None);
        assert_eq!(status(&mut authenticator, &message), Status::MissingParameter, "mc {key}");
    }
    for (key, _) in get_assertion_members() {
        let message = with(GET_ASSERTION, &get_assertion_members(), key, None);
        assert_eq!(status(&mut authenticator, &message), Status::MissingParameter, "ga {key}");
    }
    let nested = [
        (2, cbor!({"name" => "no id"}).unwrap()),
        (3, cbor!({"name" => "no id"}).unwrap()),
        (4, cbor!([{"alg" => -7, "type" => "public-key"}, {"type" => "public-key"}]).unwrap()),
        (4, cbor!([{"alg" => -7, "type" => "public-key"}, {"alg" => -7}]).unwrap()),
        (5, cbor!([{"type" => "public-key"}]).unwrap()),
    ];
    for (key, value) in nested {
        let message = with(MAKE_CREDENTIAL, &make_credential_members(), key, Some(value.clone()));
        assert_eq!(status(&mut authenticator, &message), Status::MissingParameter, "{value:?}");
    }
}

#[test]
fn a_member_of_the_wrong_type_is_0x11() {
    let mut authenticator = registered(&Handle::new());
    let samples = [
        Value::from(1),
        bytes(b"bytes"),
        Value::from("text"),
        Value::Array(vec![]),
        Value::Map(vec![]),
        Value::from(true),
        Value::Null,
    ];
    let is_of_type = |value: &Value, kind: &str| match value {
        Value::Integer(_) => kind == "int",
        Value::Bytes(_) => kind == "bytes",
        Value::Text(_) => kind == "text",
        Value::Array(_) => kind == "array",
        Value::Map(_) => kind == "map",
        _ => false,
    };
    let commands = [
        (
            MAKE_CREDENTIAL,
            make_credential_members(),
            vec!["bytes", "map", "map", "array", "array", "map", "map", "bytes", "int", "int"],
        ),
        (
            GET_ASSERTION,
            get_assertion_members(),
            vec!["text", "bytes", "array", "map", "map", "bytes", "int"],
        ),
    ];
    for (command, members, kinds) in commands {
        for (key, kind) in (1..).zip(kinds) {
            for sample in samples.iter().filter(|sample| !is_of_type(sample, kind)) {
                let message = with(command, &members, key, Some(sample.clone()));
                let got = status(&mut authenticator, &message);
                assert_eq!(got, Status::CborUnexpectedType, "{command} {key} {sample:?}");
            }
        }
    }
    let nested = [
        (2, cbor!({"id" => 1}).unwrap()),
        (3, cbor!({"id" => "text"}).unwrap()),
        (4, cbor!([{"alg" => -7, "type" => "public-key"}, 1]).unwrap()),
        (4, cbor!([{"alg" => "x", "type" => "public-key"}]).unwrap()),
        (5, cbor!([{"id" => "text", "type" => "public-key"}]).unwrap()),
        (5, cbor!(["text"]).unwrap()),
        (7, cbor!({"rk" => 1}).unwrap()),
    ];
    for (key, value) in nested {
        let message = with(MAKE_CREDENTIAL, &make_credential_members(), key, Some(value.clone()));
        assert_eq!(status(&mut authenticator, &message), Status::CborUnexpectedType, "{value:?}");
    }
}

#[test]
fn bad_values_are_named_by_their_status() {
    let mut authenticator = registered(&Handle::new());
    let cases = [
        (1, bytes(&[0; 31]), Status::InvalidLength),
        (1, bytes(&[0; 33]), Status::InvalidLength),
        (2, cbor!({"id" => ""}).unwrap(), Status::InvalidParameter),
        (2, cbor!({"id" => "x".repeat(254)}).unwrap(), Status::InvalidParameter),
        (2, cbor!({"id" => "x".repeat(253)}).unwrap(), Status::Ok),
        (3, Value::Map(vec![("id".into(), bytes(&[]))]), Status::InvalidParameter),
        (3, Value::Map(vec![("id".into(), bytes(&[1; 65]))]), Status::InvalidParameter),
        (3, Value::Map(vec![("id".into(), bytes(&[1; 64]))]), Status::Ok),
    ];
    for (key, value, expected) in cases {
        let message = with(MAKE_CREDENTIAL, &make_credential_members(), key, Some(value));
        assert_eq!(status(&mut authenticator, &message), expected);
    }
}

#[test]
fn a_relying_party_id_is_no_longer_than_a_domain_name() {
    let mut authenticator = registered(&Handle::new());
    for (length, expected) in [
        (0, Status::InvalidParameter),
        (253, Status::NoCredentials),
        (254, Status::InvalidParameter),
    ] {
        let rp_id = Some("x".repeat(length).into());
        let message = with(GET_ASSERTION, &get_assertion_members(), 1, rp_id);
        assert_eq!(status(&mut authenticator, &message), expected, "{length}");
    }
}

#[test]
fn unknown_members_options_and_extensions_are_ignored() {
    let mut authenticator = registered(&Handle::new());
    let additions = [
        (6, cbor!({"hmac-secret" => true}).unwrap()),
        (7, cbor!({"futureOption" => true}).unwrap()),
        (0x0b, cbor!(["packed"]).unwrap()),
        (0x63, Value::from("unknown")),
    ];
    for (key, value) in additions {
        let message = with(MAKE_CREDENTIAL, &make_credential_members(), key, Some(value));
        assert_eq!(status(&mut authenticator, &message), Status::Ok, "{key}");
    }
}

#[test]
fn malformed_messages_get_a_status_and_the_next_one_is_served() {
    let mut authenticator = registered(&Handle::new());
    let good = message(GET_ASSERTION, get_assertion_members());
    let cases: &[(&[u8], Status)] = &[
        (&[], Status::InvalidCommand),
        (&[0x00], Status::InvalidCommand),
        (&[0x06], Status::InvalidCommand),
        (&[0x0b], Status::InvalidCommand),
        (&[0xff, 0xa0], Status::InvalidCommand),
        (&[0x01], Status::InvalidCbor),
        (&[0x01, 0xbf, 0xff], Status::InvalidCbor),
        (&[0x01, 0xa1], Status::InvalidCbor),
        (&[0x01, 0xa0, 0x00], Status::InvalidCbor),
        (&[0x01, 0xc0, 0xa0], Status::InvalidCbor),
        (&[0x01, 0xa2, 0x02, 0x00, 0x01, 0x00], Status::InvalidCbor),
        (&[0x01, 0x80], Status::CborUnexpectedType),
        (&[0x01, 0xa0], Status::MissingParameter),
        (&[0x02, 0xa0], Status::MissingParameter),
        (&[0x02, 0x40], Status::CborUnexpectedType),
    ];
    for (bad, expected) in cases {
        assert_eq!(status(&mut authenticator, bad), *expected, "{bad:02x?}");
        assert_eq!(status(&mut authenticator, &good), Status::Ok);
    }
    // A value that is no canonical CBOR: not shortest, too deep, no UTF-8, a float, a tag, undefined, without
    // a length, out of order, twice the same, no type at all.
    for value in [
        "1817",
        "5800",
        "1a0000ffff",
        "8181818180",
        "61ff",
        "f90000",
        "fa00000000",
        "c000",
        "f7",
        "5f4100ff",
        "9fff",
        "a201000100",
        "a2616200616100",
        "a200000000",
        "1c",
        "fc",
    ] {
        let value = hex::decode(value).unwrap();
        for command in [MAKE_CREDENTIAL, GET_ASSERTION] {
            let bad = [&[command, 0xa1, 0x01], value.as_slice()].concat();
            assert_eq!(status(&mut authenticator, &bad), Status::InvalidCbor, "{bad:02x?}");
            assert_eq!(status(&mut authenticator, &good), Status::Ok);
        }
    }
    let mut oversize = vec![0; 1024 * 1024 + 2];
    oversize[0] = MAKE_CREDENTIAL;
    assert_eq!(status(&mut authenticator, &oversize), Status::RequestTooLarge);
    assert_eq!(status(&mut authenticator, &good), Status::Ok);
}

#[test]
fn get_info_says_what_the_transport_needs_and_nothing_more() {
    let mut authenticator = registered(&Handle::new());
    let response = run(authenticator.handle(moment(2), &[0x04]));
    let info: Value = ciborium::from_reader(&response[1..]).unwrap();
    let aaguid = wardkey_core::authenticator::AAGUID;
    let expected = Value::Map(vec![
        (1.into(), cbor!(["FIDO_2_0", "FIDO_2_1"]).unwrap()),
        (3.into(), bytes(&aaguid)),
        (4.into(), cbor!({"rk" => true, "uv" => true}).unwrap()),
        (5.into(), (1024 * 1024 - 64).into()),
        (9.into(), cbor!(["hybrid", "internal"]).unwrap()),
        (10.into(), cbor!([{"alg" => -7, "type" => "public-key"}]).unwrap()),
    ]);
    assert_eq!((response[0], info), (0, expected));
}
