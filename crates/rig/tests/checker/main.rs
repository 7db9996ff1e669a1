//! The checker is checked: films with one known fault each, and one without.

mod film;

use anyhow::{Context as _, Result};
use film::Film;
use livetape_rig::check::{Expectation, Expected, Finding, Side, judge};

/// Within a tenth of the truth.
#[track_caller]
fn about(found: f64, truth: f64) {
    assert!((found - truth).abs() <= truth.abs() / 10.0, "{found} is not about {truth}");
}

/// Within a picture and a half of the moment.
#[track_caller]
fn at_about(found: f64, moment: f64) {
    assert!((found - moment).abs() < 0.05, "{found} is not {moment}");
}

fn findings(film: &Film) -> Result<Vec<Finding>> {
    Ok(judge(&film.checked()?, &Expectation::of(0..4)))
}

#[test]
fn a_clean_film_reports_nothing() -> Result<()> {
    let report = Film::default().checked()?;
    assert_eq!(judge(&report, &Expectation::of(0..4)), []);
    for person in &report.participants {
        assert_eq!(person.pictures, 300);
        assert_eq!(person.counters, Some((12_345, 12_644)));
        assert_eq!((person.beeps.len(), person.flashes.len()), (10, 10));
        let offset = person.offset.as_ref().context("no offset")?;
        assert!(offset.p95_ms < 3.0, "{offset:?}");
        let tile = person.places[0].tile;
        let corner = (f32::from(person.number % 2) * 320.0, f32::from(person.number / 2) * 180.0);
        assert!((tile.x - corner.0).abs() < 6.0 && (tile.y - corner.1).abs() < 6.0, "{tile:?}");
    }
    Ok(())
}

#[test]
fn sound_that_is_60_ms_late() -> Result<()> {
    let found = findings(&Film { late_ms: 60, ..Film::default() })?;
    assert_eq!(found.len(), 4, "{found:?}");
    for finding in found {
        let Finding::OutOfSync { median_ms, p95_ms, .. } = finding else { panic!("{finding:?}") };
        about(median_ms, 60.0);
        about(p95_ms, 60.0);
    }
    Ok(())
}

#[test]
fn one_frame_in_a_hundred_gone() -> Result<()> {
    let found = findings(&Film { lose_one_in: Some(100), ..Film::default() })?;
    assert_eq!(found.len(), 4, "{found:?}");
    for finding in found {
        let Finding::FramesMissing { share, frames, .. } = finding else { panic!("{finding:?}") };
        about(share, 0.01);
        assert_eq!(frames, 3);
    }
    Ok(())
}

#[test]
fn two_tiles_that_change_places() -> Result<()> {
    let found = findings(&Film { swap: Some((1, 2, 4.0)), ..Film::default() })?;
    assert_eq!(found.len(), 2, "{found:?}");
    for (finding, who) in found.iter().zip([1, 2]) {
        let &Finding::Moved { participant, at } = finding else { panic!("{finding:?}") };
        assert_eq!(participant, who);
        at_about(at, 4.0);
    }
    Ok(())
}

#[test]
fn one_mute_for_a_second() -> Result<()> {
    let found = findings(&Film { mute: Some((3, 4.2, 5.2)), ..Film::default() })?;
    let [Finding::Muted { participant: 3, span }] = found[..] else { panic!("{found:?}") };
    at_about(span.from, 4.2);
    about(span.length(), 1.0);
    Ok(())
}

#[test]
fn left_and_right_exchanged() -> Result<()> {
    let sides = [Side::Left, Side::Right, Side::Both, Side::Both];
    let person = |number: u8| Expected { number, seen: true, heard: Some(sides[usize::from(number)]) };
    let expectation = Expectation { participants: (0..4).map(person).collect(), ..Expectation::of([]) };
    let right = Film { sides, ..Film::default() };
    assert_eq!(judge(&right.checked()?, &expectation), []);
    let wrong = Film { sides: [Side::Right, Side::Left, Side::Both, Side::Both], ..Film::default() };
    let found = judge(&wrong.checked()?, &expectation);
    let [
        Finding::WrongSide { participant: 0, side: Side::Right, .. },
        Finding::WrongSide { participant: 1, side: Side::Left, .. },
    ] = found[..]
    else {
        panic!("{found:?}")
    };
    Ok(())
}

#[test]
fn a_tenth_of_a_second_of_black() -> Result<()> {
    let found = findings(&Film { black: Some((4.0, 4.1)), ..Film::default() })?;
    let black = found.iter().filter_map(|f| match f {
        Finding::Black { span } => Some(*span),
        Finding::FramesMissing { frames: 3, .. } => None,
        other => panic!("{other:?}"),
    });
    let [span] = black.collect::<Vec<_>>()[..] else { panic!("{found:?}") };
    at_about(span.from, 4.0);
    about(span.length(), 0.1);
    Ok(())
}

#[test]
fn a_picture_that_stands_still_for_300_ms() -> Result<()> {
    let found = findings(&Film { freeze: Some((4.0, 4.3)), ..Film::default() })?;
    let frozen: Vec<_> = found
        .iter()
        .filter_map(|f| if let Finding::Frozen { span, .. } = f { Some(*span) } else { None })
        .collect();
    assert_eq!(frozen.len(), 4, "{found:?}");
    for span in frozen {
        about(span.length(), 0.3);
    }
    Ok(())
}
