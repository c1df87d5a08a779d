//! What a phone does with a code that is no good, in text or in a picture.

use std::fs;

use image::{GrayImage, Luma};
use wardkey_core::hybrid::digits;

use crate::{
    child::{Ended, Running, run},
    town::{keys, private_folder},
};

/// The point whose affine x is the base point's.
const KEY: &str = "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";

/// A port on which nobody listens.
const NOBODY: &str = "127.0.0.1:1";

/// A code of these CBOR items, in hexadecimal.
pub fn code(items: &str) -> String {
    format!("FIDO:/{}", digits::encode(&hex::decode(items.replace(' ', "")).unwrap()))
}

/// A good code, as a workstation of today shows it.
pub fn good_code() -> String {
    code(&good_items())
}

/// A good code whose secret consists of this byte, in hexadecimal.
pub fn good_code_of(secret: &str) -> String {
    code(&items_of(secret))
}

fn good_items() -> String {
    items_of("5e")
}

fn items_of(secret: &str) -> String {
    format!("a6 00 5821 {KEY} 01 50 {} 02 02 03 1a 6b000000 04 f4 05 62 6d63", secret.repeat(16))
}

/// Lets a phone scan and go wherever the code leads; says how that ended, and checks that it took
/// nothing with it.
async fn scan(more: &[&str]) -> Ended {
    let folder = private_folder();
    let state = folder.path().join("phone");
    let begin = ["--json", "phone", "scan", "--radio", "lines", "--user", "approve"];
    let end = ["--tunnel", NOBODY, "--state", state.to_str().unwrap()];
    let ended = run(&[&begin[..], &end, more].concat()).await;
    assert_eq!(keys(&state), 0);
    assert_eq!(ended.printed.len(), 1, "no advert: {ended:?}");
    ended
}

async fn refuse(text: &str, problem: &str) {
    let ended = scan(&[text]).await;
    ended.refused().says("reading the QR code", problem, "scan the code");
    // A code is a secret, even if it is damaged.
    if let Some(digits) = text.get(6..46) {
        assert!(!ended.told.contains(digits), "{}", ended.told);
    }
}

#[tokio::test]
async fn what_is_no_fido_code() {
    for text in ["https://example.org/?q=FIDO:/", "fido", "WIFI:S:ward;;", "FIDO/1234", " "] {
        refuse(text, "does not begin with FIDO:/").await;
    }
    let mut phone = Running::start(&["--json", "phone", "scan", "--user", "approve"]);
    phone.hears_no_more();
    let nothing = phone.end().await;
    nothing.refused().says("reading the QR code", "does not begin with FIDO:/", "scan the code");
}

#[tokio::test]
async fn digits_that_are_none() {
    refuse("FIDO:/12a45678901234567", "behind FIDO:/, character 3 is not a digit").await;
    refuse("FIDO:/99999999999999999", "the digits from character 1 on are out of range").await;
    refuse(&format!("FIDO:/{}", "0".repeat(7100)), "more than a QR code can hold").await;
}

#[tokio::test]
async fn a_code_cut_short_anywhere() {
    let good = good_code();
    for length in (6..good.len()).step_by(9) {
        refuse(&good[..length], "the code is damaged").await;
    }
}

#[tokio::test]
async fn a_key_that_is_no_point() {
    let secret = "01 50 5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
    for key in [
        // No point has x = 1; no coordinate is as large as the field; 00 and 04 are no signs.
        format!("02{}01", "00".repeat(31)),
        format!("02{}", "ff".repeat(32)),
        format!("00{}", &KEY[2..]),
        format!("04{}", &KEY[2..]),
    ] {
        let text = code(&format!("a2 00 5821 {key} {secret}"));
        refuse(&text, "its key is not a P-256 public key").await;
    }
    refuse(&code(&format!("a2 00 5820 {} {secret}", &KEY[..64])), "its key is not").await;
}

#[tokio::test]
async fn members_that_are_missing_or_of_another_kind() {
    let key = format!("00 5821 {KEY}");
    let secret = format!("01 50 {}", "5e".repeat(16));
    for (items, problem) in [
        (format!("a1 {secret}"), "member 0 is missing"),
        (format!("a1 {key}"), "member 1 is missing"),
        (format!("a2 00 05 {secret}"), "member 0 is not"),
        (format!("a2 {key} 01 4f {}", "5e".repeat(15)), "member 1 is not 16 bytes long"),
        (format!("a3 {key} {secret} 02 f5"), "member 2 is not"),
        (format!("a3 {key} {secret} 03 20"), "member 3 is not"),
        (format!("a3 {key} {secret} 05 01"), "member 5 is not"),
        (format!("a3 {key} {secret} 06 81 01"), "no connection through a tunnel service"),
        ("80".to_owned(), "is not a map"),
    ] {
        refuse(&code(&items), problem).await;
    }
}

#[tokio::test]
async fn cbor_that_ctap_forbids() {
    let key = format!("00 5821 {KEY}");
    let secret = format!("01 50 {}", "5e".repeat(16));
    for (items, problem) in [
        (format!("bf {key} {secret} ff"), "indefinite length"),
        (format!("a2 {secret} {key}"), "not sorted and unique"),
        (format!("a3 {key} {secret} {secret}"), "not sorted and unique"),
        (format!("b8 02 {key} {secret}"), "shortest form"),
        (format!("a2 {key} {secret} 00"), "bytes follow"),
        (format!("a3 {key} {secret} 07 c0 00"), "a kind CTAP does not use"),
        (format!("a3 {key} {secret} 07 {} 00", "81".repeat(9)), "nested more than"),
        ("5b ffffffffffffffff 00".to_owned(), "damaged"),
        ("bb ffffffffffffffff 00".to_owned(), "damaged"),
    ] {
        refuse(&code(&items), problem).await;
    }
}

#[tokio::test]
async fn what_is_unknown_is_passed_over() {
    let key = format!("00 5821 {KEY}");
    let secret = format!("01 50 {}", "5e".repeat(16));
    for items in [
        good_items(),
        format!("a2 {key} {secret}"),
        format!("a3 {key} {secret} 05 63 787878"),
        format!("a4 {key} {secret} 06 82 00 18 63 07 66 667574757265"),
        format!("a3 {key} {secret} 20 a1 01 02"),
    ] {
        let ended = scan(&[&code(&items)]).await;
        ended.refused().says("opening the tunnel", "could not be reached", "--tunnel");
    }
}

#[tokio::test]
async fn a_code_for_another_kind_of_credential() {
    let key = format!("00 5821 {KEY}");
    let secret = format!("01 50 {}", "5e".repeat(16));
    for kind in ["646370", "646369"] {
        let ended = scan(&[&code(&format!("a3 {key} {secret} 05 63 {kind}"))]).await;
        ended.refused().says("reading the QR code", "digital credential", "with a passkey");
    }
}

#[tokio::test]
async fn pictures_without_a_good_code() {
    let folder = private_folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let drawn = |name: &str, text: &str| {
        wardkey_qr_picture::draw(text).unwrap().save(path(name)).unwrap();
    };
    GrayImage::from_pixel(300, 200, Luma([200])).save(path("blank.png")).unwrap();
    drawn("address.png", "https://example.org/");
    drawn("damaged.png", &good_code()[..80]);
    fs::write(path("text.png"), "this is not a picture").unwrap();
    fs::write(path("empty.png"), "").unwrap();
    let whole = fs::read(path("address.png")).unwrap();
    fs::write(path("cut.png"), &whole[..whole.len() / 2]).unwrap();
    // Few bytes, many pixels.
    GrayImage::new(20_000, 1).save(path("wide.png")).unwrap();

    for (name, problem, remedy) in [
        ("blank.png", "no readable QR code", "sharp and straight"),
        ("address.png", "does not begin with FIDO:/", "scan the code"),
        ("damaged.png", "the code is damaged", "scan the code"),
        ("text.png", "text.png: ", "PNG or JPEG"),
        ("empty.png", "empty.png: ", "PNG or JPEG"),
        ("cut.png", "cut.png: ", "PNG or JPEG"),
        ("wide.png", "wide.png: ", "PNG or JPEG"),
        ("missing.png", "No such file", "--image"),
        (".", "", "--image"),
    ] {
        let ended = scan(&["--image", &path(name)]).await;
        ended.refused().says("reading the QR code", problem, remedy);
    }
}

#[tokio::test]
async fn a_picture_is_known_by_what_it_is_and_may_show_other_codes() {
    let folder = private_folder();
    let path = folder.path().join("picture");
    let (address, good) = (
        wardkey_qr_picture::draw("https://example.org/").unwrap(),
        wardkey_qr_picture::draw(&good_code()).unwrap(),
    );
    let (width, height) = (address.width() + good.width(), address.height().max(good.height()));
    let mut screen = GrayImage::from_pixel(width, height, Luma([255]));
    image::imageops::replace(&mut screen, &address, 0, 0);
    image::imageops::replace(&mut screen, &good, i64::from(address.width()), 0);
    screen.save_with_format(&path, image::ImageFormat::Jpeg).unwrap();
    let ended = scan(&["--image", path.to_str().unwrap()]).await;
    ended.refused().says("opening the tunnel", "could not be reached", "--tunnel");
}
