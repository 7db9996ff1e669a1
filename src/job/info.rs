//! A job's end in the Egress API's words: `EgressInfo`.

use std::path::PathBuf;
use std::time::Duration;

use livekit_protocol::{
    EgressInfo, EgressSourceType, EgressStatus, EncodedFileOutput, EncodedFileType, FileInfo,
    RoomCompositeEgressRequest, egress_info, room_composite_egress_request,
};

use super::{EgressId, End, Layout, Preset, Verdict};

/// Why a job ended, as its parent saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The recorder's own last word.
    Recorder(End),
    /// A signal to the parent.
    Signal,
    /// The server doesn't show the room: one line.
    NoRoom(String),
    /// The recorder broke, or never got to work: one line, and a code as the Egress API uses it.
    Broken {
        /// One line for a person.
        error: String,
        /// HTTP-like code.
        code: i32,
    },
}

/// A closed file, where it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// How long it plays.
    pub duration: Duration,
}

/// All that is known of a job at its end. Holds no secret. Wall times are nanoseconds since the Unix epoch, 0 for never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The job.
    pub id: EgressId,
    /// Session id of the room; empty when it was never found.
    pub room_sid: String,
    /// The room's name.
    pub room_name: String,
    /// The layout asked for.
    pub layout: Layout,
    /// The preset asked for.
    pub preset: Preset,
    /// The output as it was asked for, variables and all.
    pub output: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it ended.
    pub cause: Cause,
    /// Time zero of the recording.
    pub started_at: i64,
    /// When the recorder ended.
    pub ended_at: i64,
    /// When this was written.
    pub updated_at: i64,
    /// What was recorded, when anything was.
    pub file: Option<RecordedFile>,
}

impl Outcome {
    /// What went wrong, with its code; nothing for a recording that is complete.
    pub fn error(&self) -> Option<(String, i32)> {
        match (self.verdict, &self.cause) {
            (Verdict::Complete, _) => None,
            (_, Cause::Broken { error, code } | Cause::Recorder(End::Failed { error, code })) => {
                Some((error.clone(), *code))
            }
            (_, Cause::NoRoom(error)) => Some((error.clone(), 404)),
            (Verdict::Failed, _) => Some(("the file couldn't be closed".to_owned(), 500)),
            (Verdict::LimitReached, _) => Some(("Session limit reached".to_owned(), 413)),
            (Verdict::Aborted, Cause::Signal | Cause::Recorder(End::Stopped)) => {
                Some(("Stop called before pipeline could start".to_owned(), 412))
            }
            (Verdict::Aborted, Cause::Recorder(End::Replaced)) => {
                Some(("Another recorder took this recording over".to_owned(), 412))
            }
            (Verdict::Aborted, Cause::Recorder(_)) => {
                Some(("Source closed before pipeline could start".to_owned(), 412))
            }
        }
    }

    /// The Egress API's sentence on why it ended.
    fn details(&self) -> &'static str {
        match &self.cause {
            _ if self.verdict == Verdict::Failed => "End reason: Failure",
            Cause::NoRoom(_) | Cause::Broken { .. } | Cause::Recorder(End::Failed { .. }) => {
                "End reason: Failure"
            }
            Cause::Signal => "End reason: Process killed",
            Cause::Recorder(End::Stopped) => "End reason: StopEgress API",
            Cause::Recorder(End::RoomEnded | End::Removed | End::Replaced) => "End reason: Source closed",
            Cause::Recorder(End::Duration | End::Orphaned) => "End reason: Session limit reached",
        }
    }
}

/// Says it as LiveKit's Egress API does.
pub fn egress_info(outcome: &Outcome) -> EgressInfo {
    let status = match outcome.verdict {
        Verdict::Complete => EgressStatus::EgressComplete,
        Verdict::Failed => EgressStatus::EgressFailed,
        Verdict::Aborted => EgressStatus::EgressAborted,
        Verdict::LimitReached => EgressStatus::EgressLimitReached,
    };
    let (error, error_code) = outcome.error().unwrap_or_default();
    EgressInfo {
        egress_id: outcome.id.to_string(),
        room_id: outcome.room_sid.clone(),
        room_name: outcome.room_name.clone(),
        source_type: EgressSourceType::Sdk.into(),
        status: status.into(),
        started_at: outcome.started_at,
        ended_at: outcome.ended_at,
        updated_at: outcome.updated_at,
        file_results: outcome.file.iter().map(|file| file_info(outcome, file)).collect(),
        error,
        error_code,
        details: outcome.details().to_owned(),
        request: Some(egress_info::Request::RoomComposite(request(outcome))),
        ..EgressInfo::default()
    }
}

fn file_info(outcome: &Outcome, file: &RecordedFile) -> FileInfo {
    let path = file.path.to_string_lossy().into_owned();
    let duration = i64::try_from(file.duration.as_nanos()).unwrap_or(i64::MAX);
    FileInfo {
        filename: path.clone(),
        started_at: outcome.started_at,
        ended_at: outcome.started_at.saturating_add(duration),
        duration,
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        location: path,
    }
}

/// The request that an `EgressClient` would have made for the same.
fn request(outcome: &Outcome) -> RoomCompositeEgressRequest {
    RoomCompositeEgressRequest {
        room_name: outcome.room_name.clone(),
        layout: outcome.layout.name().to_owned(),
        file_outputs: vec![EncodedFileOutput {
            file_type: EncodedFileType::Mp4.into(),
            filepath: outcome.output.clone(),
            ..EncodedFileOutput::default()
        }],
        options: Some(room_composite_egress_request::Options::Preset(outcome.preset.wire().into())),
        ..RoomCompositeEgressRequest::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: Verdict, cause: Cause) -> Outcome {
        Outcome {
            id: EgressId::from_random(&[0; 12]).unwrap(),
            room_sid: "RM_x".into(),
            room_name: "demo".into(),
            layout: Layout::Grid,
            preset: Preset::H264_720p30,
            output: "{room_name}.mp4".into(),
            verdict,
            cause,
            started_at: 1_000_000_000,
            ended_at: 31_100_000_000,
            updated_at: 31_200_000_000,
            file: Some(RecordedFile {
                path: "/w/demo.mp4".into(),
                size: 1234,
                duration: Duration::from_secs(30),
            }),
        }
    }

    #[test]
    fn a_complete_recording_as_protobuf_json() {
        let info = egress_info(&outcome(Verdict::Complete, Cause::Recorder(End::RoomEnded)));
        assert_eq!(
            serde_json::to_value(&info).unwrap(),
            serde_json::json!({
                "egressId": "EG_222222222222",
                "roomId": "RM_x",
                "roomName": "demo",
                "sourceType": "EGRESS_SOURCE_TYPE_SDK",
                "status": "EGRESS_COMPLETE",
                "startedAt": "1000000000",
                "endedAt": "31100000000",
                "updatedAt": "31200000000",
                "fileResults": [{
                    "filename": "/w/demo.mp4",
                    "startedAt": "1000000000",
                    "endedAt": "31000000000",
                    "duration": "30000000000",
                    "size": "1234",
                    "location": "/w/demo.mp4",
                }],
                "details": "End reason: Source closed",
                "roomComposite": {
                    "roomName": "demo",
                    "layout": "grid",
                    "fileOutputs": [{ "fileType": "MP4", "filepath": "{room_name}.mp4" }],
                    "preset": "H264_720P_30",
                },
            })
        );
    }

    #[test]
    fn statuses_errors_and_reasons() {
        let failed = || End::Failed { error: "the room is gone".into(), code: 503 };
        let broken = || Cause::Broken { error: "the recorder died".into(), code: 500 };
        let reached = "End reason: Session limit reached";
        let closed = "End reason: Source closed";
        #[rustfmt::skip]
        let table = [
            (Verdict::Complete, Cause::Signal, "EGRESS_COMPLETE", "", 0, "End reason: Process killed"),
            (Verdict::Complete, Cause::Recorder(End::Duration), "EGRESS_COMPLETE", "", 0, reached),
            (Verdict::Complete, Cause::Recorder(End::Removed), "EGRESS_COMPLETE", "", 0, closed),
            (Verdict::Complete, Cause::Recorder(End::Stopped), "EGRESS_COMPLETE", "", 0, "End reason: StopEgress API"),
            (Verdict::Failed, Cause::Recorder(failed()), "EGRESS_FAILED", "the room is gone", 503, "End reason: Failure"),
            (Verdict::Failed, broken(), "EGRESS_FAILED", "the recorder died", 500, "End reason: Failure"),
            (Verdict::Failed, Cause::Signal, "EGRESS_FAILED", "the file couldn't be closed", 500, "End reason: Failure"),
            (Verdict::Aborted, Cause::Signal, "EGRESS_ABORTED", "Stop called before pipeline could start", 412, "End reason: Process killed"),
            (Verdict::Aborted, Cause::Recorder(End::RoomEnded), "EGRESS_ABORTED", "Source closed before pipeline could start", 412, closed),
            (Verdict::Aborted, Cause::Recorder(End::Replaced), "EGRESS_ABORTED", "Another recorder took this recording over", 412, closed),
            (Verdict::Failed, Cause::NoRoom("room `x` isn't there".into()), "EGRESS_FAILED", "room `x` isn't there", 404, "End reason: Failure"),
            (Verdict::LimitReached, Cause::Recorder(End::Orphaned), "EGRESS_LIMIT_REACHED", "Session limit reached", 413, reached),
        ];
        for (verdict, cause, status, error, code, details) in table {
            let info = egress_info(&outcome(verdict, cause.clone()));
            assert_eq!(info.status().as_str_name(), status, "{cause:?}");
            assert_eq!((info.error.as_str(), info.error_code, info.details.as_str()), (error, code, details));
        }
    }
}
