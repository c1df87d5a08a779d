//! Any bytes are a key description, a certificate with one, or an error; what was read can be written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardkey_core::keystore::key_description::KeyDescription;

fuzz_target!(|bytes: &[u8]| {
    let _ = KeyDescription::from_certificate(bytes);
    if let Ok(description) = KeyDescription::decode(bytes) {
        // Writing sorts the sets, so it is the second reading that must agree with the first.
        let written = description.encode().expect("no longer than what was read");
        let again = KeyDescription::decode(&written).expect("a description that was made here");
        assert_eq!(again.encode().expect("as long as before"), written);
    }
});
