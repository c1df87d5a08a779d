//! A running sandbox and a client for it.

use std::{sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};
use wardkey_local_tls::{Authority, client_config};
use wardkey_sandbox::{ApplicationSite, Sandbox, SandboxError, SetUpLink, Settings};

use crate::authenticator::Phone;

pub(crate) const NAME: &str = "clinician@example.org";

/// Longer than anything here takes: a test that would hang fails instead.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    pub(crate) origin: String,
    /// For the registration authorities who have no passkey.
    pub(crate) links: Vec<SetUpLink>,
    address: std::net::SocketAddr,
    client: Arc<ClientConfig>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), SandboxError>>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    /// As it came.
    lines: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The values of a header.
    pub(crate) fn headers(&self, name: &str) -> Vec<String> {
        let pairs = self.lines.iter().filter_map(|line| line.split_once(": "));
        let of_that_name = pairs.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        of_that_name.map(|(_, value)| value.to_owned()).collect()
    }

    /// The value of a success; the test ends with the refusal otherwise.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()
    }

    /// The code of a refusal, which must say what was wrong and what to do.
    pub(crate) fn refused(&self) -> (u16, String) {
        let json = self.json();
        assert_ne!(self.status, 200, "{json}");
        for member in ["error", "what_to_do"] {
            assert!(json[member].as_str().is_some_and(|text| text.len() > 10), "{json}");
        }
        (self.status, json["code"].as_str().unwrap().to_owned())
    }
}

pub(crate) async fn start(settings: Settings) -> Running {
    start_by(settings, &Authority::generate().unwrap()).await
}

/// With a certificate from this authority.
pub(crate) async fn start_by(settings: Settings, authority: &Authority) -> Running {
    start_and(settings, authority, async |_| Vec::new()).await
}

/// With links for the registration authorities who have no passkey.
pub(crate) async fn start_with_links(settings: Settings) -> Running {
    let authority = Authority::generate().unwrap();
    start_and(settings, &authority, async |sandbox| sandbox.set_up_links().await.unwrap()).await
}

async fn start_and(
    settings: Settings,
    authority: &Authority,
    links: impl AsyncFnOnce(&Sandbox) -> Vec<SetUpLink>,
) -> Running {
    let identity = authority.issue(&["localhost"]).unwrap();
    let sandbox = Sandbox::bind("127.0.0.1:0".parse().unwrap(), &identity, settings).await.unwrap();
    let links = links(&sandbox).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let (origin, address) = (sandbox.origin(), sandbox.local_addr());
    let serving = tokio::spawn(sandbox.serve(async {
        stopped.await.ok();
    }));
    Running {
        origin,
        links,
        address,
        stop,
        serving,
        client: client_config(authority.certificate_pem().as_bytes()).unwrap(),
    }
}

impl Running {
    /// An application beside it, with a certificate from the same authority.
    pub(crate) fn beside(&self, application: ApplicationSite) -> Self {
        let (origin, address) = (application.origin(), application.local_addr());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            application.serve(async { stopped.await.unwrap_or_default() }).await.unwrap();
            Ok(())
        });
        let client = Arc::clone(&self.client);
        Self { origin, links: Vec::new(), address, client, stop, serving }
    }

    pub(crate) async fn send(&self, request: &[u8]) -> Answer {
        let exchange = async {
            let connector = tokio_rustls::TlsConnector::from(Arc::clone(&self.client));
            let tcp = TcpStream::connect(self.address).await.unwrap();
            let mut stream =
                connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
            // The sandbox may answer, and close, before it has read all of a request too long.
            let _ = stream.write_all(request).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            answer
        };
        let answer = tokio::time::timeout(PATIENCE, exchange).await.expect("an answer in time");
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) =
            answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            lines: head.lines().map(str::to_owned).collect(),
            body: body.to_owned(),
        }
    }

    /// Ends it at once, in the middle of whatever it does.
    pub(crate) async fn kill(&self) {
        self.serving.abort();
        while !self.serving.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(TcpStream::connect(self.address).await.is_err(), "nobody listens any more");
    }

    /// Orders a stop and waits for it.
    pub(crate) async fn stop(self) -> std::net::SocketAddr {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.serving).await.expect("serve() ends").unwrap().unwrap();
        self.address
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        );
        self.send(request.as_bytes()).await
    }

    pub(crate) async fn post_bytes(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_bytes(path, "application/json", body.to_string().as_bytes()).await
    }

    pub(crate) fn phone(&self) -> Phone {
        Phone::new(&self.origin)
    }

    /// Session and options of a registration with these switches.
    pub(crate) async fn offer_registration(&self, switches: Value) -> (Value, Value) {
        let mut request = json!({ "userName": NAME });
        request.as_object_mut().unwrap().extend(switches.as_object().unwrap().clone());
        let offered = self.post("/register/options", &request).await.ok();
        (offered["session"].clone(), offered["publicKey"].clone())
    }

    pub(crate) async fn offer_signin(&self, switches: Value) -> (Value, Value) {
        let offered = self.post("/signin/options", &switches).await.ok();
        (offered["session"].clone(), offered["publicKey"].clone())
    }

    pub(crate) async fn verify(
        &self,
        ceremony: &str,
        session: &Value,
        credential: &Value,
    ) -> Answer {
        let body = json!({ "session": session, "credential": credential });
        self.post(&format!("/{ceremony}/verify"), &body).await
    }

    /// A whole registration.
    pub(crate) async fn register(&self, phone: &mut Phone, switches: Value) -> Answer {
        let (session, options) = self.offer_registration(switches).await;
        let credential = phone.create(&options);
        self.verify("register", &session, &credential).await
    }

    /// A registration answered from another origin than was asked.
    pub(crate) async fn offer_and_forge(&self) -> Answer {
        let mut phone = Phone::new("https://phishing.example.org");
        self.register(&mut phone, json!({})).await
    }

    /// A whole sign-in.
    pub(crate) async fn signin(&self, phone: &mut Phone, switches: Value) -> Answer {
        let (session, options) = self.offer_signin(switches).await;
        let credential = phone.get(&options);
        self.verify("signin", &session, &credential).await
    }
}
