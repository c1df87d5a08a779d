//! QR codes as pictures: drawn for screens and read from screenshots.

use std::{fmt::Display, path::Path};

use image::{GrayImage, Luma};
use qrcode::{EcLevel, QrCode as Modules};
use wardkey_core::hybrid::qr::QrCode;

use crate::failure::Failure;

const READING: &str = "reading the QR code";

/// The modules of a code. Low error correction keeps them large; screens get no stains.
pub(crate) fn modules(text: &str) -> Result<Modules, Failure> {
    Modules::with_error_correction_level(text, EcLevel::L).map_err(|error| {
        Failure::new("drawing the QR code", error, "report this: the text comes from this program")
    })
}

/// A picture of the code, with the white border scanners need.
pub(crate) fn draw(text: &str) -> Result<GrayImage, Failure> {
    Ok(modules(text)?.render::<Luma<u8>>().min_dimensions(400, 400).build())
}

/// Reads the text of a code in a picture file.
pub(crate) fn read_file(path: &Path) -> Result<QrCode, Failure> {
    let picture = image::open(path).map_err(|error| {
        let problem = format!("{}: {error}", path.display());
        Failure::new(READING, problem, "give a PNG or JPEG picture after --image")
    })?;
    read_code(picture.into_luma8())
}

/// Finds a code that a phone would take; if there is none, says what is wrong with the one there is.
pub(crate) fn read_code(picture: GrayImage) -> Result<QrCode, Failure> {
    let mut prepared = rqrr::PreparedImage::prepare(picture);
    let grids = prepared.detect_grids();
    let mut codes = grids.into_iter().filter_map(|grid| grid.decode().ok()).map(|(_, t)| parse(&t));
    let first = codes.next().unwrap_or_else(|| {
        Err(Failure::new(
            READING,
            "there is no readable QR code in the picture",
            "take it again, sharp and straight, with the white border of the code",
        ))
    });
    first.or_else(|failure| codes.find_map(Result::ok).ok_or(failure))
}

/// Reads the text of a code.
pub(crate) fn parse(text: &str) -> Result<QrCode, Failure> {
    QrCode::parse(text.trim()).map_err(|error: wardkey_core::hybrid::qr::QrError| {
        let remedy = "scan the code on the sign-in page itself, while it is shown";
        Failure::new(READING, &error as &dyn Display, remedy)
    })
}
