//! What can be made to go wrong.

/// Faults that change how calls are answered.
///
/// Others are things that happen to the [`Machine`](crate::Machine): power, adapter, daemon, bus.
///
/// ```
/// use wardkey_bluez_standin::{Air, ErrorName, Faults, Machine};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine = Machine::start(&Air::new()).await?;
/// let no_slot = Some(ErrorName::NotPermitted);
/// let full = Faults { discovery_refused: no_slot, ..Faults::default() };
/// machine.faults(full).await?;
/// # let client = zbus::connection::Builder::address(machine.bus_address()).build().await?;
/// // What a client under test does in its own process:
/// let (name, adapter) = (Some("org.bluez"), Some("org.bluez.Adapter1"));
/// let start = client.call_method(name, "/org/bluez/hci0", adapter, "StartDiscovery", &());
/// assert!(start.await.unwrap_err().to_string().contains("org.bluez.Error.NotPermitted"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Every `RegisterAdvertisement` is refused with this error. BlueZ says
    /// [`ErrorName::NotPermitted`] when no advertising slot is free.
    pub advertising_refused: Option<ErrorName>,
    /// Every `StartDiscovery` is refused with this error.
    pub discovery_refused: Option<ErrorName>,
    /// A hardware or software switch blocks the radio: it is off and cannot be switched on.
    pub radio_blocked: bool,
    /// The daemon holds its name on the bus and answers nothing.
    pub mute: bool,
}

/// The D-Bus error names the stand-in answers with.
///
/// ```
/// use wardkey_bluez_standin::ErrorName;
///
/// let error = ErrorName::from_short_name("NotReady");
/// assert_eq!(error.map(ErrorName::as_str), Some("org.bluez.Error.NotReady"));
/// assert_eq!(ErrorName::from_short_name("Tired"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorName {
    /// `org.bluez.Error.AlreadyExists`
    AlreadyExists,
    /// `org.bluez.Error.DoesNotExist`
    DoesNotExist,
    /// `org.bluez.Error.Failed`
    Failed,
    /// `org.bluez.Error.InProgress`
    InProgress,
    /// `org.bluez.Error.NotPermitted`
    NotPermitted,
    /// `org.bluez.Error.NotReady`
    NotReady,
    /// `org.freedesktop.DBus.Error.InvalidArgs`
    InvalidArguments,
    /// `org.freedesktop.DBus.Error.UnknownMethod`
    UnknownMethod,
    /// `org.freedesktop.DBus.Error.UnknownObject`
    UnknownObject,
}

impl ErrorName {
    /// The full name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AlreadyExists => "org.bluez.Error.AlreadyExists",
            Self::DoesNotExist => "org.bluez.Error.DoesNotExist",
            Self::Failed => "org.bluez.Error.Failed",
            Self::InProgress => "org.bluez.Error.InProgress",
            Self::NotPermitted => "org.bluez.Error.NotPermitted",
            Self::NotReady => "org.bluez.Error.NotReady",
            Self::InvalidArguments => "org.freedesktop.DBus.Error.InvalidArgs",
            Self::UnknownMethod => "org.freedesktop.DBus.Error.UnknownMethod",
            Self::UnknownObject => "org.freedesktop.DBus.Error.UnknownObject",
        }
    }

    /// Finds the BlueZ error of this short name, such as `NotPermitted`.
    pub fn from_short_name(name: &str) -> Option<Self> {
        [
            Self::AlreadyExists,
            Self::DoesNotExist,
            Self::Failed,
            Self::InProgress,
            Self::NotPermitted,
            Self::NotReady,
        ]
        .into_iter()
        .find(|error| error.as_str().rsplit('.').next() == Some(name))
    }
}
