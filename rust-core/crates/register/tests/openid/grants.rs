//! Codes and tokens: single use, whose they are, and what ends with what.

use std::time::Duration;

use wardkey_register::{
    AuthenticatorState, Database, End, GrantId, Kept, Redeemed, Secret, SessionId, TokenKind,
    testing::each,
};

use crate::common::{IDLE, NOW, at, signed_in, with_passkey};

const MINUTE: Duration = Duration::from_mins(1);

async fn granted(database: &Database) -> (SessionId, GrantId) {
    let ward = with_passkey(database, "ward.one@example.org").await;
    let (session, _) = signed_in(database, &ward, None, NOW).await;
    let mut act = database.act().await.unwrap();
    let grant = act.grant(&session, "ward", "{}", NOW).await.unwrap();
    act.commit().await.unwrap();
    (session, grant)
}

async fn issue(database: &Database, kind: TokenKind, grant: &GrantId) -> Secret {
    let mut act = database.act().await.unwrap();
    let token = act.issue(kind, grant, "bound", NOW, MINUTE).await.unwrap();
    act.commit().await.unwrap();
    token
}

/// What becomes of a token that is handed in `after` its making.
async fn redeem(
    database: &Database,
    kind: TokenKind,
    token: &str,
    client: &str,
    after: Duration,
) -> Redeemed {
    let mut act = database.act().await.unwrap();
    let redeemed = act.redeem(kind, token, client, NOW + after).await.unwrap();
    act.commit().await.unwrap();
    redeemed
}

#[tokio::test]
async fn a_code_is_used_once_and_a_second_use_takes_all_back() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let (session, grant) = granted(&database).await;
        let code = issue(&database, TokenKind::Code, &grant).await;
        let access = issue(&database, TokenKind::Access, &grant).await;
        let Redeemed::Good(token) =
            redeem(&database, TokenKind::Code, code.as_str(), "ward", Duration::ZERO).await
        else {
            panic!("the first use is good")
        };
        assert_eq!((&token.grant.session, token.bound_to.as_str()), (&session, "bound"));
        assert!(database.access(access.as_str(), at(NOW)).await.unwrap().is_some());
        // Even long after its end.
        let again = redeem(&database, TokenKind::Code, code.as_str(), "ward", MINUTE * 9).await;
        assert_eq!(again, Redeemed::Reused(token.grant));
        assert_eq!(database.access(access.as_str(), at(NOW)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn tokens_are_of_one_client_one_kind_and_one_time() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let (_, grant) = granted(&database).await;
        let code = issue(&database, TokenKind::Code, &grant).await;
        for (kind, token, client, after) in [
            (TokenKind::Code, code.as_str(), "theatre", Duration::ZERO),
            (TokenKind::Refresh, code.as_str(), "ward", Duration::ZERO),
            (TokenKind::Code, "another", "ward", Duration::ZERO),
            (TokenKind::Code, code.as_str(), "ward", MINUTE),
        ] {
            let redeemed = redeem(&database, kind, token, client, after).await;
            assert_eq!(redeemed, Redeemed::Unknown, "{kind:?} {client} {after:?}");
        }
        // None of that used it up.
        let redeemed = redeem(&database, TokenKind::Code, code.as_str(), "ward", MINUTE / 2).await;
        assert!(matches!(redeemed, Redeemed::Good(_)), "{redeemed:?}");

        let access = issue(&database, TokenKind::Access, &grant).await;
        assert!(database.access(access.as_str(), at(NOW)).await.unwrap().is_some());
        assert_eq!(database.access(access.as_str(), at(NOW + MINUTE)).await.unwrap(), None);
        assert_eq!(database.access(code.as_str(), at(NOW)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn of_two_uses_at_once_one_is_the_first() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let (_, grant) = granted(&database).await;
        let code = issue(&database, TokenKind::Refresh, &grant).await;
        let uses = (0..8).map(|_| {
            let (database, code) = (database.clone(), code.clone());
            tokio::spawn(async move {
                redeem(&database, TokenKind::Refresh, code.as_str(), "ward", Duration::ZERO).await
            })
        });
        let mut good = 0;
        for task in uses.collect::<Vec<_>>() {
            good += usize::from(matches!(task.await.unwrap(), Redeemed::Good(_)));
        }
        assert_eq!(good, 1);
    })
    .await;
}

#[tokio::test]
async fn a_grant_ends_with_its_session() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let (session, grant) = granted(&database).await;
        let access = issue(&database, TokenKind::Access, &grant).await;
        let refresh = issue(&database, TokenKind::Refresh, &grant).await;
        let mut act = database.act().await.unwrap();
        act.end_session(&session, "signed out", NOW).await.unwrap();
        act.commit().await.unwrap();
        assert_eq!(database.access(access.as_str(), at(NOW)).await.unwrap(), None);
        let redeemed =
            redeem(&database, TokenKind::Refresh, refresh.as_str(), "ward", Duration::ZERO).await;
        assert_eq!(redeemed, Redeemed::Unknown);
    })
    .await;
}

/// Although nobody has ended it yet.
#[tokio::test]
async fn a_token_opens_nothing_once_its_session_does_not_live() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let (_, grant) = granted(&database).await;
        let mut act = database.act().await.unwrap();
        let token = act.issue(TokenKind::Access, &grant, "bound", NOW, MINUTE * 60).await.unwrap();
        act.commit().await.unwrap();
        let found = async |now| database.access(token.as_str(), at(now)).await.unwrap().is_some();
        assert!(found(NOW + IDLE - MINUTE).await);
        assert!(!found(NOW + IDLE).await, "unused for too long");

        let person = database.person_by_name("ward.one@example.org").await.unwrap().unwrap();
        let passkeys = database.authenticators_of(&person.id).await.unwrap();
        let mut act = database.act().await.unwrap();
        let end = End { at: NOW, by: None, reason: "lost".to_owned() };
        let id = &passkeys[0].made.credential_id;
        assert!(act.end_authenticator(id, AuthenticatorState::Removed, &end).await.unwrap());
        act.commit().await.unwrap();
        assert!(!found(NOW).await, "its passkey is gone");
    })
    .await;
}

#[tokio::test]
async fn requests_assertions_and_keys_are_kept() {
    each(|fresh| async move {
        let database = fresh.open().await;
        let mut act = database.act().await.unwrap();
        let name = act.remember_openid_request("{}", NOW, MINUTE).await.unwrap();
        assert!(act.use_assertion("ward", "1", NOW + MINUTE).await.unwrap());
        assert!(!act.use_assertion("ward", "1", NOW + MINUTE).await.unwrap());
        assert!(act.use_assertion("theatre", "1", NOW + MINUTE).await.unwrap());
        let first = act.keep_first_signing_key(&[1, 2], NOW).await.unwrap();
        let second = act.keep_first_signing_key(&[3, 4], NOW).await.unwrap();
        assert_eq!((&first.id, &first.private_key[..]), (&second.id, &[1, 2][..]));
        act.commit().await.unwrap();
        assert_eq!(database.signing_keys().await.unwrap().len(), 1);

        let kept = database.openid_request(&name, NOW).await.unwrap().unwrap();
        assert_eq!((kept.request.as_str(), kept.made_at), ("{}", NOW));
        assert_eq!(database.openid_request(&name, NOW + MINUTE).await.unwrap(), None);
        assert_eq!(database.openid_request("another", NOW).await.unwrap(), None);
        let mut act = database.act().await.unwrap();
        assert!(act.answer_openid_request(&name).await.unwrap());
        assert!(!act.answer_openid_request(&name).await.unwrap());
        act.forget(&Kept { ended: MINUTE, ..Kept::default() }, NOW + 3 * MINUTE).await.unwrap();
        assert!(act.use_assertion("ward", "1", NOW + MINUTE).await.unwrap());
        act.commit().await.unwrap();
    })
    .await;
}
