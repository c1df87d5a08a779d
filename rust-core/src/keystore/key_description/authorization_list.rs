//! `AuthorizationList`: one table of tags for reading and writing.

use alloc::vec::Vec;

use der::{Decode, Header, Length, Reader, SliceReader, Tag, TagNumber};

use super::{
    InvalidKeyDescription,
    field::{Field, put_tlv, tlv},
    types::{ApplicationId, DeviceIdentifier, KeyOrigin, RootOfTrust},
};

macro_rules! authorization_list {
    ($($(#[$doc:meta])* [$tag:literal] $name:ident: $type:ty;)*) => {
        /// Properties of a key and its device. A set that is empty and a flag that is `false` are left
        /// out.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct AuthorizationList {
            $($(#[$doc])* pub $name: $type,)*
        }

        impl AuthorizationList {
            fn read_member(
                &mut self,
                tag: u32,
                length: Length,
                reader: &mut SliceReader<'_>,
            ) -> der::Result<()> {
                match tag {
                    $($tag => self.$name = reader.read_nested(length, Field::read)?,)*
                    _ => drop(reader.read_slice(length)?),
                }
                Ok(())
            }

            /// The members in the order of their tags, which is the order of the table.
            fn encode_members(&self) -> der::Result<Vec<u8>> {
                let mut content = Vec::with_capacity(USUAL_LENGTH);
                $(if let Some(value) = Field::encode(&self.$name)? {
                    put_tlv(&mut content, explicit($tag), &value)?;
                })*
                Ok(content)
            }
        }
    };
}

authorization_list! {
    /// What the key may be used for.
    [1] purposes: Vec<u64>;
    /// Kind of key.
    [2] algorithm: Option<u64>;
    /// Bits of the key.
    [3] key_size: Option<u64>;
    /// Block cipher modes.
    [4] block_modes: Vec<u64>;
    /// Digests the key may be used with.
    [5] digests: Vec<u64>;
    /// RSA paddings.
    [6] paddings: Vec<u64>;
    /// The curve of an elliptic curve key.
    [10] ec_curve: Option<u64>;
    /// Exponent of an RSA key.
    [200] rsa_public_exponent: Option<u64>;
    /// Digests of OAEP's mask generation.
    [203] rsa_oaep_mgf_digests: Vec<u64>;
    /// The key cannot be restored from a copy of the storage.
    [303] rollback_resistant: bool;
    /// Usable from, milliseconds since 1970.
    [400] active_date_time: Option<u64>;
    /// Usable for new messages until, milliseconds since 1970.
    [401] origination_expire_date_time: Option<u64>;
    /// Usable for old messages until, milliseconds since 1970.
    [402] usage_expire_date_time: Option<u64>;
    /// How often it may be used.
    [405] usage_count_limit: Option<u64>;
    /// Usable without the user.
    [503] no_auth_required: bool;
    /// How the user may be verified, a bit mask.
    [504] user_auth_type: Option<u64>;
    /// Seconds for which one authentication lasts; absent when it is good for one use.
    [505] auth_timeout: Option<u64>;
    /// Authentication lasts while the device is worn.
    [506] allow_while_on_body: bool;
    /// A button must be pressed.
    [507] trusted_user_presence_required: bool;
    /// A message must be confirmed on a trusted display.
    [508] trusted_confirmation_required: bool;
    /// Usable only while the device is unlocked.
    [509] unlocked_device_required: bool;
    /// Any application may use it.
    [600] all_applications: bool;
    /// When it was made, milliseconds since 1970.
    [701] creation_date_time: Option<u64>;
    /// How it came to be.
    [702] origin: Option<KeyOrigin>;
    /// Boot state of the device.
    [704] root_of_trust: Option<RootOfTrust>;
    /// Version of the operating system, such as 140000.
    [705] os_version: Option<u64>;
    /// Its security patch level, YYYYMM.
    [706] os_patch_level: Option<u64>;
    /// The applications that own the key.
    [709] attestation_application_id: Option<ApplicationId>;
    /// Brand of the device.
    [710] attestation_id_brand: Option<DeviceIdentifier>;
    /// Device name.
    [711] attestation_id_device: Option<DeviceIdentifier>;
    /// Product name.
    [712] attestation_id_product: Option<DeviceIdentifier>;
    /// Serial number.
    [713] attestation_id_serial: Option<DeviceIdentifier>;
    /// First IMEI.
    [714] attestation_id_imei: Option<DeviceIdentifier>;
    /// MEID.
    [715] attestation_id_meid: Option<DeviceIdentifier>;
    /// Manufacturer.
    [716] attestation_id_manufacturer: Option<DeviceIdentifier>;
    /// Model.
    [717] attestation_id_model: Option<DeviceIdentifier>;
    /// Patch level of the vendor image, YYYYMMDD.
    [718] vendor_patch_level: Option<u64>;
    /// Patch level of the boot image, YYYYMMDD.
    [719] boot_patch_level: Option<u64>;
    /// Attested by a key that is unique to this device.
    [720] device_unique_attestation: bool;
    /// Second IMEI.
    [723] attestation_id_second_imei: Option<DeviceIdentifier>;
    /// Digest of the loaded modules.
    [724] module_hash: Option<Vec<u8>>;
}

/// Few lists are longer.
const USUAL_LENGTH: usize = 256;

const fn explicit(tag: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(tag) }
}

impl AuthorizationList {
    pub(super) fn read(reader: &mut SliceReader<'_>) -> Result<Self, InvalidKeyDescription> {
        reader.sequence(|reader| {
            let mut list = Self::default();
            let mut previous = None;
            while !reader.is_finished() {
                let header = Header::decode(reader)?;
                let Tag::ContextSpecific { number: TagNumber(tag), .. } = header.tag() else {
                    return Err(reader.error(header.tag().unexpected_error(None)).into());
                };
                if previous.is_some_and(|previous| tag <= previous) {
                    return Err(InvalidKeyDescription::Order { tag });
                }
                previous = Some(tag);
                list.read_member(tag, header.length(), reader)
                    .map_err(|reason| InvalidKeyDescription::Authorization { tag, reason })?;
            }
            Ok(list)
        })
    }

    pub(super) fn encode(&self) -> der::Result<Vec<u8>> {
        tlv(Tag::Sequence, &self.encode_members()?)
    }
}
