//! A port of a test's own.

use tokio::net::TcpSocket;

/// A port that the system gives to nobody else as long as this lives. Services may listen on it, one after the
/// other; in between, whoever connects is refused.
pub struct Port {
    _socket: TcpSocket,
    pub address: String,
}

impl Port {
    pub fn reserve() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Or no service could listen beside it.
        socket.set_reuseaddr(true).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap().to_string();
        Self { _socket: socket, address }
    }
}
