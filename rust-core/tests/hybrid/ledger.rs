//! What must hold for every session, whatever happens to it.

use wardkey_core::hybrid::Error;
use wardkey_core::hybrid::session::{Input, Output};

/// Watches inputs and outputs of one session: everything switched on is switched off exactly once,
/// and nothing follows the end.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "four switches that are independent on purpose")]
pub(crate) struct Ledger {
    advertising: bool,
    scanning: bool,
    connected: bool,
    requesting: bool,
    pub(crate) result: Option<Result<(), Error>>,
}

impl Ledger {
    pub(crate) fn input(&mut self, input: &Input) {
        match input {
            Input::TunnelFailed(_) | Input::TunnelClosed => self.connected = false,
            Input::Response(_) => self.requesting = false,
            _ => {}
        }
    }

    pub(crate) fn output(&mut self, output: &Output) {
        assert_eq!(self.result, None, "{output:?} after the end");
        match output {
            Output::Connect(_) => assert!(!core::mem::replace(&mut self.connected, true)),
            Output::Close => assert!(core::mem::take(&mut self.connected)),
            Output::Send(_) => assert!(self.connected),
            Output::Advertise(_) => assert!(!core::mem::replace(&mut self.advertising, true)),
            Output::StopAdvertising => assert!(core::mem::take(&mut self.advertising)),
            Output::StartScanning => assert!(!core::mem::replace(&mut self.scanning, true)),
            Output::StopScanning => assert!(core::mem::take(&mut self.scanning)),
            Output::Request(_) => assert!(!core::mem::replace(&mut self.requesting, true)),
            Output::CancelRequest => assert!(core::mem::take(&mut self.requesting)),
            Output::Finished(result) => self.finish(*result),
            _ => {}
        }
    }

    fn finish(&mut self, result: Result<(), Error>) {
        assert!(!self.advertising, "the advert stays on the air");
        assert!(!self.scanning, "the scan goes on");
        assert!(!self.connected, "the tunnel stays open");
        assert!(!self.requesting, "the authenticator goes on asking");
        self.result = Some(result);
    }
}
