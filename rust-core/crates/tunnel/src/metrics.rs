//! What the service counts, in Prometheus text (`OpenMetrics` 1.0).

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{
    ending::{Ending, Side},
    refusal::Refusal,
};

/// One label with a value from a fixed set, so that no client can make the output grow.
type Label = [(&'static str, &'static str); 1];
type Labelled = Family<Label, Counter>;

#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) waiting: Gauge,
    pub(crate) paired: Gauge,
    opened: Counter,
    pairings: Counter,
    refused: Labelled,
    ended: Labelled,
    frames: Labelled,
    bytes: Labelled,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("wardkey_tunnel"),
            waiting: Gauge::default(),
            paired: Gauge::default(),
            opened: Counter::default(),
            pairings: Counter::default(),
            refused: Family::default(),
            ended: Family::default(),
            frames: Family::default(),
            bytes: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "waiting",
            "Phones that wait for their workstation",
            metrics.waiting.clone(),
        );
        registry.register("paired", "Tunnels with both sides connected", metrics.paired.clone());
        registry.register("opened", "Tunnels opened by phones", metrics.opened.clone());
        registry.register(
            "pairings",
            "Tunnels that a workstation has joined",
            metrics.pairings.clone(),
        );
        registry.register("refused", "Requests refused, by reason", metrics.refused.clone());
        registry.register("ended", "Tunnels ended, by reason", metrics.ended.clone());
        registry.register("frames", "Frames handed on, by sender", metrics.frames.clone());
        registry.register("bytes", "Bytes of frames handed on, by sender", metrics.bytes.clone());
        metrics
    }

    pub(crate) fn opened(&self) {
        self.opened.inc();
    }

    pub(crate) fn pairing(&self) {
        self.pairings.inc();
    }

    pub(crate) fn refused(&self, refusal: &Refusal) {
        self.refused.get_or_create(&[("reason", refusal.reason())]).inc();
    }

    pub(crate) fn ended(&self, ending: Ending) {
        self.ended.get_or_create(&[("reason", ending.reason())]).inc();
    }

    pub(crate) fn handed_on(&self, from: Side, bytes: usize) {
        let label = [("from", from.label())];
        self.frames.get_or_create(&label).inc();
        self.bytes.get_or_create(&label).inc_by(bytes as u64);
    }

    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
