//! `wardkey demo --serve`: the demo's world stays up for a person to play with.

use tokio::io::{AsyncBufReadExt, BufReader, stdin, stdout};
use wardkey_driver::radio::lines::LinesAdvertiser;

use super::{
    phone,
    world::{Owner, World},
};
use crate::{failure::Failure, interrupt::cancelled_by_interrupt, picture, progress::Progress};

/// Runs the phone's part for every code pasted on standard input, until Ctrl-C or the end of input.
pub(super) async fn until_interrupted(world: &World) -> Result<(), Failure> {
    introduce(world);
    let interrupted = cancelled_by_interrupt();
    let mut radio = LinesAdvertiser::new(stdout());
    let mut lines = BufReader::new(stdin()).lines();
    loop {
        let line = tokio::select! {
            () = interrupted.cancelled() => return Ok(()),
            line = lines.next_line() => line,
        };
        let Ok(Some(line)) = line else { return Ok(()) };
        if line.trim().is_empty() {
            continue;
        }
        let progress = Progress::start("phone");
        let answered = match picture::parse(&line) {
            Ok(code) => {
                phone::answer(world, progress, Owner::Clinician, code, &mut radio, &interrupted)
                    .await
            }
            Err(failure) => Err(failure),
        };
        match answered {
            Ok(_) => eprintln!("Done. Paste the next code."),
            // One bad code is no reason to take everything down.
            Err(failure) => eprintln!("{failure}\nPaste another code."),
        }
    }
}

fn introduce(world: &World) {
    let (origin, tunnel) = (&world.origin, world.tunnel_address);
    let certificate = world.certificate_file();
    let certificate = certificate.display();
    eprintln!(
        "\nEverything stays up until Ctrl-C.\n\
         \n\
         Sandbox   {origin}   (certificate authority: {certificate})\n\
         Tunnel    {tunnel}\n\
         \n\
         Play the workstation in another terminal. Ask the sandbox for a challenge and show its code:\n\
         \n\
         \x20 curl -s --cacert {certificate} {origin}/signin/options \\\n\
         \x20   -H 'Content-Type: application/json' -d '{{\"hybrid\": true}}' > challenge.json\n\
         \x20 wardkey workstation get --options challenge.json --origin {origin} \\\n\
         \x20   --radio lines --tunnel {tunnel} --ca {certificate}\n\
         \n\
         This phone agrees to everything. Paste the FIDO:/ text here; it answers with an ADVERT line,\n\
         which the workstation's terminal wants to hear."
    );
}
