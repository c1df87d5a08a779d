//! uniffi's generator, in the version the core is built with. `scripts/bindings` runs it.

fn main() {
    uniffi::uniffi_bindgen_main();
}
