//! QR codes drawn in a terminal.

use std::{
    env,
    io::{self, IsTerminal},
};

use qrcode::render::unicode::Dense1x2;

use crate::{failure::Failure, picture};

/// White blocks on black, in the colours that no theme changes (231 and 16 of the 256), and back again.
const WHITE_ON_BLACK: &str = "\x1b[38;5;231;48;5;16m";
const AS_BEFORE: &str = "\x1b[0m";

/// The code as text for standard error: two modules a character, with the border that scanners need.
///
/// Light modules are blocks of the foreground, as a dark terminal needs it. A light one would show dark and
/// light the wrong way round, so terminals are told both colours; files and pipes get blocks alone.
pub(crate) fn draw(text: &str) -> Result<String, Failure> {
    let blocks = picture::modules(text)?
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    if !shows_colours() {
        return Ok(blocks);
    }
    let lines = blocks.lines().map(|line| format!("{WHITE_ON_BLACK}{line}{AS_BEFORE}"));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn shows_colours() -> bool {
    io::stderr().is_terminal() && env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}
