//! Any bytes are an introduction, a frame and an advert, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardkey_core::hybrid::eid::Advert;
use wardkey_core::hybrid::frame::Frame;
use wardkey_core::hybrid::keys::QrSecret;
use wardkey_core::hybrid::post_handshake::PostHandshake;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(introduction) = PostHandshake::decode(bytes) {
        assert_eq!(PostHandshake::decode(&introduction.encode()), Ok(introduction));
    }
    if let Ok(frame) = Frame::decode(bytes) {
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }
    if let Some(advert) = Advert::from_service_data(bytes) {
        let _ = QrSecret::new([7; 16]).eid_key().decrypt(&advert);
    }
});
