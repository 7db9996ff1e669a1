//! What is to be seen: a value, made by the recorder, drawn by the programme.

/// Names one tile (a participant's camera) or one sound for the life of the programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u64);

/// What a tile shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TileState {
    /// The picture of the video input with the tile's id.
    Video,
    /// No camera: initials.
    Avatar,
    /// Frames that can't be opened: a lock.
    Locked,
}

/// One participant on the canvas.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tile {
    /// The video input it belongs to, where there is one.
    pub source: SourceId,
    /// Name as the participant gave it: hostile text, cleaned where it is drawn.
    pub name: String,
    /// What it shows.
    pub state: TileState,
}

/// All tiles, in their order on the canvas.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Scene {
    /// In order of joining.
    pub tiles: Vec<Tile>,
}
