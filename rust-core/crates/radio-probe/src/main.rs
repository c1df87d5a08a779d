//! `radio-probe advertise|scan`: one Bluetooth radio, spoken to over stdio.
//!
//! libdbus reads `DBUS_SYSTEM_BUS_ADDRESS` once in the life of a process, so every test of the
//! Bluetooth radio needs a process of its own, and this is it.
//!
//! `advertise` reads `ADVERT <40 hex digits>`, `STOP` and `ABANDON <40 hex digits>` (begins to
//! advertise and drops the future at once); it answers `ok` or `error: …` and prints
//! `failure: …` when an advert could not be kept on the air.
//!
//! `scan` reads `SCAN`, `STOP` and `DROP` (drops the scanner); it answers `ok` to the last two and
//! prints `ADVERT <40 hex digits>` for each advert and `error: …`, which ends the scan.
//!
//! Both end with stdin.
#![forbid(unsafe_code)]

use std::future::pending;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use wardkey_driver::radio::bluetooth::{BluetoothAdvertiser, BluetoothScanner, BluetoothSettings};
use wardkey_driver::radio::lines::{Line, format_advert, parse_line};
use wardkey_driver::radio::{Advertiser, RadioError, Scanner};

/// Impatient, so that tests of faults are quick.
const SETTINGS: BluetoothSettings = BluetoothSettings {
    answer_within: Duration::from_secs(5),
    check_every: Duration::from_millis(50),
    recover_within: Duration::from_secs(3),
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    end_at_any_panic();
    let input = BufReader::new(tokio::io::stdin()).lines();
    match std::env::args().nth(1).as_deref() {
        Some("advertise") => advertise(input).await,
        Some("scan") => scan(input).await,
        _ => {
            eprintln!("usage: radio-probe advertise|scan");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// A panic in a task of a library would only be a line on stderr here, but the end of a program
/// that is built with `panic = "abort"`.
fn end_at_any_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(101);
    }));
}

async fn advertise(mut input: Lines<BufReader<Stdin>>) {
    let mut radio = BluetoothAdvertiser::new(SETTINGS);
    loop {
        let line = tokio::select! {
            line = input.next_line() => line,
            failure = radio.failure() => {
                println!("failure: {failure}");
                continue;
            }
        };
        let Ok(Some(line)) = line else { return };
        if let Some(advert) = line.strip_prefix("ABANDON ") {
            if let Ok(Line::Advert(advert)) = parse_line(&format!("ADVERT {advert}")) {
                println!("finished: {}", radio.advertise(advert).now_or_never().is_some());
            }
            continue;
        }
        answer(match parse_line(&line) {
            Ok(Line::Advert(advert)) => radio.advertise(advert).await,
            Ok(Line::Stop) => radio.stop().await,
            Err(error) => Err(error),
        });
    }
}

async fn scan(mut input: Lines<BufReader<Stdin>>) {
    let mut radio = Some(BluetoothScanner::new(SETTINGS));
    let mut scanning = false;
    loop {
        let heard = async {
            match &mut radio {
                Some(radio) if scanning => radio.next_advert().await,
                _ => pending().await,
            }
        };
        let line = tokio::select! {
            line = input.next_line() => line,
            heard = heard => {
                scanning = heard.is_ok();
                match heard {
                    Ok(advert) => println!("{}", format_advert(&advert)),
                    Err(error) => println!("error: {error}"),
                }
                continue;
            }
        };
        let Ok(Some(line)) = line else { return };
        scanning = line == "SCAN";
        match (line.as_str(), &mut radio) {
            ("STOP", Some(radio)) => answer(radio.stop().await),
            ("DROP", _) => {
                radio = None;
                answer(Ok(()));
            }
            _ => {}
        }
    }
}

fn answer(result: Result<(), RadioError>) {
    match result {
        Ok(()) => println!("ok"),
        Err(error) => println!("error: {error}"),
    }
}
