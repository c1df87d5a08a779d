//! The Chrome DevTools Protocol: JSON commands over a WebSocket.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::Error;

/// A connection to a browser. Commands are answered one after the other.
#[derive(Debug)]
pub(crate) struct DevTools {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last_id: u64,
}

impl DevTools {
    pub(crate) async fn connect(url: &str) -> Result<Self, Error> {
        let (socket, _) = connect_async(url).await?;
        Ok(Self { socket, last_id: 0 })
    }

    /// Sends a command, to a page if `session` names one, and waits for its result.
    pub(crate) async fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        parameters: Value,
    ) -> Result<Value, Error> {
        self.last_id += 1;
        let mut command = json!({"id": self.last_id, "method": method, "params": parameters});
        if let (Some(session), Some(command)) = (session, command.as_object_mut()) {
            command.insert("sessionId".into(), session.into());
        }
        self.socket.send(Message::text(command.to_string())).await?;
        let answer = self.answer(self.last_id).await?;
        match (answer.get("result"), answer.get("error")) {
            (Some(result), None) => Ok(result.clone()),
            (_, error) => Err(refused(method, error.unwrap_or(&answer))),
        }
    }

    /// The answer to command `id`; events on the way are nobody's here.
    async fn answer(&mut self, id: u64) -> Result<Value, Error> {
        while let Some(message) = self.socket.next().await {
            let Ok(text) = message?.into_text() else { continue };
            let Ok(answer) = serde_json::from_str::<Value>(&text) else { continue };
            if answer.get("id").and_then(Value::as_u64) == Some(id) {
                return Ok(answer);
            }
        }
        Err(Error::Closed)
    }
}

pub(crate) fn refused(method: &str, reason: &Value) -> Error {
    Error::Refused { method: method.into(), reason: reason.to_string() }
}
