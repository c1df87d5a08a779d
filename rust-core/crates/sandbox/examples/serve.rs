//! Serves a sandbox on a port of its own until the standard input closes. The first line printed
//! is its origin, the second what `--ignore-certificate-errors-spki-list` of Chromium takes.

use std::{error::Error, net::SocketAddr};

use tokio::io::AsyncReadExt as _;
use wardkey_local_tls::Authority;
use wardkey_sandbox::{Sandbox, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let identity = Authority::generate()?.issue(&["localhost"])?;
    let sandbox =
        Sandbox::bind(SocketAddr::from(([127, 0, 0, 1], 0)), &identity, Settings::default())
            .await?;
    println!("{}\n{}", sandbox.origin(), identity.spki_sha256_base64());
    sandbox
        .serve(async {
            let mut ignored = Vec::new();
            // Ends with the input, however it ends.
            let _ = tokio::io::stdin().read_to_end(&mut ignored).await;
        })
        .await?;
    Ok(())
}
