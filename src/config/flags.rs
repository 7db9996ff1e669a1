//! The command line of `livetape record`, as text: what it means is checked later, all at once.

use std::path::PathBuf;

/// Record a room to an MP4 file.
///
/// The room must exist: it is looked for with ListRooms and never created. Exit codes: 0 recorded;
/// 1 failed (what was got is kept); 2 bad input; 3 the room isn't there.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RecordFlags {
    /// LiveKit server, wss://… [env: LIVEKIT_URL]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Name of the room
    #[arg(long, value_name = "NAME")]
    pub room: Option<String>,
    /// File with the API key [env: LIVEKIT_API_KEY has the key itself]
    #[arg(long, value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// File with the API secret [env: LIVEKIT_API_SECRET has the secret itself]
    #[arg(long, value_name = "FILE")]
    pub api_secret_file: Option<PathBuf>,
    /// File with the room's shared key, and its index where that isn't 0 (1=FILE; a file of such a name is ./1=FILE);
    /// repeat for several. Looked at again while recording. One trailing newline is dropped
    #[arg(long, value_name = "[INDEX=]FILE")]
    pub e2ee_key_file: Vec<PathBuf>,
    /// A key file that isn't there yet is waited for while recording
    #[arg(long)]
    pub e2ee_key_late: bool,
    /// Variable with the room's shared key
    #[arg(long, value_name = "NAME")]
    pub e2ee_key_env: Option<String>,
    /// How the key's text stands for bytes: utf8, base64 or hex [default: utf8]
    #[arg(long, value_name = "ENCODING")]
    pub e2ee_key_encoding: Option<String>,
    /// How frame keys are derived: pbkdf2 or hkdf [default for utf8: pbkdf2; must be given otherwise]
    #[arg(long, value_name = "KDF")]
    pub e2ee_kdf: Option<String>,
    /// Where the recording goes; may hold {room_id}, {room_name}, {time}, {utc}; a directory when it ends in a slash
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<String>,
    /// How tiles are laid out [default: grid]
    #[arg(long, value_name = "NAME")]
    pub layout: Option<String>,
    /// Canvas, cadence and bit rate, named as in the Egress API [default: h264-720p30]
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// End after this much recorded time: 30s, 1h30m
    #[arg(long, value_name = "SPAN")]
    pub duration: Option<String>,
    /// Wait this long for the room to appear [default: 0s]
    #[arg(long, value_name = "SPAN")]
    pub wait_for_room: Option<String>,
    /// Print the final EgressInfo on stdout, as protobuf JSON
    #[arg(long)]
    pub json: bool,
    /// Allow ws:// and http:// to hosts that are neither loopback nor private
    #[arg(long)]
    pub insecure: bool,
    /// Where the recording grows until it is delivered
    #[arg(long, value_name = "DIR")]
    pub spool: Option<PathBuf>,
    /// Defaults of your own; see config/record.toml for every key
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
