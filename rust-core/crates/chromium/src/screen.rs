//! A screen nobody looks at, which can be photographed.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use image::{RgbImage, buffer::ConvertBuffer};
use tokio::{
    process::{Child, Command},
    time::sleep,
};
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConnectionExt, ImageFormat},
    rust_connection::RustConnection,
};

use crate::{
    Error,
    child::{Output, Program},
};

const WIDTH: u16 = 1280;
const HEIGHT: u16 = 1024;

/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(50);

/// An X server without hardware. Dropping it ends it.
///
/// ```no_run
/// use wardkey_chromium::Screen;
///
/// # async fn example() -> Result<(), wardkey_chromium::Error> {
/// let screen = Screen::start().await?;
/// // … start a child with DISPLAY = screen.display() …
/// let picture = screen.picture()?;
/// println!("{} pixels wide on {}", picture.width(), screen.display());
/// screen.save_picture("screen.png".as_ref())?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Screen {
    _server: Child,
    display: String,
}

impl Screen {
    /// Starts a server on a display number that is free.
    pub async fn start() -> Result<Self, Error> {
        let size = format!("{WIDTH}x{HEIGHT}x24");
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &size]);
        let xvfb = Program { name: "Xvfb", package: "xvfb" };
        let display_number = |line: &str| line.trim().parse::<u32>().ok();
        let (server, number) = xvfb.start(&mut command, Output::Standard, display_number).await?;
        Ok(Self { _server: server, display: format!(":{number}") })
    }

    /// The value for `DISPLAY`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// A picture of everything on the screen.
    pub fn picture(&self) -> Result<RgbImage, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Screen(error.to_string());
        let (connection, screen) =
            RustConnection::connect(Some(&self.display)).map_err(|error| failed(&error))?;
        let root = connection.setup().roots.get(screen).map(|screen| screen.root);
        let root = root.ok_or_else(|| failed(&"there is none"))?;
        let image = connection
            .get_image(ImageFormat::Z_PIXMAP, root, 0, 0, WIDTH, HEIGHT, u32::MAX)
            .map_err(|error| failed(&error))?
            .reply()
            .map_err(|error| failed(&error))?;
        // 24 bits deep: blue, green, red and a byte of nothing.
        let rgb = image.data.chunks_exact(4).flat_map(|pixel| match pixel {
            [blue, green, red, _] => [*red, *green, *blue],
            _ => [0; 3],
        });
        RgbImage::from_raw(WIDTH.into(), HEIGHT.into(), rgb.collect())
            .ok_or_else(|| failed(&"the picture has the wrong size"))
    }

    /// Saves a picture of everything on the screen, as PNG.
    pub fn save_picture(&self, path: &Path) -> Result<(), Error> {
        self.picture()?
            .save(path)
            .map_err(|source| Error::Picture { path: path.to_owned(), source })
    }

    /// The text of the first QR code that appears and `is_wanted`.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn example(screen: wardkey_chromium::Screen) -> Result<(), wardkey_chromium::Error> {
    /// let is_new = |code: &str| code.starts_with("FIDO:/");
    /// let code = screen.wait_for_code(Duration::from_secs(20), is_new).await?;
    /// # drop(code);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for_code(
        &self,
        patience: Duration,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<String, Error> {
        let start = Instant::now();
        let (mut last_seen, mut last_read) = (None, None);
        while start.elapsed() < patience {
            let picture = self.picture()?;
            // Reading takes longer than looking, so a picture is read once, and not while the browser still
            // moves its sheet: none of the pictures on the way has the whole code.
            if last_seen.as_ref() == Some(&picture) && last_read.as_ref() != Some(&picture) {
                let codes = wardkey_qr_picture::read(&picture.convert());
                if let Some(code) = codes.into_iter().find(|text| is_wanted(text)) {
                    return Ok(code);
                }
                last_read = Some(picture.clone());
            }
            last_seen = Some(picture);
            // The browser draws its sheet outside every page and tells nobody when it is done.
            sleep(LOOK).await;
        }
        Err(Error::NoCode(patience))
    }
}
