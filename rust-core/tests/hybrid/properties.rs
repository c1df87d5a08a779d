//! What holds for any input.

use crate::pair::{Fault, Mischief, Phone, Side, Workstation, World};
use core::time::Duration;
use proptest::collection::vec;
use proptest::prelude::*;
use wardkey_core::hybrid::crypter::{Crypter, TransportKey, TransportKeys};
use wardkey_core::hybrid::digits;
use wardkey_core::hybrid::eid::{Advert, Eid, EidError};
use wardkey_core::hybrid::frame::Frame;
use wardkey_core::hybrid::keys::QrSecret;
use wardkey_core::hybrid::point::{PrivateKey, PublicKey};
use wardkey_core::hybrid::post_handshake::PostHandshake;
use wardkey_core::hybrid::qr::{Channel, KeySix, QrCode, RequestType};
use wardkey_core::hybrid::session::{Input, TunnelViolation};
use wardkey_core::hybrid::tunnel::{RoutingId, TunnelDomain};
use wardkey_core::hybrid::{RadioFailure, TunnelFailure};

proptest! {
    #[test]
    fn digits_bring_back_any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        let text = digits::encode(&bytes);
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit()));
        prop_assert_eq!(digits::decode(&text), Ok(bytes));
    }

    #[test]
    fn digits_that_decode_are_the_only_ones_of_their_bytes(text in "[0-9]{0,70}") {
        if let Ok(bytes) = digits::decode(&text) {
            prop_assert_eq!(digits::encode(&bytes), text);
        }
    }

    #[test]
    fn any_text_is_digits_or_an_error(text in ".{0,80}") {
        let clean = text.bytes().all(|byte| byte.is_ascii_digit());
        prop_assert!(clean || digits::decode(&text).is_err());
    }

    #[test]
    fn codes_bring_back_what_they_say(code in code()) {
        let text = code.to_text();
        let parsed = QrCode::parse(&text).unwrap();
        prop_assert_eq!(parsed.public_key, code.public_key);
        prop_assert_eq!(parsed.secret.as_bytes(), code.secret.as_bytes());
        prop_assert_eq!(parsed.known_domains, code.known_domains);
        prop_assert_eq!(parsed.unix_time, code.unix_time);
        prop_assert_eq!(parsed.state_assisted, code.state_assisted);
        prop_assert_eq!(parsed.request_type, code.request_type);
        prop_assert_eq!(&parsed.key_six, &code.key_six);
        prop_assert_eq!(parsed.to_text(), text);
    }

    #[test]
    fn any_text_is_a_code_or_an_error(text in "(FIDO:/)?.{0,200}") {
        let _ = QrCode::parse(&text);
    }

    #[test]
    fn any_bytes_behind_the_prefix_are_a_code_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        let _ = QrCode::parse(&format!("FIDO:/{}", digits::encode(&bytes)));
    }

    #[test]
    fn a_damaged_code_is_an_error_or_another_code(code in code(), at in any::<prop::sample::Index>(), digit in b'0'..=b'9') {
        let mut text = code.to_text().as_bytes().to_vec();
        let at = 6 + at.index(text.len() - 6);
        text[at] = digit;
        if let Ok(other) = QrCode::parse(&String::from_utf8(text).unwrap()) {
            let text = other.to_text();
            prop_assert_eq!(QrCode::parse(&text).unwrap().to_text(), text);
        }
    }

    #[test]
    fn points_are_read_in_one_form_only(kind in 0_u8..8, x in any::<[u8; 32]>()) {
        let bytes = [&[kind], x.as_slice()].concat();
        if let Ok(point) = PublicKey::from_compressed(&bytes) {
            let again = point.to_compressed();
            prop_assert_eq!(again.as_slice(), bytes.as_slice());
            let mut uncompressed = point.to_uncompressed();
            prop_assert!(PublicKey::from_uncompressed(&uncompressed) == Ok(point));
            uncompressed[0] = kind;
            prop_assert!(PublicKey::from_uncompressed(&uncompressed).is_err());
        }
    }

    #[test]
    fn adverts_bring_back_their_eid(secret in any::<[u8; 16]>(), eid in eid()) {
        let key = QrSecret::new(secret).eid_key();
        prop_assert_eq!(key.decrypt(&key.encrypt(&eid)), Ok(eid));
    }

    #[test]
    fn altered_adverts_are_nobodys(secret in any::<[u8; 16]>(), eid in eid(), bit in 0_usize..160) {
        let key = QrSecret::new(secret).eid_key();
        let mut advert = key.encrypt(&eid);
        advert.0[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(key.decrypt(&advert), Err(EidError::NotForThisKey));
    }

    #[test]
    fn service_data_begins_with_the_advert(data in vec(any::<u8>(), 0..40)) {
        let advert = Advert::from_service_data(&data);
        prop_assert_eq!(advert.is_some(), data.len() >= 20);
        prop_assert_eq!(advert.is_none_or(|advert| data.starts_with(&advert.0)), true);
    }

    #[test]
    fn messages_open_in_order(plaintexts in vec(vec(any::<u8>(), 0..100), 1..8)) {
        let (mut phone, mut workstation) = crypters();
        let mut back = Vec::new();
        for plaintext in &plaintexts {
            let message = phone.seal(plaintext).unwrap();
            prop_assert_eq!((message.len() - 16) % 32, 0);
            prop_assert!(message.len() - 16 > plaintext.len());
            back.push(workstation.open(message).unwrap());
        }
        prop_assert_eq!(back, plaintexts);
    }

    #[test]
    fn altered_messages_do_not_open(
        plaintext in vec(any::<u8>(), 0..100),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut phone, mut workstation) = crypters();
        let message = phone.seal(&plaintext).unwrap();
        let mut altered = message.clone();
        altered[at.index(message.len())] ^= 1 << bit;
        prop_assert!(workstation.open(altered).is_err());
        prop_assert!(workstation.open(message[..cut.index(message.len())].to_vec()).is_err());
        // Nor does a message come back to its sender.
        prop_assert!(phone.open(message.clone()).is_err());
        prop_assert_eq!(workstation.open(message), Ok(plaintext));
    }

    #[test]
    fn introductions_bring_back_what_they_say(
        get_info in vec(any::<u8>(), 0..300),
        features in vec("[a-z]{0,6}", 0..4),
    ) {
        let introduction = PostHandshake { get_info, features };
        prop_assert_eq!(PostHandshake::decode(&introduction.encode()), Ok(introduction));
    }

    #[test]
    fn any_bytes_are_an_introduction_or_an_error(bytes in vec(any::<u8>(), 0..100)) {
        let _ = PostHandshake::decode(&bytes);
    }

    #[test]
    fn frames_bring_back_their_bytes(bytes in vec(any::<u8>(), 0..50)) {
        match Frame::decode(&bytes) {
            // Nothing belongs behind a shutdown, and what stands there is ignored.
            Ok(Frame::Shutdown) => prop_assert_eq!(bytes[0], 0),
            Ok(frame) => prop_assert_eq!(frame.encode(), bytes),
            Err(_) => prop_assert!(bytes.first().is_none_or(|kind| *kind > 3)),
        }
    }
}

proptest! {
    #[test]
    fn one_bad_message_never_goes_unnoticed(
        from in prop_oneof![Just(Phone), Just(Workstation)],
        index in 0_usize..3,
        mischief in prop_oneof![
            (0_usize..48).prop_map(Mischief::Truncate),
            any::<usize>().prop_map(Mischief::Flip),
        ],
    ) {
        let mut world = World::new(Some(Fault::Wire(from, index, mischief)));
        let ends = world.run();
        // A farewell comes after the answer, and says nothing that could be altered.
        let is_farewell = (from, index) == (Workstation, 2);
        prop_assert_eq!(ends == [Ok(()), Ok(())], is_farewell);
        // Only with the response in hand is a workstation content.
        prop_assert_eq!(ends[Workstation as usize].is_ok(), world.response.is_some());
    }

    #[test]
    fn anything_may_happen_at_any_time_and_it_ends(
        steps in 0_usize..16,
        happenings in vec((side(), input(), 0_u64..40_000), 0..24),
    ) {
        // The ledgers within watch that all is switched off and nothing follows the end.
        let mut world = World::new(None);
        for _ in 0..steps {
            world.step();
        }
        for (side, input, milliseconds) in happenings {
            world.wait(Duration::from_millis(milliseconds));
            world.happen(side, input);
        }
        let ends = world.run();
        prop_assert_eq!(ends[Workstation as usize].is_ok(), world.response.is_some());
    }

    #[test]
    fn a_deadline_that_passes_is_the_end(happenings in vec((side(), input()), 0..24)) {
        let mut world = World::new(None);
        for (side, input) in happenings {
            world.happen(side, input);
        }
        for side in [Phone, Workstation] {
            if let Some(deadline) = world.session(side).poll_timeout() {
                world.now = deadline;
                world.happen(side, Input::Timeout);
            }
            prop_assert!(world.end(side).is_some());
        }
    }
}

fn crypters() -> (Crypter, Crypter) {
    let keys = TransportKeys {
        to_phone: TransportKey::new([1; 32]),
        to_workstation: TransportKey::new([2; 32]),
    };
    (Crypter::phone(keys.clone()), Crypter::workstation(keys))
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Phone), Just(Workstation)]
}

fn eid() -> impl Strategy<Value = Eid> {
    let domain = prop_oneof![0_u16..2, 256_u16..].prop_map(|id| TunnelDomain::new(id).unwrap());
    (any::<[u8; 10]>(), any::<[u8; 3]>(), domain).prop_map(|(nonce, routing_id, domain)| Eid {
        nonce,
        routing_id: RoutingId(routing_id),
        domain,
    })
}

fn code() -> impl Strategy<Value = QrCode> {
    let request_type = prop_oneof![
        Just(RequestType::GetAssertion),
        Just(RequestType::MakeCredential),
        Just(RequestType::DigitalCredentialPresentation),
        Just(RequestType::DigitalCredentialIssuance),
    ];
    let channels = vec(any::<u64>(), 0..4).prop_map(|others| {
        let first = core::iter::once(Channel::WebSocket);
        KeySix::Channels(first.chain(others.into_iter().map(Channel::from)).collect())
    });
    let key_six = prop_oneof![
        Just(KeySix::Absent),
        any::<bool>().prop_map(KeySix::NonDiscoverable),
        channels,
    ];
    let private_key =
        any::<[u8; 32]>().prop_filter_map("no key", |bytes| PrivateKey::from_bytes(bytes).ok());
    let fields = (
        private_key,
        any::<[u8; 16]>(),
        any::<u64>(),
        any::<Option<u64>>(),
        any::<Option<bool>>(),
        request_type,
        key_six,
    );
    fields.prop_map(
        |(key, secret, known_domains, unix_time, state_assisted, request_type, key_six)| QrCode {
            public_key: key.public_key(),
            secret: QrSecret::new(secret),
            known_domains,
            unix_time,
            state_assisted,
            request_type,
            key_six,
        },
    )
}

fn input() -> impl Strategy<Value = Input> {
    let message =
        prop_oneof![vec(any::<u8>(), 0..100), vec(any::<u8>(), 81), vec(any::<u8>(), 48),];
    prop_oneof![
        any::<Option<[u8; 3]>>()
            .prop_map(|id| Input::TunnelOpened { routing_id: id.map(RoutingId) }),
        any::<u16>().prop_map(|status| Input::TunnelFailed(TunnelFailure::HttpStatus(status))),
        Just(Input::TunnelFailed(TunnelFailure::NameNotFound)),
        message.prop_map(Input::TunnelMessage),
        Just(Input::TunnelViolation(TunnelViolation::Text)),
        Just(Input::TunnelClosed),
        any::<[u8; 20]>().prop_map(|bytes| Input::AdvertSeen(Advert(bytes))),
        Just(Input::RadioFailed(RadioFailure::Off)),
        vec(any::<u8>(), 0..40).prop_map(Input::Response),
        Just(Input::Cancel),
        Just(Input::Timeout),
    ]
}
