//! `wardkey demo`: the whole ceremony in one process tree, on loopback ports.

#[cfg(feature = "browser")]
mod browser;
mod client;
mod phone;
mod serve;
mod window;
mod world;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    cli::DemoArguments,
    failure::Failure,
    output::{Output, printable},
    progress::Progress,
};
use window::WindowDemo;
use world::World;

const ACCOUNT: &str = "clinician@example.org";

/// One ceremony that the sandbox accepted.
struct Played {
    verdict: Value,
    took: Duration,
}

/// Both ceremonies.
struct Story {
    registration: Played,
    sign_in: Played,
    total: Duration,
}

pub(crate) async fn run(arguments: &DemoArguments, output: Output) -> Result<(), Failure> {
    let started = Instant::now();
    let progress = Progress::start("demo");
    let world = World::start().await?;
    progress.step(format!("sandbox {}, tunnel {}", world.origin, world.tunnel_address));

    let (registration, sign_in) = if arguments.browser {
        in_a_browser(&world, progress, arguments).await?
    } else {
        let demo = WindowDemo::new(&world, progress)?;
        (demo.play("register").await?, demo.play("signin").await?)
    };
    let story = Story { registration, sign_in, total: started.elapsed() };
    output.print(&story.as_json(), || story.summary())?;
    if arguments.serve {
        serve::until_interrupted(&world).await?;
    }
    world.shut_down().await
}

#[cfg(feature = "browser")]
async fn in_a_browser(
    world: &World,
    progress: Progress,
    arguments: &DemoArguments,
) -> Result<(Played, Played), Failure> {
    let mut demo = browser::BrowserDemo::start(world, progress, &arguments.screenshots).await?;
    Ok((demo.play("register").await?, demo.play("signin").await?))
}

#[cfg(not(feature = "browser"))]
async fn in_a_browser(
    _: &World,
    _: Progress,
    _: &DemoArguments,
) -> Result<(Played, Played), Failure> {
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
            "registered": self.registration.verdict,
            "signedIn": self.sign_in.verdict,
            "seconds": {
                "registration": self.registration.took.as_secs_f64(),
                "signIn": self.sign_in.took.as_secs_f64(),
                "total": self.total.as_secs_f64(),
            },
        })
    }

    fn summary(&self) -> String {
        format!(
            "A passkey was registered and used, from a QR code to a verified sign-in.\n\n\
             Registration ({:.3} s). What the sandbox verified:\n{}\n\
             Sign-in ({:.3} s). What the sandbox verified:\n{}\n\
             Everything took {:.3} s.",
            self.registration.took.as_secs_f64(),
            facts(&self.registration.verdict),
            self.sign_in.took.as_secs_f64(),
            facts(&self.sign_in.verdict),
            self.total.as_secs_f64(),
        )
    }
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
