//! Why an operation fails, in terms that a screen has words for.

/// Why an operation failed: everything a screen has words and a remedy for.
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// use wardkey_core::ffi::{Fix, HybridEvent, HybridOrder, HybridOutcome, Reason, TunnelProblem};
///
/// /// What a screen says.
/// fn words(reason: Reason) -> &'static str {
///     match reason {
///         Reason::BluetoothOff => "Bluetooth is off",
///         Reason::NetworkBlocked => "This network does not let you through",
///         _ => "It did not work",
///     }
/// }
///
/// # let phone = provider()?.scan(CODE, 0)?;
/// # phone.step(0, HybridEvent::Started);
/// let event = HybridEvent::TunnelFailed { problem: TunnelProblem::Unreachable };
/// let Some(HybridOrder::Finished { outcome: HybridOutcome::Failed { failure } }) = phone.step(40, event).orders.pop()
/// else {
///     panic!("there is no tunnel")
/// };
/// assert_eq!(words(failure.reason), "This network does not let you through");
/// assert_eq!(failure.fix, Some(Fix::Network));
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Reason {
    /// The person said no, or closed the prompt.
    Declined,
    /// The other side, or the program, called it off.
    Cancelled,
    /// The person did not answer in time.
    TimedOut,
    /// Finger, face or PIN was not accepted.
    NotVerified,
    /// Too many failures: the device wants a pause, or its PIN.
    LockedOut,
    /// The account has a passkey here already.
    AlreadyRegistered,
    /// No passkey fits.
    NoPasskey,
    /// Screen lock or biometrics changed and the hardware destroyed the key.
    KeyInvalidated,
    /// A secure element is required and there is none.
    NoStrongBox,
    /// The hardware cannot attest; with a network it may later.
    AttestationUnavailable,
    /// The device was never given attestation keys.
    NotProvisioned,
    /// The device is locked.
    DeviceLocked,
    /// The device has no screen lock.
    NoScreenLock,
    /// The key store is full.
    KeyStoreFull,
    /// The key store failed in another way.
    KeyStoreFailed,
    /// The hardware proved less than the policy requires.
    WeakHardware,
    /// The request cannot be read or asks for what does not exist here.
    InvalidRequest,
    /// The caller is not who it would have to be.
    UntrustedCaller,
    /// The organization does not let the phone be used with this site.
    SiteNotAllowed,
    /// The organization does not allow this way of asking.
    RouteNotAllowed,
    /// Another request is still open on this phone.
    Busy,
    /// The saved passkeys cannot be reached.
    StorageFailed,
    /// The saved passkeys are damaged.
    StorageDamaged,
    /// The saved passkeys are of a newer version.
    StorageNewer,
    /// No room for another passkey.
    StorageFull,
    /// Not a code of a sign-in.
    NotACode,
    /// A code that cannot be read to the end.
    DamagedCode,
    /// A code that asks for a digital credential, not for a passkey.
    DigitalCredential,
    /// The code is too old, or was used.
    CodeExpired,
    /// Bluetooth is off.
    BluetoothOff,
    /// The permission for Bluetooth is missing.
    BluetoothDenied,
    /// There is no Bluetooth, or none that can do this.
    BluetoothMissing,
    /// Bluetooth failed in another way.
    BluetoothFailed,
    /// No way to the tunnel service.
    NetworkBlocked,
    /// Somebody sits between this phone and the tunnel service.
    Intercepted,
    /// The tunnel service is not working.
    TunnelServiceFailed,
    /// The connection was cut.
    ConnectionCut,
    /// The other device did not notice this phone.
    TooFarAway,
    /// The other device left or kept silent.
    OtherDeviceLeft,
    /// The other device does not speak the same language.
    OtherDeviceIncompatible,
    /// Something tampers with the connection, or the code was for somebody else.
    Tampered,
    /// The relying party's list of applications cannot be fetched.
    SiteUnreachable,
    /// A bug.
    Unexpected,
}
