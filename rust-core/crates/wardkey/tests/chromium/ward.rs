//! A ward: a workstation with a browser, the services it needs, and somebody's phone.

use std::process::ExitStatus;

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tempfile::TempDir;
#[cfg(all(feature = "bluetooth", target_os = "linux"))]
use wardkey_bluez_standin::Activity;
use wardkey_bluez_standin::Machine;
use wardkey_chromium::Browser;
use wardkey_core::attestation::verdict::Policy;
use wardkey_sandbox::{Sandbox, SetUpLink, TrustedRoots};

use crate::{
    network::Network,
    phone::{Phone, Surroundings, User, phone_program, private_folder},
    room::{Room, any_port},
};

pub struct Ward {
    browser: Browser,
    room: Room,
    disturbances: Vec<Vec<u8>>,
    origin: String,
    /// For the registration authorities, who have no passkey yet.
    pub links: Vec<SetUpLink>,
    phone: TempDir,
    /// The phone's Bluetooth; without it, its adverts are lines that we put on the air.
    phone_machine: Option<Machine>,
}

/// How a ceremony ended at both ends.
pub struct Ending {
    page: Value,
    pub phone: ExitStatus,
    /// What the phone told its user.
    pub said: String,
}

impl Ending {
    /// What the sandbox verified.
    pub fn result(&self) -> Value {
        assert!(self.page["result"].is_object(), "{} / phone: {}", self.page, self.said);
        self.page["result"].clone()
    }

    /// What the page told its user.
    pub fn problem(&self) -> &str {
        self.page["problem"].as_str().unwrap_or_else(|| panic!("no problem: {}", self.page))
    }
}

impl Ward {
    /// Opens a page of the sandbox in a browser of its own.
    pub async fn open(page: &str) -> Self {
        let room = Room::open().await;
        let phone = private_folder();
        let identity = room.authority.issue(&["localhost"]).unwrap();
        let sandbox = Sandbox::bind(any_port(), &identity, trusting(&phone).await).await.unwrap();
        let origin = sandbox.origin();
        let links = sandbox.set_up_links().await.unwrap();
        tokio::spawn(sandbox.serve(std::future::pending()));
        let browser = room.browser(&identity, format!("{origin}/{page}")).await;
        Self { browser, room, disturbances: vec![], origin, links, phone, phone_machine: None }
    }

    pub async fn go_to(&mut self, page: &str) {
        self.browser.open(&format!("{}/{page}", self.origin)).await.unwrap();
    }

    /// Adverts of other devices, heard before the phone's.
    pub fn disturb_with(&mut self, adverts: Vec<Vec<u8>>) {
        self.disturbances = adverts;
    }

    /// The user takes a phone nobody has used yet.
    pub fn replace_the_phone(&mut self) {
        self.phone = private_folder();
    }

    /// From now on the phone advertises over Bluetooth of its own.
    #[cfg(all(feature = "bluetooth", target_os = "linux"))]
    pub async fn give_the_phone_bluetooth(&mut self) {
        self.phone_machine = Some(Machine::start(&self.room.air).await.unwrap());
    }

    /// Waits until the phone advertises nothing and the browser scans no longer.
    #[cfg(all(feature = "bluetooth", target_os = "linux"))]
    pub async fn silence(&self) {
        for machine in [&self.room.machine].into_iter().chain(&self.phone_machine) {
            let silent = Activity::default();
            machine.activity().wait_for(|now| *now == silent).await.unwrap();
        }
    }

    pub fn keys_on_the_phone(&self) -> usize {
        std::fs::read_dir(self.phone.path().join("keys")).unwrap().count()
    }

    /// Sends the page's form, scans the code the browser shows and waits until both ends are done.
    pub async fn ceremony(&mut self, user: &str, switches: &str) -> Ending {
        let mut phone = self.begin(User::who(user), switches).await;
        let (page, said) = tokio::join!(
            ending_of_page(&mut self.browser),
            phone.finish(&self.room.air, &self.disturbances)
        );
        Ending { page, phone: said.0, said: said.1 }
    }

    /// Opens a registration link in the browser and makes the passkey with the phone. Gives the code that
    /// the phone tells its user, and the one on the page.
    pub async fn register_by_link(&mut self, link: &str) -> (String, String) {
        self.browser.open(link).await.unwrap();
        // What its button does, without leaving a page while it is being asked.
        let press = "fetch(document.querySelector('main form').action, {method: 'POST', redirect: 'manual'})
            .then(() => true)";
        self.browser.evaluate(press).await.unwrap();
        self.browser.open(link).await.unwrap();
        self.until("enrol", "page.dataset.state === 'checked'").await;
        self.browser.evaluate("document.getElementById('make-button').click()").await.unwrap();
        let mut phone = self.scan(User::who("approve")).await;
        let (status, said) = phone.finish(&self.room.air, &self.disturbances).await;
        assert!(status.success(), "{said}");
        self.until("enrol", "page.dataset.state === 'made'").await;
        let shown = self.browser.evaluate("document.getElementById('witness').textContent").await;
        let (_, code) = said.split_once("registration authority: ").unwrap();
        (code.lines().next().unwrap().to_owned(), shown.unwrap().as_str().unwrap().to_owned())
    }

    /// Waits until an element of the page is as wanted.
    async fn until(&mut self, id: &str, wanted: &str) {
        let waiting = format!(
            "new Promise(resolve => {{
              const page = document.getElementById('{id}');
              const look = () => {{ if ({wanted}) resolve(); }};
              new MutationObserver(look).observe(document.body, {{subtree: true, attributes: true}});
              look();
            }})"
        );
        self.browser.evaluate(&waiting).await.unwrap();
    }

    /// The person's word on the codes; gives the state that follows.
    pub async fn compare(&mut self, same: bool) -> String {
        let button = if same { "same" } else { "different" };
        let press = format!("document.getElementById('{button}').click()");
        self.browser.evaluate(&press).await.unwrap();
        self.until("enrol", "!['made'].includes(page.dataset.state)").await;
        let state = self.browser.evaluate("document.getElementById('enrol').dataset.state").await;
        state.unwrap().as_str().unwrap().to_owned()
    }

    /// Cuts the tunnel while the phone waits for its user.
    pub async fn cut_while_the_user_thinks(&mut self) -> Ending {
        let tunnel = self.room.tunnel_handle.clone();
        self.break_while_the_user_thinks(|_| tunnel.close_all()).await
    }

    /// Takes the network from the phone while it waits for its user.
    pub async fn lose_the_network_while_the_user_thinks(&mut self) -> Ending {
        let network = Network::to(self.room.tunnel).await;
        let direct = std::mem::replace(&mut self.room.tunnel, network.address);
        let ending = self.break_while_the_user_thinks(|_| network.lose()).await;
        self.room.tunnel = direct;
        ending
    }

    /// Lets the page lose its patience with a phone whose user never answers.
    pub async fn give_up_while_the_user_thinks(&mut self) -> Ending {
        // The page hands its requests a signal, as one does that has a button to call them off.
        let with_signal = "navigator.credentials.create = options =>
              CredentialsContainer.prototype.create.call(navigator.credentials,
                {...options, signal: (window.patience = new AbortController()).signal});";
        let never = User { does: "ignore", patience: 600 };
        let mut phone = self.begin(never, with_signal).await;
        phone.wait_for("waiting for the person to decide", &self.room.air).await;
        self.browser.evaluate("window.patience.abort()").await.unwrap();
        let page = ending_of_page(&mut self.browser).await;
        let (status, said) = phone.finish(&self.room.air, &[]).await;
        Ending { page, phone: status, said }
    }

    /// Kills the phone while it waits for its user.
    pub async fn kill_while_the_user_thinks(&mut self) -> Ending {
        self.break_while_the_user_thinks(|phone| phone.child.start_kill().unwrap()).await
    }

    async fn break_while_the_user_thinks(&mut self, damage: impl FnOnce(&mut Phone)) -> Ending {
        // The damage comes before the phone gives up.
        let mut phone = self.begin(User { does: "ignore", patience: 600 }, "").await;
        let broken = async {
            phone.wait_for("waiting for the person to decide", &self.room.air).await;
            damage(&mut phone);
            phone.finish(&self.room.air, &[]).await
        };
        let (page, said) = tokio::join!(ending_of_page(&mut self.browser), broken);
        Ending { page, phone: said.0, said: said.1 }
    }

    /// Sends the form and holds the phone to the code.
    async fn begin(&mut self, user: User<'_>, switches: &str) -> Phone {
        let send = format!(
            "(() => {{ const form = document.getElementById('ceremony'); {switches}
               form.elements.userName.value = 'clinician@example.org'; form.requestSubmit(); }})()"
        );
        self.browser.evaluate(&send).await.unwrap();
        self.scan(user).await
    }

    /// Holds the phone to the code that the browser shows.
    async fn scan(&mut self, user: User<'_>) -> Phone {
        let code = self.room.code().await;
        let around = Surroundings {
            bluetooth: self.phone_machine.as_ref().map(Machine::bus_address),
            tunnel: self.room.tunnel,
            certificate: &self.room.certificate,
        };
        Phone::scan(&code, user, self.phone.path(), &around, &[])
    }
}

/// A sandbox that trusts this phone's test attestation.
async fn trusting(phone: &TempDir) -> wardkey_sandbox::Settings {
    let root = phone_program()
        .args(["phone", "root", "--state"])
        .arg(phone.path())
        .output()
        .await
        .unwrap();
    let mut trusted_roots = TrustedRoots::default();
    trusted_roots.add_pem(&root.stdout).unwrap();
    wardkey_sandbox::Settings { trusted_roots, policy: policy(), ..Default::default() }
}

/// Takes a phone whose keys are software.
fn policy() -> Policy {
    let certificate = digest(&SHA256, b"Wardkey TEST signing certificate");
    let policy = json!({
        "name": "Phones of software",
        "test": true,
        "minimumLevel": "SOFTWARE",
        "minimumOsVersion": 0,
        "patchMonthsWarn": 1200,
        "patchMonthsFail": 1200,
        "revocation": "ignore",
        "verifiedBoot": "ignore",
        "unlockedDevice": "ignore",
        "applications": [{
            "package": "wardkey.test",
            "certificates": [hex::encode(certificate)],
        }],
    });
    Policy::parse(&policy.to_string()).unwrap()
}

/// Waits until the page shows a result or a problem.
async fn ending_of_page(browser: &mut Browser) -> Value {
    let ending = "new Promise(resolve => {
      const byId = (id) => document.getElementById(id);
      const look = () => {
        if (!byId('result').hidden) resolve({result: JSON.parse(byId('result-json').textContent)});
        if (!byId('problem').hidden) resolve({problem: byId('problem').textContent});
      };
      new MutationObserver(look).observe(document.body, {subtree: true, attributes: true});
      look();
    })";
    browser.evaluate(ending).await.unwrap()
}
