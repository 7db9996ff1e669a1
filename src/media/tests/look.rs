//! A scene as people see it. With `LIVETAPE_LOOK=<file>.png` in the environment it is kept, to be looked at.

use std::time::Duration;

use super::oracle;
use super::source::camera;
use super::stage::{Stage, encoding};
use crate::media::{Scene, SourceId, Tile, TileState};
use livetape_rtc::Codec;

#[test]
#[expect(clippy::disallowed_methods, reason = "a person names where to put the picture")]
fn names_initials_and_locks_are_seen_where_they_belong() {
    let stage = Stage::with(encoding());
    let clip = camera("smpte", 640, 360, 1);
    let camera = stage.programme.add_video(SourceId(1), Codec::Vp8).unwrap();
    let tile = |id, name: &str, state| Tile { source: SourceId(id), name: name.into(), state };
    stage.programme.set_scene(&Scene {
        tiles: vec![
            tile(1, "محمد علي 🎻", TileState::Video),
            tile(2, "<b>&\" Ada Lovelace", TileState::Avatar),
            tile(3, "王小明 👩‍👩‍👧", TileState::Avatar),
            tile(4, &"A very long name indeed, far beyond any tile ".repeat(3), TileState::Locked),
        ],
    });
    let start = stage.programme.open_gate(stage.programme.running_time());
    stage.play(start, &[(&|f, at| camera.push(at, f.keyframe, f.data.clone()), &clip)]);
    stage.until(start + Duration::from_millis(1000));
    let (output, _) = stage.finish();

    // Picture | initials, and below them initials | a lock.
    for (region, least, what) in [
        ("200:200:100:20", 90.0, "the camera's picture"),
        ("60:60:930:150", 60.0, "initials"),
        ("60:60:290:510", 60.0, "initials"),
        ("60:60:930:510", 60.0, "a lock"),
        ("600:30:650:685", 30.0, "a name over the whole width"),
    ] {
        let (_, luma) = *oracle::luma(&output, region).last().unwrap();
        assert!(luma > least, "{what}: {luma}");
    }
    let (_, beside) = *oracle::luma(&output, "60:60:660:20").last().unwrap();
    assert!(beside < 20.0, "the tile of an avatar is dark: {beside}");
    if let Ok(path) = std::env::var("LIVETAPE_LOOK") {
        std::fs::write(path, oracle::png(&output, 0.9)).unwrap();
    }
}

#[test]
fn initials_stand_until_the_first_picture_does() {
    let stage = Stage::with(encoding());
    let clip = camera("white", 1280, 720, 1);
    let camera = stage.programme.add_video(SourceId(1), Codec::Vp8).unwrap();
    let tile = Tile { source: SourceId(1), name: String::new(), state: TileState::Video };
    stage.programme.set_scene(&Scene { tiles: vec![tile] });
    let start = stage.programme.open_gate(stage.programme.running_time());
    stage.until(start + Duration::from_millis(400));
    // Decoded at once, and to be shown later: the canvas is behind by the mixers' latency.
    let at = start + Duration::from_millis(500);
    camera.push(at, true, clip[0].data.clone());
    stage.until(start + Duration::from_millis(900));
    let (output, _) = stage.finish();

    // The middle of the tile, where initials are.
    let pictures = oracle::luma(&output, "100:100:590:310");
    let (before, after): (Vec<_>, Vec<_>) = pictures.iter().partition(|(time, _)| *time < 0.49);
    assert!(before.len() > 10 && after.len() > 5, "{} before, {} after", before.len(), after.len());
    let dark: Vec<_> = before.iter().skip(3).filter(|(_, luma)| *luma < 40.0).collect();
    assert!(dark.is_empty(), "neither initials nor a picture: {dark:?}");
    let covered: Vec<_> = after.iter().skip(1).filter(|(_, luma)| *luma < 225.0).collect();
    assert!(covered.is_empty(), "initials over a picture: {covered:?}");
}
