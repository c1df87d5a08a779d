//! What took too long ends, whatever else is on the register.

use sqlx::AnyPool;
use wardkey_register::{
    DatabaseError,
    registrations::RegistrationState as State,
    testing::{each, link},
};

use crate::desk::{Desk, LIFE, after};

#[tokio::test]
async fn one_that_cannot_be_read_keeps_no_other_open() {
    each(|fresh| async move {
        let desk = Desk::made(&fresh).await;
        let (broken, _) = link(&desk.database).await;
        let (other, _) = link(&desk.database).await;
        sqlx::any::install_default_drivers();
        let pool = AnyPool::connect(fresh.url()).await.unwrap();
        // The oldest of them, so that it comes first.
        let ruin =
            "UPDATE registrations SET credential_id = '!', ends = 1, state = 'made' WHERE id = $1";
        sqlx::query(ruin).bind(broken.as_str()).execute(&pool).await.unwrap();
        pool.close().await;

        let late = after(3 + LIFE);
        let expired = desk.database.expire_registrations(late).await.unwrap();
        assert_eq!(expired.ended, 2);
        let [(id, DatabaseError::Unreadable(_))] = expired.broken.as_slice() else {
            panic!("one is broken: {expired:?}")
        };
        assert_eq!(id, &broken);
        assert_eq!(desk.state().await, State::Expired);
        let found = desk.database.registration(&other).await.unwrap().unwrap();
        assert_eq!(found.state, State::Expired);
    })
    .await;
}
