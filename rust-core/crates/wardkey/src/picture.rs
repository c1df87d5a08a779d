//! QR codes as pictures, with failures a tester understands.

use std::{fmt::Display, path::Path};

use image::{DynamicImage, GrayImage, ImageReader, ImageResult, Limits};
use wardkey_core::hybrid::qr::{QrCode, QrError};

use crate::failure::Failure;

const READING: &str = "reading the QR code";

/// The modules of a code that this program made.
pub(crate) fn modules(text: &str) -> Result<qrcode::QrCode, Failure> {
    wardkey_qr_picture::modules(text).ok_or_else(too_long)
}

/// A picture of a code that this program made.
pub(crate) fn draw(text: &str) -> Result<GrayImage, Failure> {
    wardkey_qr_picture::draw(text).ok_or_else(too_long)
}

fn too_long() -> Failure {
    Failure::new(
        "drawing the QR code",
        "the text is too long",
        "report this: the text comes from this program",
    )
}

/// Reads the code in a picture file.
pub(crate) fn read_file(path: &Path) -> Result<QrCode, Failure> {
    let picture = open(path).map_err(|error| {
        let problem = format!("{}: {error}", path.display());
        Failure::new(READING, problem, "give a PNG or JPEG picture after --image")
    })?;
    read_code(&picture.into_luma8())
}

/// Longest side of a picture: several screens side by side have fewer pixels.
const LONGEST_SIDE: u32 = 16 * 1024;

/// Most memory a picture may take: more than three large screens do.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Opens a picture by what it is, whatever its name.
fn open(path: &Path) -> ImageResult<DynamicImage> {
    let mut reader = ImageReader::open(path)?.with_guessed_format()?;
    // A few bytes of a file can announce more pixels than there is memory.
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    reader.decode()
}

/// Finds a code that a phone would take; if there is none, says what is wrong with the one there is.
pub(crate) fn read_code(picture: &GrayImage) -> Result<QrCode, Failure> {
    let texts = wardkey_qr_picture::read(picture);
    let mut codes = texts.iter().map(|text| parse(text));
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
    QrCode::parse_for_passkeys(text.trim()).map_err(|error: QrError| {
        let remedy = match error {
            QrError::DigitalCredential => {
                "choose a sign-in with a passkey on the page, or scan with a wallet"
            }
            _ => "scan the code on the sign-in page itself, while it is shown",
        };
        Failure::new(READING, &error as &dyn Display, remedy)
    })
}
