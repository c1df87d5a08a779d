//! How single values of an authorization list are read and written.

use alloc::vec::Vec;

use der::{
    Decode, Encode, Header, Length, Reader, SliceReader, Tag,
    asn1::{Null, OctetString},
};

/// A member of an authorization list: the content of its EXPLICIT tag.
pub(super) trait Field: Default {
    /// Reads the value.
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self>;

    /// The value's encoding; `None` if it is to be left out.
    fn encode(&self) -> der::Result<Option<Vec<u8>>>;
}

impl Field for Option<u64> {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        u64::decode(reader).map(Some)
    }

    fn encode(&self) -> der::Result<Option<Vec<u8>>> {
        self.map(|value| value.to_der()).transpose()
    }
}

/// `NULL OPTIONAL`: there or not.
impl Field for bool {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        Null::decode(reader).map(|_| true)
    }

    fn encode(&self) -> der::Result<Option<Vec<u8>>> {
        self.then(|| Null.to_der()).transpose()
    }
}

/// `SET OF INTEGER`; an empty set counts as none.
impl Field for Vec<u64> {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        read_set(reader, u64::decode)
    }

    fn encode(&self) -> der::Result<Option<Vec<u8>>> {
        (!self.is_empty()).then(|| encode_set(self.iter().map(Encode::to_der))).transpose()
    }
}

impl Field for Option<Vec<u8>> {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        read_octets(reader).map(Some)
    }

    fn encode(&self) -> der::Result<Option<Vec<u8>>> {
        self.as_ref().map(|bytes| tlv(Tag::OctetString, bytes)).transpose()
    }
}

pub(super) fn read_octets(reader: &mut SliceReader<'_>) -> der::Result<Vec<u8>> {
    Ok(OctetString::decode(reader)?.into_bytes().into())
}

/// Reads a SET OF. Its order is not checked: several KeyMint implementations do not sort.
pub(super) fn read_set<'a, T>(
    reader: &mut SliceReader<'a>,
    mut item: impl FnMut(&mut SliceReader<'a>) -> der::Result<T>,
) -> der::Result<Vec<T>> {
    let header = Header::decode(reader)?;
    header.tag().assert_eq(Tag::Set)?;
    reader.read_nested(header.length(), |reader| {
        let mut items = Vec::new();
        while !reader.is_finished() {
            items.push(item(reader)?);
        }
        Ok(items)
    })
}

/// A SET OF with its items in the order DER asks for.
pub(super) fn encode_set(
    items: impl Iterator<Item = der::Result<Vec<u8>>>,
) -> der::Result<Vec<u8>> {
    let mut items = items.collect::<der::Result<Vec<_>>>()?;
    items.sort_unstable();
    tlv(Tag::Set, &items.concat())
}

/// Reads an ENUMERATED as the number it is.
pub(super) fn read_enumerated(reader: &mut SliceReader<'_>) -> der::Result<u8> {
    let header = Header::decode(reader)?;
    header.tag().assert_eq(Tag::Enumerated)?;
    // Every enumeration of the schema has a handful of values, so one octet holds them all.
    if header.length() != Length::ONE {
        return Err(reader.error(Tag::Enumerated.length_error()));
    }
    reader.read_byte()
}

pub(super) fn encode_enumerated(value: u8) -> der::Result<Vec<u8>> {
    tlv(Tag::Enumerated, &[value])
}

/// A tag of two octets and a length of four are more than any description here needs.
const LONGEST_HEADER: usize = 6;

/// Tag, length and value.
pub(super) fn tlv(tag: Tag, value: &[u8]) -> der::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(LONGEST_HEADER + value.len());
    put_tlv(&mut bytes, tag, value)?;
    Ok(bytes)
}

/// Tag, length and value, after what is there.
pub(super) fn put_tlv(bytes: &mut Vec<u8>, tag: Tag, value: &[u8]) -> der::Result<()> {
    Header::new(tag, Length::try_from(value.len())?).encode_to_vec(bytes)?;
    bytes.extend(value);
    Ok(())
}
