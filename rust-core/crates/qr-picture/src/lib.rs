//! QR codes as pictures: drawn for screens, and read from screenshots.
//!
//! ```
//! let picture = wardkey_qr_picture::draw("FIDO:/0123").ok_or("too long")?;
//! assert_eq!(wardkey_qr_picture::read(&picture), ["FIDO:/0123"]);
//! # Ok::<(), &'static str>(())
//! ```
#![forbid(unsafe_code)]

use image::{
    GrayImage, Luma,
    imageops::{FilterType, fast_blur, resize},
};
use qrcode::{EcLevel, QrCode};
use rqrr::PreparedImage;

/// The modules of a code, or `None` if the text is too long for one.
///
/// Low error correction keeps the modules large on the same screen; screens get no stains.
///
/// ```
/// let code = wardkey_qr_picture::modules("FIDO:/0123").ok_or("too long")?;
/// assert_eq!(code.width(), 21);
/// assert!(wardkey_qr_picture::modules(&"5".repeat(10_000)).is_none());
/// # Ok::<(), &'static str>(())
/// ```
pub fn modules(text: &str) -> Option<QrCode> {
    QrCode::with_error_correction_level(text, EcLevel::L).ok()
}

/// A picture of the code with the white border scanners need, or `None` if the text is too long.
///
/// ```
/// use wardkey_qr_picture::{draw, modules};
///
/// let picture = draw("FIDO:/0123").ok_or("too long")?;
/// assert!(picture.width() >= 400 && picture.width() == picture.height());
/// // The corner is border, and so light.
/// assert_eq!(picture.get_pixel(0, 0).0, [255]);
/// assert!(draw(&"5".repeat(10_000)).is_none());
/// # assert!(modules(&"5".repeat(10_000)).is_none());
/// # Ok::<(), &'static str>(())
/// ```
pub fn draw(text: &str) -> Option<GrayImage> {
    Some(modules(text)?.render::<Luma<u8>>().min_dimensions(400, 400).build())
}

/// The texts of the codes in a picture.
///
/// Browsers draw modules as separate dots and finder patterns with round corners. If nothing can be read
/// as it is, the picture is enlarged and blurred until the dots meet.
///
/// ```
/// use wardkey_qr_picture::{draw, read};
///
/// let mut screenshot = draw("FIDO:/0123").ok_or("too long")?;
/// assert_eq!(read(&screenshot), ["FIDO:/0123"]);
///
/// // Dark on light is what scanners know.
/// screenshot.pixels_mut().for_each(|pixel| pixel.0[0] = 255);
/// assert!(read(&screenshot).is_empty());
/// # Ok::<(), &'static str>(())
/// ```
pub fn read(picture: &GrayImage) -> Vec<String> {
    let texts = decode(picture.clone());
    if !texts.is_empty() || picture.width().max(picture.height()) > LARGEST_ENLARGED {
        return texts;
    }
    let large = enlarged(picture);
    SOFTENINGS
        .into_iter()
        .map(|softening| decode(softened(&large, softening)))
        .find(|texts| !texts.is_empty())
        .unwrap_or_default()
}

/// Larger pictures have enough pixels already, and enlarging them would take long.
const LARGEST_ENLARGED: u32 = 4000;

const ENLARGEMENT: u32 = 2;

/// How a picture is softened: the blur's radius in pixels, and the brightness that counts as white. The
/// first one read all of 24 screenshots of Chromium 156, the others at least 23 of them.
const SOFTENINGS: [(f32, u8); 5] = [(2.5, 190), (3.0, 190), (4.0, 200), (2.0, 210), (2.5, 170)];

fn enlarged(picture: &GrayImage) -> GrayImage {
    let (width, height) = (picture.width() * ENLARGEMENT, picture.height() * ENLARGEMENT);
    resize(picture, width, height, FilterType::Triangle)
}

fn softened(picture: &GrayImage, (radius, white): (f32, u8)) -> GrayImage {
    let mut picture = fast_blur(picture, radius);
    for Luma([brightness]) in picture.pixels_mut() {
        *brightness = if *brightness < white { 0 } else { u8::MAX };
    }
    picture
}

fn decode(picture: GrayImage) -> Vec<String> {
    let mut prepared = PreparedImage::prepare(picture);
    let grids = prepared.detect_grids();
    grids.into_iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// A code as Chromium draws it: dots of 80 % of a module, round finder patterns, white in the middle.
    fn dotted(text: &str, module: u32) -> GrayImage {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let width = u32::try_from(code.width()).unwrap();
        let colors = code.to_colors();
        let border = 4;
        let size = (width + 2 * border) * module;
        GrayImage::from_fn(size, size, |x, y| {
            let (column, row) = (x / module, y / module);
            let inside = |n: u32| (border..border + width).contains(&n);
            if !inside(column) || !inside(row) {
                return Luma([255]);
            }
            let (column, row) = (column - border, row - border);
            let dark = colors[(row * width + column) as usize] == qrcode::Color::Dark;
            let in_finder = (row < 7 && (column < 7 || column >= width - 7))
                || (row >= width - 7 && column < 7);
            let center = |n: u32| f64::from(n % module) - f64::from(module - 1) / 2.0;
            let in_dot = center(x).hypot(center(y)) < 0.4 * f64::from(module);
            Luma([if dark && (in_finder || in_dot) { 0 } else { 255 }])
        })
    }

    const CODE: &str = "FIDO:/0112233445566778899001122334455667788990011223344556677889900112233";

    #[test]
    fn dots_are_read_in_several_sizes() {
        for module in [5, 6, 8, 10] {
            assert_eq!(read(&dotted(CODE, module)), [CODE], "{module} pixels a module");
        }
    }

    /// `fixtures/screens`: cut from screenshots of Chromium 156 on Linux; the codes are long expired.
    #[test]
    fn codes_on_real_screens_are_read() {
        let screens = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/screens");
        let mut read_screens = 0;
        for entry in std::fs::read_dir(screens).unwrap() {
            let path = entry.unwrap().path();
            let texts = read(&image::open(&path).unwrap().into_luma8());
            assert!(texts.iter().any(|text| text.starts_with("FIDO:/")), "{}", path.display());
            read_screens += 1;
        }
        assert!(read_screens >= 6, "only {read_screens} screens");
    }

    #[test]
    fn a_drawn_code_is_read_back() {
        assert_eq!(read(&draw(CODE).unwrap()), [CODE]);
    }

    #[test]
    fn a_picture_without_a_code_has_no_text() {
        assert!(read(&GrayImage::from_pixel(300, 200, Luma([255]))).is_empty());
        assert!(read(&GrayImage::new(1, 1)).is_empty());
    }

    #[test]
    fn a_text_that_is_too_long_is_no_code() {
        assert!(draw(&"x".repeat(5000)).is_none());
    }
}
