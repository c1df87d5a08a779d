//! `wardkey demo`: the whole ceremony in one process, on loopback ports.

mod client;
mod serve;
mod world;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::{qr::QrCode, session::PhoneConfig};
use wardkey_driver::{Phone, PhoneAnswer, PhonePorts, Workstation, WorkstationPorts};

use crate::{
    cli::DemoArguments,
    failure::Failure,
    network::cancelled_by_interrupt,
    output::{Output, printable},
    picture,
    progress::Progress,
    workstation::Ceremony,
};
use client::Page;
use world::World;

const ACCOUNT: &str = "clinician@example.org";

pub(crate) async fn run(arguments: &DemoArguments, output: Output) -> Result<(), Failure> {
    let started = Instant::now();
    let demo = Demo::start()?;
    demo.progress
        .step(format!("sandbox {}, tunnel {}", demo.world.origin, demo.world.tunnel_address));

    let asked = json!({"userName": ACCOUNT, "attestation": "direct", "hybrid": true});
    let registration = demo.play("register", &asked).await?;
    let sign_in = demo.play("signin", &json!({"hybrid": true})).await?;

    let total = started.elapsed();
    let json = json!({
        "registered": registration.verdict,
        "signedIn": sign_in.verdict,
        "seconds": {
            "registration": registration.took.as_secs_f64(),
            "signIn": sign_in.took.as_secs_f64(),
            "total": total.as_secs_f64(),
        },
    });
    output.result(&json, || summary(&registration, &sign_in, total));
    if arguments.serve {
        serve::until_interrupted(&demo.world).await?;
    }
    demo.world.shut_down().await
}

struct Demo {
    world: World,
    page: Page,
    progress: Progress,
}

/// One ceremony that the sandbox accepted.
struct Played {
    verdict: Value,
    took: Duration,
}

impl Demo {
    fn start() -> Result<Self, Failure> {
        let progress = Progress::start("demo");
        let world = World::start()?;
        let page = Page::open(&world.origin, &world.authority)?;
        Ok(Self { world, page, progress })
    }

    /// Plays one ceremony (`register` or `signin`) from the page's request to the sandbox's verdict.
    async fn play(&self, what: &str, asked: &Value) -> Result<Played, Failure> {
        let started = Instant::now();
        let page = self.progress.of("sandbox");
        let challenge = self.page.options(what, asked).await?;
        page.step(format!("{what}: challenge sent to the page"));

        let origin = &self.world.origin;
        let ceremony = match what {
            "register" => Ceremony::create(&challenge.options, origin)?,
            _ => Ceremony::get(&challenge.options, origin)?,
        };
        let response = self.meet(ceremony).await?;
        let verdict = self.page.verify(what, challenge, &response).await?;
        page.step(format!("{what}: verified"));
        Ok(Played { verdict, took: started.elapsed() })
    }

    /// The workstation shows its code, the phone scans it, and they do the ceremony.
    async fn meet(&self, ceremony: Ceremony) -> Result<String, Failure> {
        let session = ceremony.begin()?;
        let code = scan(&session.qr().to_text())?;
        self.progress.of("phone").step("code scanned from a picture of the workstation's screen");
        let cancel = cancelled_by_interrupt();
        let (answer, phone) =
            tokio::join!(self.at_workstation(session, &cancel), self.at_phone(code, &cancel));
        phone?;
        ceremony.finish(&answer?.response)
    }

    async fn at_workstation(
        &self,
        session: Workstation,
        cancel: &CancellationToken,
    ) -> Result<PhoneAnswer, Failure> {
        let progress = self.progress.of("workstation");
        let ports = WorkstationPorts {
            access: &self.world.access()?,
            radio: &mut self.world.air.scanner(),
            cancel,
            on_stage: &mut |stage| progress.stage(stage),
        };
        Ok(session.run(ports).await?)
    }

    async fn at_phone(&self, code: QrCode, cancel: &CancellationToken) -> Result<(), Failure> {
        let progress = self.progress.of("phone");
        let mut wallet = self.world.wallet()?;
        let config = PhoneConfig::new(wallet.phone.info());
        let session = Phone::new(code, config).map_err(cannot_prepare)?;
        let ports = PhonePorts {
            access: &self.world.access()?,
            radio: &mut self.world.air.advertiser(),
            handler: &mut wallet,
            cancel,
            on_stage: &mut |stage| progress.stage(stage),
        };
        Ok(session.run(ports).await?)
    }
}

/// Draws the code as a screen would and reads it back as a camera would.
fn scan(text: &str) -> Result<QrCode, Failure> {
    let screen = picture::draw(text)?;
    picture::read_code(&screen)
}

fn cannot_prepare(error: impl std::fmt::Display) -> Failure {
    Failure::new("preparing the ceremony", error, "restart the machine if it repeats")
}

fn summary(registration: &Played, sign_in: &Played, total: Duration) -> String {
    format!(
        "A passkey was registered and used, from a QR code to a verified sign-in.\n\n\
         Registration ({:.3} s). What the sandbox verified:\n{}\n\
         Sign-in ({:.3} s). What the sandbox verified:\n{}\n\
         Everything took {:.3} s.",
        registration.took.as_secs_f64(),
        facts(&registration.verdict),
        sign_in.took.as_secs_f64(),
        facts(&sign_in.verdict),
        total.as_secs_f64(),
    )
}

/// The sandbox's facts about a ceremony, in its own words.
fn facts(verdict: &Value) -> String {
    let facts = verdict.get("facts").and_then(Value::as_array).into_iter().flatten();
    let text = |fact: &Value, member| {
        printable(fact.get(member).and_then(Value::as_str).unwrap_or_default())
    };
    let lines: Vec<_> = facts
        .map(|fact| {
            let (label, value) = (text(fact, "label"), text(fact, "value"));
            format!("  {label:<29} {value} ({})\n", text(fact, "meaning"))
        })
        .collect();
    lines.concat()
}
