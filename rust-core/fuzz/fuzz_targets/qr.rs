//! Any text is a QR code or an error, and a code that was read says the same when it is made again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardkey_core::hybrid::digits;
use wardkey_core::hybrid::qr::QrCode;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = core::str::from_utf8(bytes) {
        check(text);
    }
    // Behind a valid prefix and digits, where text alone would hardly get.
    check(&format!("FIDO:/{}", digits::encode(bytes)));
});

fn check(text: &str) {
    if let Ok(code) = QrCode::parse(text) {
        let text = code.to_text();
        let again = QrCode::parse(&text).expect("a code that was made here");
        assert_eq!(again.to_text(), text);
    }
}
