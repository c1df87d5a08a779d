//! A phone session and a workstation session against each other: a virtual clock, a tunnel, a radio
//! and a person, all of whom may be told to misbehave.

use crate::behind::{Behind, Script};
use crate::ledger::Ledger;
use core::time::Duration;
use wardkey_core::hybrid::eid::Advert;
use wardkey_core::hybrid::qr::RequestType;
use wardkey_core::hybrid::session::{
    Input, Output, PhoneConfig, PhoneRandomness, PhoneSession, Session, TunnelViolation,
    WorkstationConfig, WorkstationRandomness, WorkstationRequest, WorkstationSession,
};
use wardkey_core::hybrid::tunnel::{MAX_MESSAGE, RoutingId};
use wardkey_core::hybrid::{Blame, Cause, Stage, TunnelFailure};

pub(crate) const COMMAND: [u8; 2] = [0x02, 0xa0];
pub(crate) const RESPONSE: [u8; 2] = [0x00, 0xa0];
pub(crate) const GET_INFO: [u8; 1] = [0xa0];

const TUNNEL: Duration = Duration::from_millis(50);
const MESSAGE: Duration = Duration::from_millis(20);
const ADVERT: Duration = Duration::from_millis(100);
const PERSON: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Phone,
    Workstation,
}
pub(crate) use Side::{Phone, Workstation};

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Phone => Workstation,
            Workstation => Phone,
        }
    }
}

/// What the wire does to one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mischief {
    Drop,
    Duplicate,
    /// Cuts the message to this many bytes.
    Truncate(usize),
    /// Flips one bit of the byte at this index, counted around.
    Flip(usize),
    /// Delivers the message behind the next one of its direction.
    Reorder,
    Oversize,
    Text,
    /// From this message on, nothing arrives at either side any more.
    Silence,
    /// Instead of this message, the connection ends for both.
    Cut,
}

/// The one thing that goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// To the message of that index which that side sends, counted from 0.
    Wire(Side, usize, Mischief),
    /// As soon as that side enters the stage, this happens to it.
    Happens(Side, Stage, Input),
    /// From the stage on, nothing happens to that side any more.
    Deaf(Side, Stage),
    /// The authenticator answers with these bytes.
    Answer(Vec<u8>),
}

/// What is going to happen.
enum Event {
    Input(Side, Input),
    Decision,
}

/// How a session ended.
pub(crate) type End = Result<(), (Blame, Stage)>;

pub(crate) struct World {
    pub(crate) now: Duration,
    pub(crate) phone: PhoneSession,
    pub(crate) workstation: WorkstationSession,
    ledgers: [Ledger; 2],
    events: Vec<(Duration, Event)>,
    behind: Box<dyn Behind>,
    fault: Option<Fault>,
    sent: [usize; 2],
    held: Option<(Side, Vec<u8>)>,
    deaf: [bool; 2],
    /// Who is in the tunnel.
    joined: [bool; 2],
    /// When the present stage began and when it must end, by side.
    entered: [(Duration, Duration); 2],
    pub(crate) ended_at: [Duration; 2],
    pub(crate) response: Option<Vec<u8>>,
}

impl World {
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        let request = WorkstationRequest {
            command: COMMAND.to_vec(),
            request_type: RequestType::GetAssertion,
        };
        let answer = match &fault {
            Some(Fault::Answer(answer)) => answer.clone(),
            _ => RESPONSE.to_vec(),
        };
        Self::with(
            fault,
            request,
            &GET_INFO,
            Box::new(Script { command: COMMAND.to_vec(), answer }),
        )
    }

    /// A world in which a phone with this `getInfo` is asked for something else.
    pub(crate) fn with(
        fault: Option<Fault>,
        request: WorkstationRequest,
        get_info: &[u8],
        behind: Box<dyn Behind>,
    ) -> Self {
        let randomness = WorkstationRandomness::new([1; 32], [2; 32], [3; 16]).unwrap();
        let now = Duration::from_secs(1000);
        let config = WorkstationConfig::default();
        let workstation = WorkstationSession::new(randomness, request, now, config);
        let randomness = PhoneRandomness::new([4; 32], [5; 10]).unwrap();
        let config = PhoneConfig::new(get_info.to_vec());
        let phone = PhoneSession::new(workstation.qr().clone(), randomness, now, config);
        let mut world = Self {
            now,
            phone,
            workstation,
            ledgers: [Ledger::default(), Ledger::default()],
            events: Vec::new(),
            behind,
            fault,
            sent: [0; 2],
            held: None,
            deaf: [false; 2],
            joined: [false; 2],
            entered: [(now, now); 2],
            ended_at: [now; 2],
            response: None,
        };
        world.drain(Workstation);
        world.drain(Phone);
        world
    }

    pub(crate) fn session(&mut self, side: Side) -> &mut dyn Session {
        match side {
            Phone => &mut self.phone,
            Workstation => &mut self.workstation,
        }
    }

    pub(crate) fn end(&self, side: Side) -> Option<End> {
        let result = self.ledgers[side as usize].result?;
        Some(result.map_err(|error| (error.blame(), error.stage)))
    }

    /// Who did what, if that is how a side has finished.
    pub(crate) fn cause(&self, side: Side) -> Option<Cause> {
        self.ledgers[side as usize].result?.err().map(|error| error.cause)
    }

    /// Lets things happen until both have finished; says how and when.
    pub(crate) fn run(&mut self) -> [End; 2] {
        let mut steps = 0;
        while self.step() {
            steps += 1;
            assert!(steps < 1000, "the sessions go on for ever");
        }
        [Phone, Workstation].map(|side| self.end(side).expect("a session without end"))
    }

    /// Lets the next thing happen; `false` if both have finished.
    pub(crate) fn step(&mut self) -> bool {
        let timer = |side, timeout: Option<Duration>| {
            timeout.map(|at| (at, Event::Input(side, Input::Timeout)))
        };
        let timers = [
            timer(Phone, self.phone.poll_timeout()),
            timer(Workstation, self.workstation.poll_timeout()),
        ];
        let (phone, workstation) = (timers[0].is_some(), timers[1].is_some());
        // Something that arrives at the very deadline is late, so the order of equals is no matter.
        let timer = timers.into_iter().flatten().min_by_key(|(at, ..)| *at);
        let event = (0..self.events.len()).min_by_key(|index| self.events[*index].0);
        let (at, event) = match (event, timer) {
            (Some(index), Some(timer)) if self.events[index].0 < timer.0 => {
                self.events.remove(index)
            }
            (_, Some(timer)) => timer,
            (_, None) => return false,
        };
        self.now = self.now.max(at);
        match event {
            Event::Input(side, input) => self.happen(side, input),
            Event::Decision => self.decide(),
        }
        phone || workstation
    }

    /// Lets time pass, but no timer run out; what else was to happen comes late.
    pub(crate) fn wait(&mut self, duration: Duration) {
        let timeouts = [self.phone.poll_timeout(), self.workstation.poll_timeout()];
        let then = timeouts.into_iter().flatten().fold(self.now + duration, Duration::min);
        self.now = self.now.max(then);
    }

    /// Tells one session something and does what it says.
    pub(crate) fn happen(&mut self, side: Side, input: Input) {
        if self.deaf[side as usize] && input != Input::Timeout {
            return;
        }
        if let (Input::TunnelOpened { .. }, true) = (&input, self.end(side).is_none()) {
            self.joined[side as usize] = true;
        }
        self.ledgers[side as usize].input(&input);
        let now = self.now;
        self.session(side).handle(now, input);
        self.drain(side);
    }

    /// When the side's present or last stage began.
    pub(crate) fn entered_at(&self, side: Side) -> Duration {
        self.entered[side as usize].0
    }

    /// The advert on the air.
    pub(crate) fn advert(&self) -> Option<Advert> {
        self.events.iter().find_map(|(_, event)| match event {
            Event::Input(_, Input::AdvertSeen(advert)) => Some(*advert),
            _ => None,
        })
    }

    fn drain(&mut self, side: Side) {
        while let Some(output) = self.session(side).poll_output() {
            self.ledgers[side as usize].output(&output);
            self.obey(side, output);
        }
        let running = self.session(side).poll_timeout().is_some();
        assert_eq!(running, self.end(side).is_none(), "a timer runs until the end, not after");
    }

    fn later(&mut self, delay: Duration, side: Side, input: Input) {
        self.events.push((self.now + delay, Event::Input(side, input)));
    }

    /// A phone that hears nothing has nobody at it, either.
    fn decide(&mut self) {
        if !self.deaf[Phone as usize]
            && let Some(answer) = self.behind.decide()
        {
            self.happen(Phone, Input::Response(answer));
        }
    }

    fn obey(&mut self, side: Side, output: Output) {
        match output {
            Output::Stage(stage) => self.staged(side, stage),
            Output::Connect(_) => self.connect(side),
            Output::Advertise(advert) => {
                self.later(ADVERT, Workstation, Input::AdvertSeen(advert));
            }
            Output::StopAdvertising => {
                let is_advert =
                    |event: &Event| matches!(event, Event::Input(_, Input::AdvertSeen(_)));
                self.events.retain(|(_, event)| !is_advert(event));
            }
            Output::Send(message) => self.carry(side, message),
            Output::Request(command) => {
                self.behind.begin(command);
                self.events.push((self.now + PERSON, Event::Decision));
            }
            Output::CancelRequest => self.behind.cancel(),
            Output::Response(response) => self.response = Some(response),
            Output::Close => {
                let left = core::mem::take(&mut self.joined[side as usize]);
                if left && self.joined[side.other() as usize] {
                    self.later(MESSAGE, side.other(), Input::TunnelClosed);
                }
            }
            Output::Finished(_) => {
                let (entered, deadline) = self.entered[side as usize];
                assert!((entered..=deadline).contains(&self.now), "ended after its deadline");
                self.ended_at[side as usize] = self.now;
            }
            _ => {}
        }
    }

    /// The tunnel service: the phone makes a tunnel, the workstation finds it or not.
    fn connect(&mut self, side: Side) {
        let answer = match side {
            Phone => Input::TunnelOpened { routing_id: Some(RoutingId([6; 3])) },
            Workstation if self.joined[Phone as usize] => Input::TunnelOpened { routing_id: None },
            Workstation => Input::TunnelFailed(TunnelFailure::HttpStatus(404)),
        };
        self.later(TUNNEL, side, answer);
    }

    fn staged(&mut self, side: Side, stage: Stage) {
        if let Some(deadline) = self.session(side).poll_timeout() {
            self.entered[side as usize] = (self.now, deadline);
        }
        match self.fault.clone() {
            Some(Fault::Happens(victim, when, input)) if victim == side && when == stage => {
                // Before anything else that happens at this moment.
                self.events.insert(0, (self.now, Event::Input(side, input)));
            }
            Some(Fault::Deaf(victim, when)) if victim == side && when == stage => {
                self.deaf[side as usize] = true;
            }
            _ => {}
        }
    }

    fn carry(&mut self, from: Side, message: Vec<u8>) {
        let index = self.sent[from as usize];
        self.sent[from as usize] += 1;
        match self.fault {
            Some(Fault::Wire(side, wanted, mischief)) if side == from && wanted == index => {
                self.mangle(from, message, mischief);
            }
            _ => {
                self.deliver(from, Input::TunnelMessage(message));
                if self.held.as_ref().is_some_and(|(side, _)| *side == from) {
                    let (_, held) = self.held.take().unwrap();
                    self.deliver(from, Input::TunnelMessage(held));
                }
            }
        }
    }

    fn mangle(&mut self, from: Side, mut message: Vec<u8>, mischief: Mischief) {
        match mischief {
            Mischief::Drop => {}
            Mischief::Duplicate => {
                self.deliver(from, Input::TunnelMessage(message.clone()));
                self.deliver(from, Input::TunnelMessage(message));
            }
            Mischief::Truncate(length) => {
                message.truncate(length);
                self.deliver(from, Input::TunnelMessage(message));
            }
            Mischief::Flip(index) => {
                let index = index % message.len();
                message[index] ^= 0x40;
                self.deliver(from, Input::TunnelMessage(message));
            }
            Mischief::Reorder => self.held = Some((from, message)),
            Mischief::Oversize => {
                message.resize(MAX_MESSAGE + 1, 0);
                self.deliver(from, Input::TunnelMessage(message));
            }
            Mischief::Text => {
                self.deliver(from, Input::TunnelViolation(TunnelViolation::Text));
            }
            Mischief::Silence => self.deaf = [true; 2],
            Mischief::Cut => {
                for side in [Phone, Workstation] {
                    self.later(MESSAGE, side, Input::TunnelClosed);
                }
            }
        }
    }

    fn deliver(&mut self, from: Side, input: Input) {
        self.later(MESSAGE, from.other(), input);
    }
}

#[test]
fn an_honest_pair_succeeds() {
    let mut world = World::new(None);
    assert_eq!(world.run(), [Ok(()), Ok(())]);
    assert_eq!(world.response.as_deref(), Some(RESPONSE.as_slice()));
    assert_eq!(world.workstation.get_info(), Some(GET_INFO.as_slice()));
}
