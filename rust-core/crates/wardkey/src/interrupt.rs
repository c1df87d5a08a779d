//! Ctrl-C and the polite end that service managers ask for.

use std::io;

use tokio_util::sync::CancellationToken;

use crate::output::tell;

/// Cancelled by Ctrl-C or SIGTERM, so that adverts, tunnels and services end in good order.
///
/// From this call on neither ends the process by itself: read what blocks, such as standard input, before.
pub(crate) fn cancelled_by_interrupt() -> CancellationToken {
    let token = CancellationToken::new();
    match interruption() {
        Ok(interrupted) => {
            let cancel = token.clone();
            tokio::spawn(async move {
                interrupted.await;
                cancel.cancel();
            });
        }
        // Then Ctrl-C ends the process at once, which loses nothing but good manners.
        Err(error) => tell(format_args!("Ctrl-C cannot be listened for: {error}")),
    }
    token
}

/// Listens at once, not when first polled: a signal that follows this call is never missed.
#[cfg(unix)]
fn interruption() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn interruption() -> io::Result<impl Future<Output = ()> + Send> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
