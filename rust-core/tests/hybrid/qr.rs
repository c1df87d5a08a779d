//! Codes of every kind a camera may see.

use wardkey_core::ctap::cbor::{DecodeError, FieldError, FieldKey};
use wardkey_core::hybrid::digits::{self, DigitsError};
use wardkey_core::hybrid::point::InvalidPublicKey;
use wardkey_core::hybrid::qr::{Channel, KeySix, QrCode, QrError, RequestType};

/// The generator of P-256, compressed: `0: h'036b17…'`.
const KEY_0: &str = "005821036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
/// `1: h'97aa…'`
const KEY_1: &str = "015097aa809b276911764f20b2921b6c7539";

/// The text of a code around a CBOR map of `entries` entries beyond keys 0 and 1.
fn text(entries: u8, rest: &str) -> String {
    raw(&format!("{:02x}{KEY_0}{KEY_1}{rest}", 0xa2 + entries))
}

fn raw(hexadecimal: &str) -> String {
    format!("FIDO:/{}", digits::encode(&hex::decode(hexadecimal).unwrap()))
}

fn parse(entries: u8, rest: &str) -> QrCode {
    QrCode::parse(&text(entries, rest)).unwrap()
}

fn refuse(entries: u8, rest: &str) -> QrError {
    QrCode::parse(&text(entries, rest)).unwrap_err()
}

fn wrong_type(key: u64, expected: &'static str) -> QrError {
    QrError::Field(FieldError::WrongType { key: FieldKey::Number(key), expected })
}

#[test]
fn the_least_code_is_an_old_one() {
    let code = parse(0, "");
    assert_eq!(hex::encode(code.public_key.to_compressed()), KEY_0[6..]);
    assert_eq!(hex::encode(code.secret.as_bytes()), KEY_1[4..]);
    assert_eq!(code.known_domains, 0);
    assert_eq!(code.unix_time, None);
    assert_eq!(code.state_assisted, None);
    assert_eq!(code.request_type, RequestType::GetAssertion);
    assert_eq!(code.key_six, KeySix::Absent);
}

#[test]
fn every_key_is_read() {
    let code = parse(5, "0202031a6b0135ab04f50563646369068200181f");
    assert_eq!(code.known_domains, 2);
    assert_eq!(code.unix_time, Some(0x6b01_35ab));
    assert_eq!(code.state_assisted, Some(true));
    assert_eq!(code.request_type, RequestType::DigitalCredentialIssuance);
    assert_eq!(code.key_six, KeySix::Channels(vec![Channel::WebSocket, Channel::Unknown(31)]));
}

#[test]
fn request_types_and_what_is_unknown_of_them() {
    let table = [
        ("05626761", RequestType::GetAssertion),
        ("05626d63", RequestType::MakeCredential),
        ("0563646370", RequestType::DigitalCredentialPresentation),
        ("0563646369", RequestType::DigitalCredentialIssuance),
        ("05624d43", RequestType::GetAssertion),
        ("0560", RequestType::GetAssertion),
    ];
    for (entry, request_type) in table {
        assert_eq!(parse(1, entry).request_type, request_type);
    }
}

#[test]
fn a_phone_with_passkeys_refuses_what_asks_for_something_else() {
    for (entry, refused) in [
        ("05626761", None),
        ("05626d63", None),
        ("0560", None),
        ("0563646370", Some(QrError::DigitalCredential)),
        ("0563646369", Some(QrError::DigitalCredential)),
    ] {
        assert_eq!(QrCode::parse_for_passkeys(&text(1, entry)).err(), refused, "{entry}");
    }
    assert_eq!(QrCode::parse_for_passkeys("https://example.org").err(), Some(QrError::NotFido));
}

#[test]
fn key_six_in_both_its_meanings() {
    assert_eq!(parse(1, "06f5").key_six, KeySix::NonDiscoverable(true));
    assert_eq!(parse(1, "06f4").key_six, KeySix::NonDiscoverable(false));
    let both = KeySix::Channels(vec![Channel::WebSocket, Channel::BluetoothLe]);
    assert_eq!(parse(1, "06820001").key_six, both);
    assert_eq!(refuse(1, "068101"), QrError::NoWebSocket);
    assert_eq!(refuse(1, "0680"), QrError::NoWebSocket);
    assert!(matches!(refuse(1, "0600"), QrError::Field(FieldError::WrongItem { .. })));
    assert!(matches!(refuse(1, "068120"), QrError::Field(FieldError::WrongItem { .. })));
}

#[test]
fn unknown_keys_are_ignored() {
    // As Apple sends it; a key of the future; keys of other types.
    for (entries, rest) in [(1, "19ffff00"), (1, "07a10102"), (1, "2001"), (1, "6161f6")] {
        assert_eq!(parse(entries, rest).known_domains, 0);
    }
}

#[test]
fn the_prefix_in_any_case_and_nothing_else() {
    let digits = &text(0, "")[6..];
    for prefix in ["FIDO:/", "fido:/", "Fido:/", "fIdO:/"] {
        assert!(QrCode::parse(&format!("{prefix}{digits}")).is_ok());
    }
    for prefix in ["", "FIDO:", "FIDO", " FIDO:/", "FIDO;/", "\u{ff26}IDO:/", "F\u{131}DO:/"] {
        assert_eq!(QrCode::parse(&format!("{prefix}{digits}")).unwrap_err(), QrError::NotFido);
    }
    for text in ["", "F", "https://example.org/", "\u{1f511}\u{1f511}"] {
        assert_eq!(QrCode::parse(text).unwrap_err(), QrError::NotFido);
    }
    let not_a_digit = |position| QrError::Digits(DigitsError::NotADigit(position));
    let parse = |text: String| QrCode::parse(&text).unwrap_err();
    assert_eq!(parse(format!("FIDO://{digits}")), not_a_digit(0));
    assert_eq!(parse(format!("FIDO:/{digits}\n")), not_a_digit(digits.len()));
    assert_eq!(parse(format!("FIDO:/{}\u{663}", &digits[..10])), not_a_digit(10));
}

#[test]
fn damaged_digits_are_named() {
    let error = |text: &str| QrCode::parse(text).unwrap_err();
    for length in [1, 2, 4, 6, 7, 9, 11, 12, 14, 16] {
        let text = format!("FIDO:/{}{}", "0".repeat(17), "0".repeat(length));
        assert_eq!(error(&text), QrError::Digits(DigitsError::Length(17 + length)));
    }
    // The first number that does not fit, for each number of bytes.
    let limits = [
        "256",
        "65536",
        "16777216",
        "4294967296",
        "1099511627776",
        "281474976710656",
        "72057594037927936",
    ];
    for limit in limits {
        assert_eq!(error(&format!("FIDO:/{limit}")), QrError::Digits(DigitsError::OutOfRange(0)));
    }
    assert_eq!(
        error(&format!("FIDO:/{}999", "0".repeat(17))),
        QrError::Digits(DigitsError::OutOfRange(17))
    );
    assert_eq!(error("FIDO:/"), QrError::Cbor(DecodeError::Truncated));
    assert_eq!(error(&format!("FIDO:/{}", "0".repeat(7090))), QrError::TooLong(7096));
    // A screenful of digits, cut anywhere, is never a code.
    let whole = text(1, "05626d63");
    for length in 6..whole.len() {
        assert!(QrCode::parse(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn keys_that_are_no_point_are_refused() {
    let points = [
        // x = 1: no y fits.
        format!("02{:064x}", 1),
        // x not below the field's prime.
        format!("02{}", "ff".repeat(32)),
        // The prefixes of other encodings.
        format!("04{}", &KEY_0[8..]),
        format!("05{}", &KEY_0[8..]),
        "00".repeat(33),
    ];
    for point in points {
        let text = raw(&format!("a2005821{point}{KEY_1}"));
        let error = QrCode::parse(&text).unwrap_err();
        assert_eq!(error, QrError::PublicKey(InvalidPublicKey), "{point}");
    }
    // The point at infinity, a point too short, the uncompressed generator.
    let uncompressed = "58410\
        46b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
        4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    for item in ["4100", "5820", "5822", uncompressed] {
        let length = match item {
            "5820" => 32,
            "5822" => 34,
            _ => 0,
        };
        let text = raw(&format!("a200{item}{}{KEY_1}", "03".repeat(length)));
        let error = QrCode::parse(&text).unwrap_err();
        assert_eq!(error, QrError::PublicKey(InvalidPublicKey), "{item}");
    }
}

#[test]
fn wrong_shapes_are_named() {
    let error = |hexadecimal: &str| QrCode::parse(&raw(hexadecimal)).unwrap_err();
    let missing = |key| QrError::Field(FieldError::Missing(FieldKey::Number(key)));
    assert_eq!(error("a0"), missing(0));
    assert_eq!(error(&format!("a1{KEY_0}")), missing(1));
    assert_eq!(error(&format!("a1{KEY_1}")), missing(0));
    assert_eq!(error("80"), QrError::Field(FieldError::WrongItem { expected: "a map" }));
    assert_eq!(error("a20000015000"), QrError::Cbor(DecodeError::Truncated));
    for secret in
        ["0140", "014f000000000000000000000000000000", "0151ffffffffffffffffffffffffffffffffff"]
    {
        let wrong = FieldError::WrongLength { key: FieldKey::Number(1), expected: 16 };
        assert_eq!(error(&format!("a2{KEY_0}{secret}")), QrError::Field(wrong));
    }
    assert_eq!(refuse(1, "0220"), wrong_type(2, "an unsigned integer"));
    assert_eq!(refuse(1, "036131"), wrong_type(3, "an unsigned integer"));
    assert_eq!(refuse(1, "0401"), wrong_type(4, "a boolean"));
    assert_eq!(refuse(1, "05426d63"), wrong_type(5, "a text string"));
}

#[test]
fn cbor_that_is_not_canonical_is_refused() {
    assert_eq!(refuse(2, "03000200"), QrError::Cbor(DecodeError::KeyOrder));
    assert_eq!(refuse(2, "02000200"), QrError::Cbor(DecodeError::KeyOrder));
    assert_eq!(refuse(1, "021802"), QrError::Cbor(DecodeError::NotShortest));
    assert_eq!(refuse(1, "057f626d63ff"), QrError::Cbor(DecodeError::Indefinite));
    assert_eq!(refuse(1, "03c11a00000000"), QrError::Cbor(DecodeError::Unsupported));
    assert_eq!(refuse(1, "020000"), QrError::Cbor(DecodeError::TrailingBytes));
    // A length of four gigabytes in a code of a few bytes allocates nothing.
    assert_eq!(refuse(1, "055affffffff"), QrError::Cbor(DecodeError::Truncated));
}

#[test]
fn codes_made_here_say_the_same_when_read() {
    let parsed = parse(5, "0202031a6b0135ab04f50563646369068200181f");
    assert_eq!(*parsed.to_text(), text(5, "0202031a6b0135ab04f50563646369068200181f"));
    let made = QrCode::new(
        parsed.public_key,
        parsed.secret.clone(),
        RequestType::MakeCredential,
        Some(0x6b01_35ab),
    );
    // The members and the order of a real Chromium.
    assert_eq!(*made.to_text(), text(4, "0202031a6b0135ab04f405626d63"));
}
