//! Whatever is done to a log, it is found, and the first line that is not as it was is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use proptest::{collection::vec, prelude::*, sample::Index};
use wardkey_evidence::{
    Actor, Binding, Event, Hash, InvalidRecord, Moment, Record, Tampered, VerifyError, Wrong,
    verify,
};

fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{22}"
}

/// Any text at all, with line breaks, quotation marks and other alphabets.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,20}", "[\\n\\r\"\\\\ é\u{2028}]{0,8}"]
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![Just(Actor::System), id().prop_map(Actor::Person)]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (id(), id(), actor()).prop_map(|(registration, person, authority)| Event::LinkIssued {
            registration,
            person,
            authority
        }),
        id().prop_map(|registration| Event::LinkOpened { registration }),
        (proptest::option::of(id()), id(), id(), proptest::option::of(text()), 2_u8..4).prop_map(
            |(registration, person, credential, policy, assurance)| Event::Registered {
                registration,
                person,
                credential,
                verdict: policy.as_ref().map(|_| "accept".to_owned()),
                binding: policy.as_ref().map(|policy| Binding {
                    form: Binding::FORM,
                    verdict: Some("5a".repeat(32)),
                    policy: None,
                    key: policy.clone(),
                }),
                policy,
                key_level: None,
                certificate: None,
                assurance,
            }
        ),
        (id(), id(), text(), vec(text(), 0..3)).prop_map(|(person, credential, policy, failed)| {
            Event::RegistrationRefused {
                registration: None,
                person,
                credential,
                policy,
                failed,
                certificate: None,
            }
        }),
        (id(), text(), text()).prop_map(|(registration, stage, why)| Event::RegistrationFailed {
            registration,
            stage,
            why
        }),
        (id(), id(), actor(), text()).prop_map(|(person, credential, authority, reason)| {
            Event::Removed { person, credential, authority, reason }
        }),
        (actor(), any::<u64>()).prop_map(|(authority, people)| Event::Exported {
            authority,
            format: "csv".into(),
            people
        }),
    ]
}

fn lines(events: Vec<(i64, Event)>) -> Vec<String> {
    let mut previous = Hash::START;
    let mut lines = Vec::new();
    for (sequence, (at, event)) in (1..).zip(events) {
        let record = Record::new(sequence, Moment::from_millis(at), event, previous);
        previous = record.hash();
        lines.push(record.line());
    }
    lines
}

fn log() -> impl Strategy<Value = Vec<String>> {
    vec((0_i64..253_402_300_800_000, event()), 1..12).prop_map(lines)
}

fn joined(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn head(lines: &[String]) -> Hash {
    Record::parse(lines.last().unwrap()).unwrap().hash()
}

fn found(log: &[u8], head: Option<Hash>) -> Tampered {
    match verify(log, head) {
        Err(VerifyError::Tampered(tampered)) => tampered,
        other => panic!("not found: {other:?}"),
    }
}

proptest! {
    #[test]
    fn an_untouched_log_is_vouched_for(log in log()) {
        let summary = verify(joined(&log).as_bytes(), Some(head(&log))).unwrap();
        prop_assert_eq!(summary.records, log.len() as u64);
        prop_assert_eq!(summary.head, head(&log));
        for line in &log {
            let record = Record::parse(line).unwrap();
            prop_assert_eq!(record.line(), line.as_str());
        }
    }

    #[test]
    fn a_changed_byte_is_found_on_its_line(log in log(), place in any::<Index>(), bits in 1_u8..) {
        let mut bytes = joined(&log).into_bytes();
        let place = place.index(bytes.len());
        let line = bytes[..place].split(|byte| *byte == b'\n').count() as u64;
        bytes[place] ^= bits;
        prop_assert_eq!(found(&bytes, None).line, line);
    }

    #[test]
    fn a_removed_record_is_found(log in log(), place in any::<Index>()) {
        let head = head(&log);
        let mut changed = log.clone();
        let place = place.index(log.len());
        changed.remove(place);
        // Where the next record is too early, or, for the last one, where it should be.
        prop_assert_eq!(found(joined(&changed).as_bytes(), Some(head)).line, place as u64 + 1);
    }

    #[test]
    fn a_moved_record_is_found(log in log(), from in any::<Index>(), to in any::<Index>()) {
        let (from, to) = (from.index(log.len()), to.index(log.len()));
        prop_assume!(from != to);
        let mut changed = log.clone();
        let record = changed.remove(from);
        changed.insert(to, record);
        let tampered = found(joined(&changed).as_bytes(), None);
        prop_assert_eq!(tampered.line, from.min(to) as u64 + 1);
        let is_sequence = matches!(tampered.wrong, Wrong::Sequence { .. });
        prop_assert!(is_sequence, "{}", tampered);
    }

    #[test]
    fn a_record_written_anew_is_found_at_the_next_one(log in log(), place in any::<Index>(), other in event()) {
        let place = place.index(log.len());
        let old = Record::parse(&log[place]).unwrap();
        prop_assume!(*old.event() != other);
        let forged = Record::new(old.sequence(), old.at(), other, old.previous());
        let mut changed = log.clone();
        changed[place] = forged.line();
        let tampered = found(joined(&changed).as_bytes(), Some(head(&log)));
        prop_assert_eq!(tampered.line, place as u64 + 2);
    }

    #[test]
    fn a_log_written_anew_from_any_place_has_another_head(log in log(), place in any::<Index>(), other in event()) {
        let place = place.index(log.len());
        let mut events: Vec<_> = log
            .iter()
            .map(|line| Record::parse(line).unwrap())
            .map(|record| (record.at().millis(), record.event().clone()))
            .collect();
        prop_assume!(events[place].1 != other);
        events[place].1 = other;
        let anew = lines(events);
        verify(joined(&anew).as_bytes(), None).unwrap();
        prop_assert_eq!(found(joined(&anew).as_bytes(), Some(head(&log))).line, log.len() as u64 + 1);
    }

    #[test]
    fn a_log_without_its_last_line_feed_is_not_whole(log in log(), cut in any::<Index>()) {
        let text = joined(&log);
        let last = text.trim_end_matches('\n').rfind('\n').map_or(0, |end| end + 1);
        let end = last + 1 + cut.index(text.len() - last - 1);
        let tampered = found(&text.as_bytes()[..end], None);
        prop_assert_eq!(tampered, Tampered { line: log.len() as u64, wrong: Wrong::Unfinished });
    }

    #[test]
    fn any_bytes_are_a_log_or_named(bytes in vec(any::<u8>(), 1..200)) {
        prop_assert_eq!(found(&bytes, None).line, 1);
    }
}

#[test]
fn the_same_content_in_another_spelling_is_found() {
    let event = Event::LinkOpened { registration: "cmVn".into() };
    let line = Record::new(1, Moment::from_millis(0), event, Hash::START).line();
    for (from, to) in [
        (r#""sequence":1"#, r#""sequence": 1"#),
        ("cmVn", r"\u0063mVn"),
        ("1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z"),
    ] {
        let changed = line.replace(from, to);
        assert_ne!(changed, line);
        let found = found(format!("{changed}\n").as_bytes(), None);
        assert!(
            matches!(
                found.wrong,
                Wrong::Record(InvalidRecord::Spelling | InvalidRecord::Syntax(_))
            ),
            "{found}"
        );
    }
}

#[test]
fn a_line_without_an_end_does_not_fill_the_memory() {
    let endless = std::io::BufReader::new(std::io::repeat(b'x'));
    let Err(VerifyError::Tampered(found)) = verify(endless, None) else { panic!("not found") };
    assert_eq!(found, Tampered { line: 1, wrong: Wrong::TooLong });
}

#[test]
fn an_empty_log_is_whole_unless_a_head_is_expected() {
    let summary = verify(&b""[..], None).unwrap();
    assert_eq!((summary.records, summary.head), (0, Hash::START));
    let other = lines(vec![(0, Event::LinkOpened { registration: "cmVn".into() })]);
    assert_eq!(found(b"", Some(head(&other))).line, 1);
}

/// The form of the log is a promise to whoever kept one.
#[test]
fn a_record_is_written_as_ever() {
    let event = Event::Confirmed {
        registration: "cmVn".into(),
        credential: "Y3JlZA".into(),
        authority: Actor::System,
    };
    let record = Record::new(1, Moment::from_millis(1_795_000_000_123), event, Hash::START);
    let body = concat!(
        r#"{"sequence":1,"at":"2026-11-18T11:06:40.123Z","event":{"kind":"confirmed","#,
        r#""registration":"cmVn","credential":"Y3JlZA","authority":"system"},"#,
        r#""previous":"0000000000000000000000000000000000000000000000000000000000000000"}"#
    );
    let hashed = ["wardkey evidence 1\n", body].concat();
    let hash = ring::digest::digest(&ring::digest::SHA256, hashed.as_bytes());
    let hex = hex::encode(hash);
    assert_eq!(record.line(), format!(r#"{},"hash":"{hex}"}}"#, &body[..body.len() - 1]));
}

/// A registration as it was recorded before records were bound to what was proved.
#[test]
fn a_record_of_before_is_still_vouched_for() {
    let body = concat!(
        r#"{"sequence":1,"at":"2026-11-18T11:06:40.123Z","event":{"kind":"registered","#,
        r#""registration":null,"person":"cGVy","credential":"Y3JlZA","verdict":"accept","#,
        r#""policy":"AAL3","key_level":"STRONG_BOX","certificate":null,"assurance":3},"#,
        r#""previous":"0000000000000000000000000000000000000000000000000000000000000000"}"#
    );
    let hashed = ["wardkey evidence 1\n", body].concat();
    let hash = hex::encode(ring::digest::digest(&ring::digest::SHA256, hashed.as_bytes()));
    let line = format!(r#"{},"hash":"{hash}"}}"#, &body[..body.len() - 1]);
    assert_eq!(verify(format!("{line}\n").as_bytes(), None).unwrap().records, 1);
    let record = Record::parse(&line).unwrap();
    let Event::Registered { binding, .. } = record.event() else { panic!("{record:?}") };
    assert_eq!(binding, &None);
    // Nor can one be made to look like one of before.
    let bound = line.replace(r#""assurance":3"#, r#""assurance":3,"binding":null"#);
    assert_eq!(Record::parse(&bound), Err(InvalidRecord::Spelling));
}
