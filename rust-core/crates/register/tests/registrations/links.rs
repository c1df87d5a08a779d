//! What is kept of a link, and what becomes of a second one.

use wardkey_register::{
    registrations::{NewRegistration, Opening, RegistrationState as State},
    testing::each,
};

use crate::desk::{Desk, ENDS, after};

/// Whoever reads the database cannot open a link with what they find.
#[tokio::test]
async fn a_link_is_kept_as_a_hash_alone() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        let token = desk.token.as_str();
        assert_eq!(token.len(), 43);
        assert!(!format!("{:?}", desk.token).contains(token));
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(fresh.url()).await.unwrap();
        let query = "SELECT link FROM registrations WHERE id = $1";
        let row = sqlx::query_scalar::<_, String>(query).bind(desk.id.as_str());
        let stored = row.fetch_one(&pool).await.unwrap();
        pool.close().await;
        assert_ne!(stored, token);
        let opened = |token: String| {
            let database = desk.database.clone();
            async move {
                let mut act = database.act().await.unwrap();
                act.open_registration(&token, None, after(1)).await.unwrap()
            }
        };
        assert!(matches!(opened(stored).await, Opening::Unknown));
        assert!(matches!(opened(token.to_owned()).await, Opening::Opened(..)));
        let told = desk.database.evidence_after(0).await.unwrap().join("\n");
        assert!(!told.contains(token), "{told}");
    })
    .await;
}

#[tokio::test]
async fn the_newest_unopened_link_of_an_authority_is_the_only_one() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        let issue = async |authority: &wardkey_register::PersonId| {
            let (person, authority) = (desk.clinician.clone(), Some(authority.clone()));
            let mut act = desk.database.act().await.unwrap();
            let new = NewRegistration { person, authority, ends: ENDS };
            let (id, _) = act.issue_registration(&new, after(1)).await.unwrap();
            act.commit().await.unwrap();
            id
        };
        // Another authority's is none of theirs.
        issue(&desk.other).await;
        assert_eq!(desk.state().await, State::Issued);
        let second = issue(&desk.authority).await;
        assert_eq!(desk.state().await, State::Revoked);
        assert!(matches!(desk.open(None, after(2)).await, Opening::Over(_)));
        let last = desk.evidence().await;
        assert_eq!(last[2..], ["link-revoked", "link-issued"]);
        let mut act = desk.database.act().await.unwrap();
        let found = act.registration(&second).await.unwrap().unwrap();
        assert_eq!(found.state, State::Issued);
    })
    .await;
}

#[tokio::test]
async fn an_opened_link_outlives_a_newer_one() {
    each(|fresh| async move {
        let desk = Desk::new(&fresh).await;
        desk.open(None, after(1)).await;
        let new = NewRegistration {
            person: desk.clinician.clone(),
            authority: Some(desk.authority.clone()),
            ends: ENDS,
        };
        let mut act = desk.database.act().await.unwrap();
        act.issue_registration(&new, after(2)).await.unwrap();
        act.commit().await.unwrap();
        assert_eq!(desk.state().await, State::Opened);
    })
    .await;
}
