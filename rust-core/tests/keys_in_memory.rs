//! Where a software key is in memory: where it is kept, and nowhere once it is deleted. The same for the key of
//! a test attestation and the bytes it is saved as.
//!
//! Without the harness there is one thread, and its stack and heap are all there is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(target_os = "linux")]
mod memory;

fn main() {
    #[cfg(target_os = "linux")]
    linux::the_search_sees_what_ring_leaves_behind();
    #[cfg(target_os = "linux")]
    linux::a_key_is_where_it_is_kept_and_then_nowhere();
    #[cfg(target_os = "linux")]
    linux::records_in_memory_leave_no_key();
    #[cfg(target_os = "linux")]
    linux::an_attestation_leaves_no_key_nor_do_its_bytes();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        pin::pin,
        sync::{Arc, Mutex},
        task::{Context, Poll, Waker},
    };

    use p256::SecretKey;
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
    };
    use wardkey_core::keystore::{
        KeyAlias, KeyError, KeyRequest, KeyStore as _, UserVerified, Verification,
        software::{KeyRecord, KeyRecords, MemoryRecords, SoftwareKeys, TestAttestation},
    };
    use zeroize::Zeroizing;

    use super::memory::{far_down, found_on_heap, found_on_stack, masked};

    const NOW: u64 = 1_767_225_600;
    /// Where the private key stands in the PKCS#8 that ring makes.
    const SCALAR: std::ops::Range<usize> = 36..68;
    /// How long that is.
    const PKCS8: usize = 138;

    /// Keeps of each key what the search needs, and no key.
    #[derive(Default)]
    struct Masks(Mutex<Vec<Vec<u8>>>);

    impl Masks {
        fn all(&self) -> Vec<Vec<u8>> {
            self.0.lock().unwrap().clone()
        }

        fn are_not_on_the_stack(&self, when: &str) {
            for mask in self.all() {
                assert_eq!(found_on_stack(&mask), 0, "on the stack after {when}");
            }
        }
    }

    impl KeyRecords for &Masks {
        fn load(&self) -> Result<Vec<KeyRecord>, KeyError> {
            Ok(vec![])
        }

        fn save(&self, _: &KeyAlias, private_key: &[u8]) -> Result<(), KeyError> {
            self.0.lock().unwrap().extend(both_orders(&private_key[SCALAR]));
            Ok(())
        }

        fn remove(&self, _: &KeyAlias) -> Result<(), KeyError> {
            Ok(())
        }
    }

    /// As it is written down, and as a processor computes with it.
    fn both_orders(scalar: &[u8]) -> [Vec<u8>; 2] {
        let mut other = masked(scalar);
        other.reverse();
        [masked(scalar), other]
    }

    pub(super) fn the_search_sees_what_ring_leaves_behind() {
        let masks = far_down(|| {
            let random = SystemRandom::new();
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
            both_orders(&made.unwrap().as_ref()[SCALAR])
        });
        let left: usize = masks.iter().map(|mask| found_on_stack(mask)).sum();
        assert!(left >= 1, "a key that was left there");
    }

    pub(super) fn a_key_is_where_it_is_kept_and_then_nowhere() {
        let masks = Masks::default();
        let attestation = TestAttestation::generate(NOW).unwrap();
        let keys = SoftwareKeys::open(&masks, attestation, || NOW).unwrap();
        let alias = KeyAlias::for_credential(&[1; 32]);
        far_down(|| {
            let request = KeyRequest { alias: &alias, attestation_challenge: None };
            run(keys.generate(request)).unwrap();
        });
        masks.are_not_on_the_stack("it was made");
        far_down(|| {
            let verified = Verification::Performed(UserVerified::by_user_interface());
            run(keys.sign(&alias, b"message", verified)).unwrap();
        });
        masks.are_not_on_the_stack("it signed");
        let kept: usize = masks.all().iter().map(|mask| found_on_heap(mask)).sum();
        assert!(kept >= 1, "the search sees a key that is there");

        far_down(|| keys.delete(&alias).unwrap());
        masks.are_not_on_the_stack("it was deleted");
        are_not_on_the_heap(&masks.all(), "it was deleted");
    }

    pub(super) fn records_in_memory_leave_no_key() {
        let records = Arc::new(MemoryRecords::default());
        let open = || {
            let attestation = TestAttestation::generate(NOW).unwrap();
            SoftwareKeys::open(Arc::clone(&records), attestation, || NOW).unwrap()
        };
        let alias = KeyAlias::for_credential(&[2; 32]);
        let request = KeyRequest { alias: &alias, attestation_challenge: None };
        run(open().generate(request)).unwrap();
        let loaded = records.load().unwrap();
        let scalar = &loaded[0].private_key[SCALAR];
        let (masks, ready) = (both_orders(scalar), as_ring_signs_with_it(scalar));
        drop(loaded);
        assert!(masks.iter().any(|mask| found_on_heap(mask) > 0), "the search sees a record");
        assert_eq!(found_on_heap(&ready), 0, "the key store was dropped");
        // A later process reads it and removes it.
        let keys = open();
        assert!(found_on_heap(&ready) > 0, "the search sees a key that is ready to sign");
        keys.delete(&alias).unwrap();
        are_not_on_the_heap(&[ready], "the key was deleted");
        drop(keys);
        are_not_on_the_heap(&masks, "the record was removed");
    }

    /// In Montgomery's form: times 2²⁵⁶ modulo the order of the curve, lowest byte first.
    fn as_ring_signs_with_it(scalar: &[u8]) -> Vec<u8> {
        let key = SecretKey::from_slice(scalar).unwrap();
        let product = (0..256).fold(*key.to_nonzero_scalar(), |scalar, _| scalar + scalar);
        let mut mask = masked(&product.to_bytes());
        mask.reverse();
        mask
    }

    pub(super) fn an_attestation_leaves_no_key_nor_do_its_bytes() {
        let attestation = TestAttestation::generate(NOW).unwrap();
        let saved = attestation.to_bytes();
        // The key is the last of what is saved.
        let key = saved.len() - PKCS8;
        let masks = both_orders(&saved[key..][SCALAR]);
        assert!(masks.iter().any(|mask| found_on_heap(mask) > 0), "the search sees what is saved");
        far_down(|| drop(TestAttestation::from_bytes(&saved).unwrap()));

        let refused = |damage: fn(&mut Vec<u8>)| {
            // Room for what is added: to grow would leave a copy.
            let mut bytes = Zeroizing::new(Vec::with_capacity(saved.len() + 1));
            bytes.extend_from_slice(&saved);
            damage(&mut bytes);
            far_down(|| assert!(TestAttestation::from_bytes(&bytes).is_err()));
        };
        // From a later version: the map's first member is that.
        refused(|bytes| bytes[2] += 1);
        refused(|bytes| bytes.push(0));
        drop((saved, attestation));
        are_not_on_the_heap(&masks, "attestation and bytes were dropped");
    }

    fn are_not_on_the_heap(masks: &[Vec<u8>], when: &str) {
        for mask in masks {
            assert_eq!(found_on_heap(mask), 0, "on the heap after {when}");
        }
    }

    fn run<F: Future>(future: F) -> F::Output {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("there is nothing to wait for"),
        }
    }
}
