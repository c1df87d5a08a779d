//! A radio of text lines, for stdio: no Bluetooth, no special rights, easy to script.
//!
//! The phone prints `ADVERT` and 40 hexadecimal digits when it begins to advertise and `STOP`
//! when it ends, each alone on its line and flushed; the workstation reads such lines.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), wardkey_driver::radio::RadioError> {
//! use wardkey_driver::radio::lines::{LinesAdvertiser, LinesScanner};
//! use wardkey_driver::radio::{Advert, Advertiser, Scanner};
//!
//! let (printed, read) = tokio::io::duplex(1024);
//! let mut phone = LinesAdvertiser::new(printed);
//! let mut workstation = LinesScanner::new(read);
//! phone.advertise(Advert([7; 20])).await?;
//! assert_eq!(workstation.next_advert().await?, Advert([7; 20]));
//! # Ok(()) }
//! ```

use std::future::pending;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

use super::{Advert, Advertiser, RadioError, Scanner};

/// The longest line read, in bytes: far more than an advert, far less than memory.
const MAX_LINE: usize = 1024;

/// How much of a wrong line an error repeats, in characters.
const MAX_SHOWN: usize = 60;

/// The line that puts an advert on the air, without its line feed.
///
/// ```
/// use wardkey_core::hybrid::eid::Advert;
/// use wardkey_driver::radio::lines::{Line, format_advert, parse_line};
///
/// let advert = Advert([0x5a; 20]);
/// let line = format_advert(&advert);
/// assert_eq!(line, "ADVERT 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a");
/// assert_eq!(parse_line(&line)?, Line::Advert(advert));
/// assert_eq!(parse_line("STOP")?, Line::Stop);
/// # Ok::<(), wardkey_driver::radio::RadioError>(())
/// ```
pub fn format_advert(advert: &Advert) -> String {
    format!("ADVERT {advert}")
}

/// What a line says.
///
/// ```
/// use wardkey_driver::radio::lines::{Line, parse_line};
///
/// let told = ["ADVERT 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", "STOP"].map(parse_line);
/// assert!(matches!(told, [Ok(Line::Advert(_)), Ok(Line::Stop)]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// An advert is on the air.
    Advert(Advert),
    /// It is no longer.
    Stop,
}

/// Reads one line. Space around it and the case of the digits do not matter.
///
/// ```
/// use wardkey_driver::radio::lines::{Line, parse_line};
///
/// assert_eq!(parse_line(" STOP\r")?, Line::Stop);
/// let error = parse_line("ADVERT 5a").unwrap_err();
/// assert!(error.to_string().ends_with(r#"or `STOP`: "ADVERT 5a""#));
/// # Ok::<(), wardkey_driver::radio::RadioError>(())
/// ```
pub fn parse_line(line: &str) -> Result<Line, RadioError> {
    let mut words = line.split_whitespace();
    let advert = match (words.next(), words.next(), words.next()) {
        (Some("STOP"), None, None) => return Ok(Line::Stop),
        (Some("ADVERT"), Some(digits), None) => {
            hex::decode(digits).ok().and_then(|bytes| bytes.try_into().ok())
        }
        _ => None,
    };
    advert
        .map(|bytes| Line::Advert(Advert(bytes)))
        .ok_or_else(|| RadioError::BadLine { line: line.chars().take(MAX_SHOWN).collect() })
}

/// One line to write, and where to report that it was.
struct Write {
    line: String,
    written: oneshot::Sender<std::io::Result<()>>,
}

/// A phone that prints its adverts.
///
/// A task of its own writes, so that a dropped future never leaves half a line behind.
///
/// ```
/// use wardkey_core::hybrid::eid::Advert;
/// use wardkey_driver::radio::{Advertiser, lines::LinesAdvertiser};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wardkey_driver::radio::RadioError> {
/// let (printed, mut read) = tokio::io::duplex(1024);
/// let mut radio = LinesAdvertiser::new(printed);
/// radio.advertise(Advert([0x5a; 20])).await?;
/// radio.stop().await?;
/// # drop(radio);
/// let mut text = String::new();
/// # use tokio::io::AsyncReadExt;
/// # read.read_to_string(&mut text).await.map_err(wardkey_driver::radio::RadioError::Output)?;
/// assert_eq!(text, "ADVERT 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\nSTOP\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LinesAdvertiser {
    writes: mpsc::UnboundedSender<Write>,
    on_air: bool,
}

impl LinesAdvertiser {
    /// Writes to `output` from a task of the current tokio runtime.
    pub fn new<W: AsyncWrite + Send + Unpin + 'static>(output: W) -> Self {
        let (writes, queue) = mpsc::unbounded_channel();
        tokio::spawn(write_lines(output, queue));
        Self { writes, on_air: false }
    }

    async fn write(&self, line: String) -> Result<(), RadioError> {
        let (written, result) = oneshot::channel();
        // If the task is gone, so is its end of `written`: one answer for both.
        let _ = self.writes.send(Write { line, written });
        let result = result.await.unwrap_or_else(|_| {
            let kind = std::io::ErrorKind::BrokenPipe;
            Err(std::io::Error::new(kind, "the writing task ended"))
        });
        result.map_err(RadioError::Output)
    }
}

async fn write_lines<W: AsyncWrite + Unpin>(
    mut output: W,
    mut queue: mpsc::UnboundedReceiver<Write>,
) {
    while let Some(Write { line, written }) = queue.recv().await {
        let result = async {
            output.write_all(line.as_bytes()).await?;
            output.flush().await
        };
        // An error means that the caller no longer waits.
        let _ = written.send(result.await);
    }
}

impl Advertiser for LinesAdvertiser {
    fn advertise(&mut self, advert: Advert) -> BoxFuture<'_, Result<(), RadioError>> {
        async move {
            self.stop().await?;
            self.on_air = true;
            self.write(format_advert(&advert) + "\n").await
        }
        .boxed()
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>> {
        async move {
            if !std::mem::take(&mut self.on_air) {
                return Ok(());
            }
            self.write("STOP\n".to_owned()).await
        }
        .boxed()
    }

    fn failure(&mut self) -> BoxFuture<'_, RadioError> {
        pending().boxed()
    }
}

impl Drop for LinesAdvertiser {
    fn drop(&mut self) {
        if self.on_air {
            let (written, _) = oneshot::channel();
            let line = "STOP\n".to_owned();
            // An error means that the writing task is gone and nothing can be said any more.
            let _ = self.writes.send(Write { line, written });
        }
    }
}

/// A workstation that reads adverts.
///
/// With [`tokio::io::stdin`] a read in progress cannot be undone: end such a program with
/// `Runtime::shutdown_background`, or it waits for one more line.
///
/// ```
/// use wardkey_driver::radio::{Scanner, lines::LinesScanner};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wardkey_driver::radio::RadioError> {
/// let heard = &b"ADVERT 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n"[..];
/// let mut radio = LinesScanner::new(heard);
/// assert_eq!(radio.next_advert().await?.0, [0x5a; 20]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LinesScanner<R> {
    lines: FramedRead<R, LinesCodec>,
}

impl<R: AsyncRead> LinesScanner<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Self {
        Self { lines: FramedRead::new(input, LinesCodec::new_with_max_length(MAX_LINE)) }
    }
}

impl<R: AsyncRead + Send + Unpin> Scanner for LinesScanner<R> {
    fn next_advert(&mut self) -> BoxFuture<'_, Result<Advert, RadioError>> {
        async move {
            loop {
                let line = match self.lines.next().await {
                    None => return Err(RadioError::InputEnded),
                    Some(Ok(line)) => line,
                    Some(Err(LinesCodecError::Io(error))) => return Err(RadioError::Input(error)),
                    Some(Err(LinesCodecError::MaxLineLengthExceeded)) => {
                        let line = format!("a line of more than {MAX_LINE} bytes");
                        return Err(RadioError::BadLine { line });
                    }
                };
                if line.trim().is_empty() {
                    continue;
                }
                if let Line::Advert(advert) = parse_line(&line)? {
                    return Ok(advert);
                }
            }
        }
        .boxed()
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>> {
        std::future::ready(Ok(())).boxed()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f10111213";

    fn advert() -> Advert {
        Advert(std::array::from_fn(|position| u8::try_from(position).unwrap()))
    }

    #[tokio::test]
    async fn each_advert_is_announced_and_ended() {
        let (writer, mut reader) = duplex(1024);
        let mut phone = LinesAdvertiser::new(writer);
        phone.stop().await.unwrap();
        phone.advertise(advert()).await.unwrap();
        phone.advertise(Advert([0xff; 20])).await.unwrap();
        phone.stop().await.unwrap();
        phone.stop().await.unwrap();
        drop(phone);
        let mut text = String::new();
        reader.read_to_string(&mut text).await.unwrap();
        let ff = "ff".repeat(20);
        assert_eq!(text, format!("ADVERT {HEX}\nSTOP\nADVERT {ff}\nSTOP\n"));
    }

    #[tokio::test]
    async fn a_dropped_phone_says_stop() {
        let (writer, mut reader) = duplex(1024);
        let mut phone = LinesAdvertiser::new(writer);
        phone.advertise(advert()).await.unwrap();
        drop(phone);
        let mut text = String::new();
        reader.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, format!("ADVERT {HEX}\nSTOP\n"));
    }

    #[tokio::test]
    async fn a_dropped_future_leaves_whole_lines() {
        // A buffer of four bytes holds the first line back half written.
        let (writer, mut reader) = duplex(4);
        let mut phone = LinesAdvertiser::new(writer);
        assert!(phone.advertise(advert()).now_or_never().is_none());
        drop(phone);
        let mut text = String::new();
        reader.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, format!("ADVERT {HEX}\nSTOP\n"));
    }

    #[tokio::test]
    async fn a_closed_output_is_named() {
        let (writer, reader) = duplex(4);
        drop(reader);
        let error = LinesAdvertiser::new(writer).advertise(advert()).await;
        assert!(matches!(error, Err(RadioError::Output(_))), "{error:?}");
    }

    #[tokio::test]
    async fn a_dropped_read_loses_nothing() {
        let (mut writer, reader) = duplex(1024);
        let mut scanner = LinesScanner::new(reader);
        writer.write_all(b"\nSTOP\nADVERT 00010203").await.unwrap();
        assert!(scanner.next_advert().now_or_never().is_none());
        writer.write_all(&HEX.as_bytes()[8..]).await.unwrap();
        writer.write_all(b"\r\n").await.unwrap();
        assert_eq!(scanner.next_advert().await.unwrap(), advert());
        drop(writer);
        let end = scanner.next_advert().await;
        assert!(matches!(end, Err(RadioError::InputEnded)), "{end:?}");
    }

    #[tokio::test]
    async fn wrong_input_is_named() {
        let long = format!("ADVERT {}\n", "0".repeat(2 * MAX_LINE));
        for (input, shown) in [
            ("hello\n", "\"hello\""),
            ("ADVERT 00\n", "\"ADVERT 00\""),
            ("ADVERT\n", "\"ADVERT\""),
            ("STOP now\n", "\"STOP now\""),
            (long.as_str(), "more than 1024 bytes"),
        ] {
            let error = LinesScanner::new(input.as_bytes()).next_advert().await;
            let text = error.unwrap_err().to_string();
            assert!(text.contains(shown), "{text}");
        }
        let error = LinesScanner::new(&[0xff, b'\n'][..]).next_advert().await;
        assert!(matches!(error, Err(RadioError::Input(_))), "{error:?}");
    }

    proptest! {
        #[test]
        fn adverts_survive_the_trip(bytes: [u8; 20]) {
            let advert = Advert(bytes);
            let line = parse_line(&format_advert(&advert)).unwrap();
            prop_assert_eq!(line, Line::Advert(advert));
        }

        #[test]
        fn any_line_is_read_or_refused_with_a_short_error(line in ".{0,200}") {
            if let Err(error) = parse_line(&line) {
                prop_assert!(error.to_string().chars().count() < 1000);
            }
        }
    }
}
