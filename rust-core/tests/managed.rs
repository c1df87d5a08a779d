//! Managed configuration: whatever is set, the phone is never laxer than what was meant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use wardkey_core::{
    authenticator::RelyingParties,
    hybrid::tunnel::TunnelDomain,
    keystore::SecurityLevel,
    managed::{Configuration, Routes, Value},
};

const KEYS: [&str; 7] = [
    "allowed_relying_parties",
    "strongbox_required",
    "pin_fallback_allowed",
    "tunnel_domain",
    "routes",
    "support_contact",
    "restrictions_pending",
];

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn texts(texts: &[&str]) -> Value {
    Value::Texts(texts.iter().map(|text| String::from(*text)).collect())
}

fn read(key: &str, value: Value) -> Configuration {
    Configuration::read([(key, value)])
}

#[test]
fn nothing_set_is_the_default() {
    assert_eq!(Configuration::read([]), Configuration::default());
    assert_eq!(Configuration::default().minimum_level, SecurityLevel::TrustedEnvironment);
}

#[test]
fn each_key_is_read() {
    let configuration = Configuration::read([
        ("allowed_relying_parties", text("example.org,\n Example.COM")),
        ("strongbox_required", Value::Flag(true)),
        ("pin_fallback_allowed", Value::Flag(false)),
        ("tunnel_domain", text("cable.wufkweyy3uaxb.com")),
        ("routes", texts(&["scanner", "this_phone"])),
        ("support_contact", text(" Service desk, 0123 ")),
    ]);
    assert_eq!(configuration.problems, []);
    let allowed = ["example.org", "example.com"].map(String::from).to_vec();
    assert_eq!(configuration.relying_parties, RelyingParties::Only(allowed));
    assert_eq!(configuration.minimum_level, SecurityLevel::StrongBox);
    assert!(!configuration.pin_allowed);
    assert_eq!(configuration.tunnel, TunnelDomain::new(266).unwrap());
    let routes = Routes { this_phone: true, play_services: false, scanner: true };
    assert_eq!(configuration.routes, routes);
    assert_eq!(configuration.support_contact.as_deref(), Some("Service desk, 0123"));
}

#[test]
fn settings_that_are_still_to_come_may_forbid_everything() {
    let off = Routes { this_phone: false, play_services: false, scanner: false };
    for pending in [Value::Flag(true), text("false"), Value::Other] {
        for order in [[0, 1], [1, 0]] {
            let entries =
                [("restrictions_pending", pending.clone()), ("routes", texts(&["scanner"]))];
            let configuration = Configuration::read(order.map(|index| entries[index].clone()));
            assert_eq!(configuration.routes, off);
            assert_eq!(configuration.problems.len(), 1);
        }
    }
    let arrived = read("restrictions_pending", Value::Flag(false));
    assert_eq!(arrived, Configuration::default());
}

/// Key, values that cannot be read, and what must follow from each.
type Row = (&'static str, Vec<Value>, fn(&Configuration) -> bool);

#[test]
fn what_cannot_be_read_forbids() {
    let nobody =
        |configuration: &Configuration| !configuration.relying_parties.include("example.org");
    let rows: Vec<Row> = vec![
        (
            "allowed_relying_parties",
            vec![
                Value::Flag(true),
                text(""),
                text(" , "),
                text("example.org, 192.0.2.1"),
                Value::Other,
            ],
            nobody,
        ),
        ("strongbox_required", vec![text("false"), Value::Other, texts(&[])], |configuration| {
            configuration.minimum_level == SecurityLevel::StrongBox
        }),
        ("pin_fallback_allowed", vec![text("true"), Value::Other], |configuration| {
            !configuration.pin_allowed
        }),
        (
            "tunnel_domain",
            vec![
                text(""),
                text("tunnel.example.org"),
                text("https://cable.ua5v.com"),
                Value::Other,
            ],
            |configuration| !configuration.routes.scanner,
        ),
        (
            "routes",
            vec![text("scanner"), texts(&["scanner", "telepathy"]), Value::Flag(true)],
            |configuration| {
                configuration.routes
                    == Routes { this_phone: false, play_services: false, scanner: false }
            },
        ),
        (
            "support_contact",
            vec![text(" "), text(&"x".repeat(201)), Value::Flag(false)],
            |configuration| configuration.support_contact.is_none(),
        ),
        ("restrictions_pending", vec![text("false"), Value::Flag(true)], |configuration| {
            configuration.routes
                == Routes { this_phone: false, play_services: false, scanner: false }
        }),
    ];
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), KEYS);
    for (key, values, is_strict) in rows {
        for value in values {
            let configuration = read(key, value.clone());
            assert!(is_strict(&configuration), "{key}: {value:?}");
            assert_eq!(configuration.problems.len(), 1, "{key}: {value:?}");
            assert_eq!(configuration.problems[0].key, key);
        }
    }
}

#[test]
fn an_unknown_key_is_reported_and_changes_nothing() {
    let configuration = read("colour", text("blue"));
    assert_eq!(
        configuration.problems[0].to_string(),
        "\"colour\" is not a setting of this version"
    );
    assert_eq!(Configuration { problems: vec![], ..configuration }, Configuration::default());
}

fn value() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        "\\PC{0,12}",
        Just("scanner".to_owned()),
        Just("example.org".to_owned()),
        Just("cable.auth.com".to_owned()),
    ];
    prop_oneof![
        any::<bool>().prop_map(Value::Flag),
        word.clone().prop_map(Value::Text),
        prop::collection::vec(word, 0..4).prop_map(Value::Texts),
        Just(Value::Other),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Entries come in the order of a hash table.
    #[test]
    fn the_order_of_entries_means_nothing(values in prop::collection::vec(value(), KEYS.len())) {
        let entries: Vec<_> = KEYS.into_iter().zip(values).collect();
        let strict = |configuration: &Configuration| {
            let mut problems: Vec<_> =
                configuration.problems.iter().map(ToString::to_string).collect();
            problems.sort();
            (Configuration { problems: vec![], ..configuration.clone() }, problems)
        };
        let forwards = Configuration::read(entries.iter().cloned());
        let backwards = Configuration::read(entries.into_iter().rev());
        prop_assert_eq!(strict(&forwards), strict(&backwards));
    }
}
