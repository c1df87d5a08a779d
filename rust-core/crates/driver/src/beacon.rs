//! The radio's part, beside the session: keeps it doing what was ordered last.

use std::future::pending;

use tokio::sync::mpsc;
use wardkey_core::hybrid::session::Input;

use crate::events::{Detail, Events};
use crate::radio::{Advert, Advertiser, RadioError, Scanner};

type Orders<T> = mpsc::UnboundedReceiver<T>;

/// Puts the ordered advert on the air, takes it off at the order `None` or when no order can come.
pub(crate) async fn advertise(
    radio: &mut dyn Advertiser,
    mut orders: Orders<Option<Advert>>,
    events: Events,
) {
    let mut wanted = None;
    loop {
        let order = tokio::select! {
            biased;
            order = orders.recv() => order,
            error = keep_advertising(radio, wanted) => {
                wanted = None;
                report(&events, error).await;
                continue;
            }
        };
        let Some(order) = order else { break };
        wanted = order;
        if wanted.is_none() {
            stop(radio.stop()).await;
        }
    }
    stop(radio.stop()).await;
}

async fn keep_advertising(radio: &mut dyn Advertiser, advert: Option<Advert>) -> RadioError {
    match advert {
        None => pending().await,
        Some(advert) => match radio.advertise(advert).await {
            Err(error) => error,
            Ok(()) => radio.failure().await,
        },
    }
}

/// Listens at the order `true`, stops at the order `false` or when no order can come.
pub(crate) async fn scan(radio: &mut dyn Scanner, mut orders: Orders<bool>, events: Events) {
    let mut wanted = false;
    loop {
        let heard = async { if wanted { radio.next_advert().await } else { pending().await } };
        let order = tokio::select! {
            biased;
            order = orders.recv() => order,
            heard = heard => {
                match heard {
                    Ok(advert) => events.report(Input::AdvertSeen(advert)).await,
                    Err(error) => {
                        wanted = false;
                        report(&events, error).await;
                    }
                }
                continue;
            }
        };
        let Some(order) = order else { break };
        wanted = order;
        if !wanted {
            stop(radio.stop()).await;
        }
    }
    stop(radio.stop()).await;
}

async fn report(events: &Events, error: RadioError) {
    let input = Input::RadioFailed(error.failure());
    events.report_detailed(input, Detail::Radio(error)).await;
}

/// A radio that does not stop is a matter for the log: the ceremony goes on without it.
async fn stop(stopping: impl Future<Output = Result<(), RadioError>>) {
    if let Err(error) = stopping.await {
        tracing::warn!(%error, "the radio did not stop");
    }
}
