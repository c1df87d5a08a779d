//! The canonical writer.

use alloc::vec::Vec;
use core::convert::Infallible;

use ciborium_io::Write;
use ciborium_ll::{Encoder, Header, simple};

use super::Value;

/// The canonical encoding of `value`.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    // Most messages fit, so that the buffer need not grow.
    let mut bytes = Vec::with_capacity(512);
    let Ok(()) = write(&mut Encoder::from(Sink(&mut bytes)), value);
    bytes
}

fn write(encoder: &mut Encoder<Sink<'_>>, value: &Value) -> Result<(), Infallible> {
    match value {
        Value::Unsigned(n) => encoder.push(Header::Positive(*n)),
        Value::Negative(n) => encoder.push(Header::Negative(*n)),
        Value::Bytes(bytes) => encoder.bytes(bytes, None),
        Value::Text(text) => encoder.text(text, None),
        Value::Array(items) => {
            encoder.push(Header::Array(Some(items.len())))?;
            items.iter().try_for_each(|item| write(encoder, item))
        }
        Value::Map(map) => {
            encoder.push(Header::Map(Some(map.len())))?;
            map.iter().try_for_each(|(key, value)| {
                write(encoder, key)?;
                write(encoder, value)
            })
        }
        Value::Bool(false) => encoder.push(Header::Simple(simple::FALSE)),
        Value::Bool(true) => encoder.push(Header::Simple(simple::TRUE)),
        Value::Null => encoder.push(Header::Simple(simple::NULL)),
    }
}

/// A buffer that, unlike `Vec` under ciborium's `std` feature, cannot fail to grow by one write.
struct Sink<'a>(&'a mut Vec<u8>);

impl Write for Sink<'_> {
    type Error = Infallible;

    fn write_all(&mut self, data: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
