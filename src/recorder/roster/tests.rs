//! Who is on the canvas, event by event.

use super::*;
use crate::room::Encryption;

fn person(identity: &str) -> Member {
    Member { identity: identity.into(), name: format!("{identity}'s name"), kind: MemberKind::Person }
}

fn track(identity: &str, sid: &str, kind: Kind) -> TrackFacts {
    TrackFacts {
        av1: false,
        sid: sid.into(),
        identity: identity.into(),
        kind,
        screen: false,
        muted: false,
        encryption: Encryption::Gcm,
    }
}

fn seen(roster: &Roster) -> Vec<(String, TileState)> {
    roster.scene().tiles.into_iter().map(|t| (t.name, t.state)).collect()
}

#[test]
fn an_audience_has_no_tiles() {
    let mut roster = Roster::default();
    roster.seat(person("listener"));
    assert!(seen(&roster).is_empty());
}

#[test]
fn a_camera_is_initials_until_its_first_picture_and_while_it_is_off() {
    let mut roster = Roster::default();
    roster.seat(person("ann"));
    roster.publish(&track("ann", "v", Kind::Picture));
    assert_eq!(seen(&roster), [("ann's name".into(), TileState::Avatar)]);
    roster.set_picture("v", PictureState::Shown);
    assert_eq!(seen(&roster)[0].1, TileState::Video);
    roster.mute("v", true);
    assert_eq!(seen(&roster)[0].1, TileState::Avatar);
    roster.mute("v", false);
    assert_eq!(seen(&roster)[0].1, TileState::Video);
}

#[test]
fn frames_that_stay_shut_are_a_lock_on_that_tile_alone() {
    let mut roster = Roster::default();
    for who in ["ann", "ben"] {
        roster.seat(person(who));
        roster.publish(&track(who, &format!("v-{who}"), Kind::Picture));
        roster.set_picture(&format!("v-{who}"), PictureState::Shown);
    }
    roster.set_picture("v-ben", PictureState::Locked);
    let states: Vec<_> = seen(&roster).into_iter().map(|(_, s)| s).collect();
    assert_eq!(states, [TileState::Video, TileState::Locked]);
}

#[test]
fn a_tile_stays_when_everything_is_unpublished_and_goes_with_its_owner() {
    let mut roster = Roster::default();
    roster.seat(person("ann"));
    roster.publish(&track("ann", "a", Kind::Sound));
    roster.publish(&track("ann", "v", Kind::Picture));
    roster.unpublish("v");
    roster.unpublish("a");
    assert_eq!(seen(&roster), [("ann's name".into(), TileState::Avatar)]);
    roster.publish(&track("ann", "v2", Kind::Picture));
    assert_eq!(roster.leave("ann"), ["v2"]);
    assert!(seen(&roster).is_empty());
}

#[test]
fn the_order_is_that_of_joining_and_a_name_may_come_late() {
    let mut roster = Roster::default();
    roster.publish(&track("ann", "v", Kind::Picture));
    roster.seat(person("ben"));
    roster.publish(&track("ben", "w", Kind::Picture));
    assert_eq!(seen(&roster)[0].0, "ann", "the identity stands in for a missing name");
    roster.seat(person("ann"));
    let names: Vec<_> = seen(&roster).into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["ann's name", "ben's name"]);
}

#[test]
fn recorders_are_never_shown_and_agents_only_with_a_picture() {
    let mut roster = Roster::default();
    roster.seat(Member { kind: MemberKind::Recorder, ..person("EG_x") });
    roster.seat(Member { kind: MemberKind::Agent, ..person("agent") });
    roster.publish(&track("EG_x", "r", Kind::Sound));
    roster.publish(&track("agent", "a", Kind::Sound));
    assert!(seen(&roster).is_empty());
    roster.publish(&track("agent", "v", Kind::Picture));
    assert_eq!(seen(&roster).len(), 1);
}

#[test]
fn a_screen_share_is_a_tile_of_its_own() {
    let mut roster = Roster::default();
    roster.seat(person("ann"));
    roster.publish(&track("ann", "v", Kind::Picture));
    roster.publish(&TrackFacts { screen: true, ..track("ann", "s", Kind::Picture) });
    let names: Vec<_> = seen(&roster).into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["ann's name", "ann's name (screen)"]);
}

#[test]
fn a_source_is_the_same_for_the_same_track_and_never_used_twice() {
    let mut roster = Roster::default();
    let first = roster.publish(&track("ann", "v", Kind::Picture));
    assert_eq!(roster.publish(&track("ann", "v", Kind::Picture)), first);
    roster.unpublish("v");
    assert_ne!(roster.publish(&track("ann", "v", Kind::Picture)), first);
}
