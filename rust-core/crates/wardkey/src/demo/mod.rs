//! `wardkey demo`: the whole story in one process tree, on loopback ports.
//!
//! A registration authority makes a passkey through the QR code of a workstation, signs in with it and
//! issues a link; a clinician's phone opens it and makes a passkey, both compare a code, and the clinician
//! signs in to an application by QR code and is signed out by back channel.

mod desk;
mod handset;
mod meeting;
mod page;
mod phone;
mod serve;
mod visitor;
mod ward;
#[cfg(feature = "browser")]
mod window;
mod workstation;
mod world;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{cli::DemoArguments, failure::Failure, output::Output, progress::Progress};
use desk::{Registered, SetUp};
use handset::{Handset, PhoneInHand};
use visitor::Visitor;
use ward::SignedIn;
use workstation::Workstation;
use world::World;

/// The clinician of the story, one of the people a new sandbox knows.
const CLINICIAN: Person =
    Person { name: "ward.three@example.org", display_name: "Clinician with three roles" };

/// An account of the sandbox.
struct Person {
    name: &'static str,
    display_name: &'static str,
}

/// All chapters.
struct Story {
    set_up: SetUp,
    registered: Registered,
    signed_in: SignedIn,
    total: Duration,
}

pub(crate) async fn run(arguments: &DemoArguments, output: Output) -> Result<(), Failure> {
    let started = Instant::now();
    let progress = Progress::start("demo");
    let world = World::start().await?;
    progress.step(format!("sandbox {}, tunnel {}", world.origin, world.tunnel_address));

    let mut story = if arguments.browser {
        in_a_browser(&world, progress, arguments).await?
    } else {
        without_a_browser(&world, progress).await?
    };
    story.total = started.elapsed();
    output.print(&story.as_json(), || story.summary())?;
    if arguments.serve {
        serve::until_interrupted(&world).await?;
    }
    world.shut_down().await
}

async fn without_a_browser(world: &World, progress: Progress) -> Result<Story, Failure> {
    let mut desk = Visitor::open(world, progress, world.set_up_link.clone()).await?;
    let (set_up, registered) = at_the_desk(world, progress, &mut desk, PhoneInHand(world)).await?;
    let mut ward = Visitor::open(world, progress, world.application.clone()).await?;
    let signed_in = ward::sign_in(world, progress, &mut ward).await?;
    Ok(Story { set_up, registered, signed_in, total: Duration::ZERO })
}

async fn at_the_desk(
    world: &World,
    progress: Progress,
    desk: &mut impl Workstation,
    handset: impl Handset,
) -> Result<(SetUp, Registered), Failure> {
    let set_up = desk::set_up(world, progress, desk).await?;
    Ok((set_up, desk::register(progress, desk, handset).await?))
}

#[cfg(feature = "browser")]
async fn in_a_browser(
    world: &World,
    progress: Progress,
    arguments: &DemoArguments,
) -> Result<Story, Failure> {
    let pictures = window::Pictures::in_folder(&arguments.screenshots)?;
    let chromium = window::Chromium { world, progress, pictures: &pictures };
    let mut desk = chromium.open(&world.set_up_link).await?;
    let (set_up, registered) = at_the_desk(world, progress, &mut desk, chromium).await?;
    let mut ward = chromium.open(&world.application).await?;
    let signed_in = ward::sign_in(world, progress, &mut ward).await?;
    Ok(Story { set_up, registered, signed_in, total: Duration::ZERO })
}

#[cfg(not(feature = "browser"))]
async fn in_a_browser(_: &World, _: Progress, _: &DemoArguments) -> Result<Story, Failure> {
    std::future::ready(Err(Failure::new(
        "starting the demo",
        "this wardkey was built without the browser",
        "run scripts/demo --browser, or build it with: cargo build -p wardkey --features browser",
    )))
    .await
}

impl Story {
    fn as_json(&self) -> Value {
        json!({
            "setUp": {"code": self.set_up.code},
            "registered": self.registered.as_json(),
            "signedIn": self.signed_in.as_json(),
            "seconds": {
                "setUp": self.set_up.took.as_secs_f64(),
                "registration": self.registered.took.as_secs_f64(),
                "signIn": self.signed_in.took.as_secs_f64(),
                "total": self.total.as_secs_f64(),
            },
        })
    }

    fn summary(&self) -> String {
        format!(
            "A passkey was issued under the eyes of a registration authority, and used.\n\n\
             Set up ({:.3} s). The authority's phone made a passkey through the workstation's QR code; phone and \
             page showed the code {}.\n\n\
             Issued ({:.3} s). Phone and desk showed the code {}. What the desk saw of the phone, \
             a verdict of {}:\n{}\n\
             Signed in and out ({:.3} s). What the ID token said to the application:\n{}\n\
             Everything took {:.3} s.",
            self.set_up.took.as_secs_f64(),
            self.set_up.code,
            self.registered.took.as_secs_f64(),
            self.registered.code,
            self.registered.verdict,
            self.registered.summary(),
            self.signed_in.took.as_secs_f64(),
            self.signed_in.summary(),
            self.total.as_secs_f64(),
        )
    }
}
