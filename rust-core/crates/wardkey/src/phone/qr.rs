//! Where a phone on a host gets its QR code from.

use std::io::Read;

use wardkey_core::hybrid::qr::QrCode;

use crate::{cli::ScanArguments, failure::Failure, picture};

/// Longest text read from standard input: longer than any QR code.
const MAX_TEXT_BYTES: u64 = 8 * 1024;

/// Reads the code from the argument, the picture or standard input.
pub(crate) fn read(arguments: &ScanArguments) -> Result<QrCode, Failure> {
    match (&arguments.code, &arguments.image) {
        (Some(code), _) => picture::parse(code),
        (None, Some(image)) => picture::read_file(image),
        (None, None) => picture::parse(&from_stdin()?),
    }
}

fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    match std::io::stdin().take(MAX_TEXT_BYTES).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::new(
            "reading the QR code",
            error,
            "pass the FIDO:/ text as an argument or use --image",
        )),
    }
}
