//! The authority, what it issues, and the files it is kept in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::{fs, path::Path, sync::Arc};

use proptest::prelude::*;
use rcgen::{KeyPair, PublicKeyData as _};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wardkey_local_tls::{Authority, TlsError, TlsIdentity, client_config};

const NAMES: [&str; 4] = ["localhost", "cable.ua5v.com", "cable.auth.com", "127.0.0.1"];

/// One handshake over a pipe; the client trusts `authority` alone.
async fn handshake(
    identity: &TlsIdentity,
    authority: &Authority,
    name: &str,
) -> std::io::Result<String> {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let acceptor = tokio_rustls::TlsAcceptor::from(identity.server_config().unwrap());
    let connector = tokio_rustls::TlsConnector::from(
        client_config(authority.certificate_pem().as_bytes()).unwrap(),
    );
    let serve = async move {
        let mut stream = acceptor.accept(far).await?;
        stream.write_all(b"hello").await?;
        stream.shutdown().await
    };
    let ask = async move {
        let mut stream =
            connector.connect(ServerName::try_from(name.to_owned()).unwrap(), near).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text)
    };
    let (_, answer) = tokio::join!(serve, ask);
    answer
}

#[tokio::test]
async fn a_leaf_is_trusted_for_each_of_its_names_and_for_no_other() {
    let authority = Authority::generate().unwrap();
    let identity = authority.issue(&NAMES).unwrap();
    for name in NAMES {
        assert_eq!(handshake(&identity, &authority, name).await.unwrap(), "hello", "{name}");
    }
    let refused = handshake(&identity, &authority, "example.org").await.unwrap_err();
    assert!(refused.to_string().contains("not valid for name"), "{refused}");
}

#[tokio::test]
async fn another_authority_is_not_trusted() {
    let identity = Authority::generate().unwrap().issue(&NAMES).unwrap();
    let refused =
        handshake(&identity, &Authority::generate().unwrap(), "localhost").await.unwrap_err();
    assert!(refused.to_string().contains("invalid peer certificate"), "{refused}");
}

#[tokio::test]
async fn an_authority_kept_in_a_folder_is_the_same_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("a/b");
    let first = Authority::load_or_create(&kept).unwrap();
    let second = Authority::load_or_create(&kept).unwrap();
    assert_eq!(first.certificate_pem(), second.certificate_pem());
    assert_eq!(fs::read_to_string(kept.join("ca.pem")).unwrap(), first.certificate_pem());
    let issued_later = second.issue(&["localhost"]).unwrap();
    assert_eq!(handshake(&issued_later, &first, "localhost").await.unwrap(), "hello");
}

#[test]
fn processes_that_start_at_once_agree_on_one_authority() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let barrier = Arc::new(std::sync::Barrier::new(8));
    let started: Vec<_> = (0..8)
        .map(|_| {
            let (folder, barrier) = (Arc::clone(&folder), Arc::clone(&barrier));
            std::thread::spawn(move || {
                barrier.wait();
                Authority::load_or_create(folder.path()).unwrap().certificate_pem().to_owned()
            })
        })
        .collect();
    let mut certificates: Vec<_> =
        started.into_iter().map(|thread| thread.join().unwrap()).collect();
    certificates.dedup();
    assert_eq!(certificates.len(), 1);
    let mut left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["authority.pem", "ca.pem"], "no half-written file stays behind");
}

#[cfg(unix)]
#[test]
fn the_private_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("authority");
    Authority::load_or_create(&kept).unwrap();
    let private = kept.join("authority.pem");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&kept), 0o700);
    assert_eq!(mode(&private), 0o600);

    fs::set_permissions(&private, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = Authority::load_or_create(&kept).unwrap_err();
    assert!(matches!(refused, TlsError::Exposed { .. }));
    assert!(refused.to_string().contains("chmod 600"), "{refused}");
}

#[test]
fn a_damaged_authority_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let whole = {
        Authority::load_or_create(folder.path()).unwrap();
        fs::read_to_string(folder.path().join("authority.pem")).unwrap()
    };
    let key_starts = whole.find("-----BEGIN PRIVATE").unwrap();
    let other = KeyPair::generate().unwrap().serialize_pem();
    let cases = [
        (String::new(), "holds no certificate"),
        (whole[..key_starts].to_owned(), "holds no private key"),
        (whole[key_starts..].to_owned(), "holds no certificate"),
        (whole[..key_starts].to_owned() + &other, "cannot be used for TLS"),
        (whole[..whole.len() - 40].to_owned(), "not readable PEM"),
    ];
    for (damaged, expected) in cases {
        let path = folder.path().join("authority.pem");
        fs::write(&path, &damaged).unwrap();
        let message = Authority::load_or_create(folder.path()).unwrap_err().to_string();
        assert!(message.contains(expected) && message.contains("authority.pem"), "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
    }
}

#[test]
fn an_expired_authority_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2011, 1, 1);
    let text = params.self_signed(&key).unwrap().pem() + &key.serialize_pem();
    Authority::load_or_create(folder.path()).unwrap();
    fs::write(folder.path().join("authority.pem"), text).unwrap();
    let refused = Authority::load_or_create(folder.path()).unwrap_err();
    assert!(matches!(refused, TlsError::AuthorityExpired { .. }));
    assert!(refused.to_string().contains("delete that file"), "{refused}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, b"").unwrap();
    let refused = Authority::load_or_create(&in_the_way.join("sub")).unwrap_err();
    assert!(matches!(refused, TlsError::Write { .. }));
    assert!(refused.to_string().contains("file/sub"), "{refused}");
}

#[test]
fn an_identity_from_files_has_the_fingerprint_of_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let pair = KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .self_signed(&pair)
        .unwrap();
    fs::write(&certificate, leaf.pem()).unwrap();
    fs::write(&key, pair.serialize_pem()).unwrap();
    let identity = TlsIdentity::from_pem_files(&certificate, &key).unwrap();
    let expected = ring::digest::digest(&ring::digest::SHA256, &pair.subject_public_key_info());
    assert_eq!(
        identity.spki_sha256_base64(),
        <base64ct::Base64 as base64ct::Encoding>::encode_string(expected.as_ref())
    );
    assert!(!format!("{identity:?}").contains("PRIVATE"));
}

#[test]
fn files_that_cannot_be_an_identity_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let pair = KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .self_signed(&pair)
        .unwrap();
    let missing = TlsIdentity::from_pem_files(&certificate, &key).unwrap_err();
    assert!(
        matches!(missing, TlsError::Read { .. }) && missing.to_string().contains("cert.pem"),
        "{missing}"
    );

    fs::write(&certificate, leaf.pem()).unwrap();
    fs::write(&key, "not a key").unwrap();
    let no_key = TlsIdentity::from_pem_files(&certificate, &key).unwrap_err();
    assert!(
        matches!(no_key, TlsError::NoPrivateKey { .. }) && no_key.to_string().contains("key.pem"),
        "{no_key}"
    );

    fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let strangers = TlsIdentity::from_pem_files(&certificate, &key).unwrap_err();
    assert!(matches!(strangers, TlsError::Unusable { .. }), "{strangers}");
    assert!(!strangers.to_string().contains("BEGIN"), "{strangers}");
}

#[test]
fn names_that_are_none_are_refused() {
    let authority = Authority::generate().unwrap();
    assert!(matches!(authority.issue(&[]), Err(TlsError::NoName)));
    for name in ["", "two words", "käse.example", "-", "a..b", "https://localhost"] {
        assert!(
            matches!(authority.issue(&["localhost", name]), Err(TlsError::Name { .. })),
            "{name}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_as_trusted_roots_end_in_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(client_config(&bytes).is_err());
    }
}
