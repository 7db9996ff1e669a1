//! The life of a job: one enum, one transition function, forward only.

use thiserror::Error;

use super::End;

/// How a job will end once its file is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Recorded as asked.
    Complete,
    /// Broke; what there is, is kept.
    Failed,
    /// Over before anything was recorded, or another recorder went on with it.
    Aborted,
    /// A limit that nobody asked for ended it.
    LimitReached,
}

/// Where a job is; the Egress API's statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Launched; nothing is recorded yet.
    Starting,
    /// Recording.
    Active,
    /// Finishing; the verdict waits for the file to be closed.
    Ending(Verdict),
    /// `EGRESS_COMPLETE`, `EGRESS_FAILED`, `EGRESS_ABORTED` or `EGRESS_LIMIT_REACHED`.
    Done(Verdict),
}

/// What happens to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The first picture or sound was recorded.
    Started,
    /// Someone asked it to stop.
    Stop,
    /// The recorder said why it ended.
    Ended(End),
    /// The recorder is gone without a word.
    Lost,
    /// Its file is closed and where it belongs, or there was nothing to close.
    Closed,
    /// Its file couldn't be closed or delivered.
    NotClosed,
}

/// An input that makes no sense in a state.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a job that is {state:?} can't take {input:?}")]
pub struct Refused {
    /// Where the job is, and stays.
    pub state: State,
    /// What was refused.
    pub input: Input,
}

/// The one way from state to state.
///
/// # Errors
/// The input makes no sense in this state, which stays as it is.
pub fn transition(state: State, input: Input) -> Result<State, Refused> {
    use State::{Active, Done, Ending, Starting};
    Ok(match (state, input) {
        (Starting, Input::Started) => Active,
        (Starting, Input::Stop) => Ending(Verdict::Aborted),
        (Starting, Input::Ended(end)) => Ending(before_media(&end)),
        (Active, Input::Stop) => Ending(Verdict::Complete),
        (Active, Input::Ended(end)) => Ending(after_media(&end)),
        (Starting | Active, Input::Lost) => Ending(Verdict::Failed),
        // Stopped while the first frame was on its way: there is something to keep.
        (Ending(Verdict::Aborted), Input::Started) => Ending(Verdict::Complete),
        // Asked twice: the first word counts.
        (Ending(verdict), Input::Stop) => Ending(verdict),
        // A recorder's last word after a stop can only make it worse.
        (Ending(_), Input::Ended(End::Failed { .. }) | Input::Lost) => Ending(Verdict::Failed),
        (Ending(verdict), Input::Ended(_)) => Ending(verdict),
        (Ending(verdict), Input::Closed) => Done(verdict),
        (Ending(_), Input::NotClosed) => Done(Verdict::Failed),
        (state, input) => return Err(Refused { state, input }),
    })
}

fn before_media(end: &End) -> Verdict {
    match end {
        End::Failed { .. } => Verdict::Failed,
        End::RoomEnded | End::Duration | End::Stopped | End::Replaced | End::Removed | End::Orphaned => {
            Verdict::Aborted
        }
    }
}

fn after_media(end: &End) -> Verdict {
    match end {
        // The duration is what the caller asked for; the orphan's limit is not.
        End::RoomEnded | End::Duration | End::Stopped | End::Removed => Verdict::Complete,
        End::Orphaned => Verdict::LimitReached,
        End::Replaced => Verdict::Aborted,
        End::Failed { .. } => Verdict::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::State::{Active, Done, Ending, Starting};
    use super::Verdict::{Aborted, Complete, Failed, LimitReached};
    use super::*;

    #[test]
    fn every_state_and_every_input() {
        let failed = || End::Failed { error: "x".into(), code: 500 };
        let inputs = [
            Input::Started,
            Input::Stop,
            Input::Ended(End::RoomEnded),
            Input::Ended(End::Duration),
            Input::Ended(End::Stopped),
            Input::Ended(End::Removed),
            Input::Ended(End::Replaced),
            Input::Ended(End::Orphaned),
            Input::Ended(failed()),
            Input::Lost,
            Input::Closed,
            Input::NotClosed,
        ];
        let (e, d) = (|v| Some(Ending(v)), |v| Some(Done(v)));
        let no = None;
        #[rustfmt::skip]
        let table: [(State, [Option<State>; 12]); 10] = [
            //                 started     stop         room end     duration     stopped      removed      replaced         orphaned         failed     lost       closed          not closed
            (Starting,             [Some(Active), e(Aborted), e(Aborted), e(Aborted), e(Aborted), e(Aborted), e(Aborted), e(Aborted), e(Failed), e(Failed), no, no]),
            (Active,               [no, e(Complete), e(Complete), e(Complete), e(Complete), e(Complete), e(Aborted), e(LimitReached), e(Failed), e(Failed), no, no]),
            (Ending(Complete),     [no, e(Complete), e(Complete), e(Complete), e(Complete), e(Complete), e(Complete), e(Complete), e(Failed), e(Failed), d(Complete), d(Failed)]),
            (Ending(Failed),       [no, e(Failed), e(Failed), e(Failed), e(Failed), e(Failed), e(Failed), e(Failed), e(Failed), e(Failed), d(Failed), d(Failed)]),
            (Ending(Aborted),      [e(Complete), e(Aborted), e(Aborted), e(Aborted), e(Aborted), e(Aborted), e(Aborted), e(Aborted), e(Failed), e(Failed), d(Aborted), d(Failed)]),
            (Ending(LimitReached), [no, e(LimitReached), e(LimitReached), e(LimitReached), e(LimitReached), e(LimitReached), e(LimitReached), e(LimitReached), e(Failed), e(Failed), d(LimitReached), d(Failed)]),
            (Done(Complete),       [no; 12]),
            (Done(Failed),         [no; 12]),
            (Done(Aborted),        [no; 12]),
            (Done(LimitReached),   [no; 12]),
        ];
        for (state, row) in table {
            for (input, expected) in inputs.iter().zip(row) {
                let got = transition(state, input.clone());
                match expected {
                    Some(next) => assert_eq!(got, Ok(next), "{state:?} × {input:?}"),
                    None => assert_eq!(got, Err(Refused { state, input: input.clone() })),
                }
            }
        }
    }
}
