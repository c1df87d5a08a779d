//! The audit, read as it is given out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use wardkey_register::{
    AuditLine, AuditPlace, Moment,
    testing::{NOW, each},
};

/// More than are fetched at once.
const LINES: i64 = 1003;

/// Several in each millisecond.
fn line(number: i64) -> AuditLine {
    let at = Moment::from_millis(NOW.millis() + number / 7);
    let (act, subject) = ("desk/issued".into(), Some(format!("registration {number}")));
    AuditLine { at, person: None, act, subject, detail: number.to_string() }
}

#[tokio::test]
async fn every_line_is_given_out_once_the_oldest_first() {
    each(|fresh| async move {
        let database = fresh.open().await;
        for number in (0..LINES).rev() {
            database.audit(&line(number)).await.unwrap();
        }
        let (mut place, mut found) = (AuditPlace::default(), Vec::new());
        loop {
            let next = database.audit_after(&mut place).await.unwrap();
            assert!(next.len() <= 1000);
            if next.is_empty() {
                break;
            }
            found.extend(next);
        }
        assert!(found.is_sorted_by_key(|line| line.at));
        let mut numbers: Vec<i64> = found.iter().map(|line| line.detail.parse().unwrap()).collect();
        assert!(numbers.iter().zip(&found).all(|(number, found)| *found == line(*number)));
        numbers.sort_unstable();
        assert_eq!(numbers, (0..LINES).collect::<Vec<_>>());

        // What is written later follows.
        database.audit(&line(LINES + 7)).await.unwrap();
        assert_eq!(database.audit_after(&mut place).await.unwrap(), [line(LINES + 7)]);
    })
    .await;
}
