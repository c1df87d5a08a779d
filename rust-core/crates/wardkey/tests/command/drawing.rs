//! The code that a workstation draws, read back from the screen of a terminal.

use std::process::Stdio;

use image::{GrayImage, Luma};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::{
    child::{PATIENCE, Running},
    town::{code, private_folder},
};

const BLACK: u8 = 0;
const WHITE: u8 = 255;

/// What a terminal shows text in if it is not told otherwise.
#[derive(Clone, Copy, Debug)]
struct Theme {
    foreground: u8,
    background: u8,
}

const DARK: Theme = Theme { foreground: 200, background: 30 };
const LIGHT: Theme = Theme { foreground: 30, background: 240 };

/// The sides of one module on the screen, in pixels.
const MODULE: usize = 4;

/// A terminal's screen: two rows of modules a line.
struct Screen {
    theme: Theme,
    rows: Vec<Vec<u8>>,
}

impl Screen {
    fn show<'a>(theme: Theme, lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut screen = Self { theme, rows: Vec::new() };
        for line in lines {
            screen.line(line);
        }
        screen
    }

    fn line(&mut self, line: &str) {
        let mut colours = self.theme;
        let [mut top, mut bottom] = [vec![], vec![]];
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            let Theme { foreground, background } = colours;
            let (above, below) = match character {
                ' ' => (background, background),
                '▀' => (foreground, background),
                '▄' => (background, foreground),
                '█' => (foreground, foreground),
                '\u{1b}' => {
                    let control: String = characters.by_ref().take_while(|c| *c != 'm').collect();
                    colours = self.select(colours, control.strip_prefix('[').unwrap());
                    continue;
                }
                other => panic!("{other:?} in a drawing"),
            };
            top.push(above);
            bottom.push(below);
        }
        self.rows.extend([top, bottom]);
    }

    /// Select Graphic Rendition (ECMA-48 §8.3.117) with the indexed colours of ISO 8613-6.
    fn select(&self, colours: Theme, parameters: &str) -> Theme {
        let numbers: Vec<u8> = parameters.split(';').map(|it| it.parse().unwrap()).collect();
        match *numbers {
            [0] => self.theme,
            [38, 5, foreground, 48, 5, background] => {
                Theme { foreground: cube(foreground), background: cube(background) }
            }
            _ => panic!("{colours:?} cannot be changed by {parameters}"),
        }
    }

    /// A picture of it all, with some of the empty screen around.
    fn photograph(&self) -> GrayImage {
        let columns = self.rows.iter().map(Vec::len).max().unwrap();
        let around = 3;
        let [width, height] = [columns, self.rows.len()]
            .map(|modules| u32::try_from((modules + 2 * around) * MODULE).unwrap());
        GrayImage::from_fn(width, height, |x, y| {
            let [column, row] = [x, y].map(|at| (at as usize / MODULE).checked_sub(around));
            let module = row.and_then(|row| self.rows.get(row)?.get(column?));
            Luma([*module.unwrap_or(&self.theme.background)])
        })
    }
}

/// Of the colours that are the same for everybody, the two ends of the cube.
fn cube(index: u8) -> u8 {
    match index {
        16 => BLACK,
        231 => WHITE,
        _ => panic!("colour {index} is neither black nor white"),
    }
}

/// A workstation that waits for a phone nobody has.
fn arguments(options: &std::path::Path) -> Vec<String> {
    let asked = json!({"challenge": "AAAAAAAAAAAAAAAAAAAAAA", "rpId": "example.org"});
    std::fs::write(options, asked.to_string()).unwrap();
    let begin = "workstation get --origin https://www.example.org --radio lines --options";
    let begin = begin.split(' ').map(str::to_owned);
    begin.chain([options.to_str().unwrap().to_owned()]).collect()
}

/// What a terminal shows of the workstation: the drawing, and the code as text.
async fn at_terminal(variables: &[(&str, &str)]) -> (Vec<String>, String) {
    let folder = private_folder();
    let arguments = arguments(&folder.path().join("options.json"));
    let command = [&[env!("CARGO_BIN_EXE_wardkey").to_owned()], &arguments[..]].concat().join(" ");
    let mut script = Command::new("script")
        .args(["--quiet", "--flush", "--return", "--command", &command, "/dev/null"])
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut screen = BufReader::new(script.stdout.take().unwrap()).lines();
    let mut drawing = Vec::new();
    loop {
        let line = timeout(PATIENCE, screen.next_line()).await.expect("a line").unwrap().unwrap();
        let line = line.trim_end_matches('\r').to_owned();
        if line.starts_with("FIDO:/") {
            return (drawing, line);
        }
        drawing.push(line);
    }
}

#[tokio::test]
async fn on_a_terminal_it_is_read_whatever_the_theme() {
    let (drawing, code) = at_terminal(&[("TERM", "xterm-256color")]).await;
    for theme in [DARK, LIGHT] {
        let screen = Screen::show(theme, drawing.iter().map(String::as_str));
        assert_eq!(wardkey_qr_picture::read(&screen.photograph()), [code.as_str()], "{theme:?}");
    }
}

#[tokio::test]
async fn a_terminal_without_colours_gets_none() {
    let (drawing, code) = at_terminal(&[("TERM", "dumb")]).await;
    assert!(drawing.iter().all(|line| !line.contains('\u{1b}')), "{drawing:?}");
    let screen = Screen::show(DARK, drawing.iter().map(String::as_str));
    assert_eq!(wardkey_qr_picture::read(&screen.photograph()), [code]);
}

#[tokio::test]
async fn in_a_pipe_it_is_read_on_a_dark_screen() {
    let folder = private_folder();
    let mut workstation = Running::start(&arguments(&folder.path().join("options.json")));
    let code = code(&mut workstation).await;
    workstation.hears_no_more();
    let ended = workstation.end().await;
    let drawing = ended.told.lines().take_while(|line| !line.starts_with("FIDO:/"));
    let screen = Screen::show(DARK, drawing);
    assert_eq!(wardkey_qr_picture::read(&screen.photograph()), [code]);
}
