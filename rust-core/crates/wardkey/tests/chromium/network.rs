//! The network of a phone, between it and the tunnel service.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

/// The way from the phone to the tunnel service, which can be taken away.
pub struct Network {
    pub address: SocketAddr,
    lost: CancellationToken,
}

impl Network {
    pub async fn to(tunnel: SocketAddr) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let lost = CancellationToken::new();
        let is_lost = lost.clone();
        tokio::spawn(async move {
            let carry = async {
                let (mut phone, _) = listener.accept().await.unwrap();
                let mut service = TcpStream::connect(tunnel).await.unwrap();
                // How a connection ends is for its two ends to say.
                let _ = copy_bidirectional(&mut phone, &mut service).await;
            };
            is_lost.run_until_cancelled(carry).await;
        });
        Self { address, lost }
    }

    pub fn lose(self) {
        self.lost.cancel();
    }
}
