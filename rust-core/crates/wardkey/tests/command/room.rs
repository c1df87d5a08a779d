//! Phone and workstation on two machines that hear each other over Bluetooth, played by the stand-in.

use serde_json::json;
use tokio::time::timeout;
use wardkey_bluez_standin::{Activity, Air, Machine};

use crate::{
    child::{PATIENCE, Running},
    town::{CLINICIAN, Challenge, Town, code},
};

/// A town with a machine for the phone and one for the workstation, near each other.
pub struct Room {
    pub town: Town,
    pub phone: Machine,
    pub workstation: Machine,
    pub air: Air,
}

impl Room {
    pub async fn open() -> Self {
        let air = Air::new();
        let (phone, workstation) = (Machine::start(&air).await, Machine::start(&air).await);
        let (phone, workstation) = (phone.unwrap(), workstation.unwrap());
        Self { town: Town::build().await, phone, workstation, air }
    }

    /// Starts a part on its machine.
    fn start(&self, machine: &Machine, arguments: &[&str]) -> Running {
        let (tunnel, certificate) = (&self.town.tunnel_address, &self.town.certificate);
        let network = ["--radio", "bluetooth", "--tunnel", tunnel, "--ca", certificate];
        let bus = ("DBUS_SYSTEM_BUS_ADDRESS", machine.bus_address());
        Running::start_with(&[&["--json"], arguments, &network].concat(), &[bus])
    }

    /// Starts a workstation, `create` or `get`, and gives its code.
    pub async fn show_code(&self, what: &str, challenge: &Challenge) -> (Running, String) {
        let file = self.town.path("options.json");
        std::fs::write(&file, challenge.options.to_string()).unwrap();
        let (file, origin) = (file.to_str().unwrap(), &self.town.origin);
        let arguments = ["workstation", what, "--options", file, "--origin", origin];
        let mut workstation = self.start(&self.workstation, &arguments);
        let code = code(&mut workstation).await;
        (workstation, code)
    }

    pub fn scan_code(&self, user: &str, code: &str) -> Running {
        let state = self.town.state();
        let state = state.to_str().unwrap();
        self.start(&self.phone, &["phone", "scan", code, "--state", state, "--user", user])
    }

    pub async fn register_challenge(&self) -> Challenge {
        self.town.challenge("register", json!({"userName": CLINICIAN})).await
    }

    /// Waits until neither machine advertises or scans any more.
    pub async fn falls_silent(&self) {
        for machine in [&self.phone, &self.workstation] {
            assert_silent(machine).await;
        }
    }
}

/// Waits until a machine neither advertises nor scans any more.
pub async fn assert_silent(machine: &Machine) {
    comes_to(machine, "silence", |now| *now == Activity::default()).await;
}

/// Waits until a machine's radio does `what`.
pub async fn comes_to(machine: &Machine, what: &str, is_there: impl Fn(&Activity) -> bool) {
    let mut activity = machine.activity();
    let waiting = activity.wait_for(|now| is_there(now));
    let Ok(there) = timeout(PATIENCE, waiting).await else { panic!("never came to {what}") };
    there.unwrap();
}
