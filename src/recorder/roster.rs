//! Who is on the canvas: members and their cameras, made into a scene. Pure.

use crate::media::{Scene, SourceId, Tile, TileState};
use crate::room::{Member, MemberKind, TrackFacts};
use crate::timeline::Kind;

/// Members in order of joining, and what each has published.
///
/// A tile is a camera or a screen share; a member without one, who has published at least a
/// microphone since joining, has one tile with initials. An audience that only listens has none.
#[derive(Debug, Default)]
pub struct Roster {
    people: Vec<Person>,
    next_source: u64,
}

#[derive(Debug)]
struct Person {
    member: Member,
    /// Stands for the person where no camera does.
    face: SourceId,
    pictures: Vec<Picture>,
    sounds: Vec<String>,
    has_published: bool,
}

#[derive(Debug)]
struct Picture {
    sid: String,
    source: SourceId,
    screen: bool,
    muted: bool,
    state: PictureState,
}

/// What is known of a camera's frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureState {
    /// Nothing has come yet.
    Expected,
    /// A frame was opened and handed to the decoder.
    Shown,
    /// Frames come, and can't be opened.
    Locked,
}

impl Roster {
    /// A member is here, or has another name.
    pub fn seat(&mut self, member: Member) {
        if let Some(person) = self.people.iter_mut().find(|p| p.member.identity == member.identity) {
            person.member = member;
            return;
        }
        let face = self.fresh_source();
        self.people.push(Person {
            member,
            face,
            pictures: Vec::new(),
            sounds: Vec::new(),
            has_published: false,
        });
    }

    /// A member left; says which tracks went along.
    pub fn leave(&mut self, identity: &str) -> Vec<String> {
        let mut gone = Vec::new();
        self.people.retain_mut(|person| {
            if person.member.identity != identity {
                return true;
            }
            gone.extend(person.pictures.drain(..).map(|p| p.sid));
            gone.append(&mut person.sounds);
            false
        });
        gone
    }

    /// A track was published. The source is what its frames go by; the same for a repeated call.
    pub fn publish(&mut self, track: &TrackFacts) -> SourceId {
        if self.person(&track.identity).is_none() {
            // A track may be told before its owner: the name comes with the owner.
            self.seat(Member {
                identity: track.identity.clone(),
                name: String::new(),
                kind: MemberKind::Person,
            });
        }
        if track.kind == Kind::Picture
            && let Some(known) = self.picture(&track.sid)
        {
            known.muted = track.muted;
            return known.source;
        }
        let source = self.fresh_source();
        if let Some(person) = self.person(&track.identity) {
            person.has_published = true;
            match track.kind {
                Kind::Picture => person.pictures.push(Picture {
                    sid: track.sid.clone(),
                    source,
                    screen: track.screen,
                    muted: track.muted,
                    state: PictureState::Expected,
                }),
                Kind::Sound if !person.sounds.contains(&track.sid) => person.sounds.push(track.sid.clone()),
                Kind::Sound => {}
            }
        }
        source
    }

    /// A track is gone.
    pub fn unpublish(&mut self, sid: &str) {
        for person in &mut self.people {
            person.pictures.retain(|p| p.sid != sid);
            person.sounds.retain(|s| s != sid);
        }
    }

    /// A track was muted or unmuted.
    pub fn mute(&mut self, sid: &str, muted: bool) {
        if let Some(picture) = self.picture(sid) {
            picture.muted = muted;
        }
    }

    /// News of a camera's frames.
    pub fn set_picture(&mut self, sid: &str, state: PictureState) {
        if let Some(picture) = self.picture(sid) {
            picture.state = state;
        }
    }

    /// Members that have a tile.
    pub fn shown(&self) -> u32 {
        u32::try_from(self.people.iter().filter(|p| p.is_shown()).count()).unwrap_or(u32::MAX)
    }

    /// The canvas as it should be now.
    pub fn scene(&self) -> Scene {
        let mut tiles = Vec::new();
        for person in self.people.iter().filter(|p| p.is_shown()) {
            let name = person.label();
            if person.pictures.is_empty() {
                tiles.push(Tile { source: person.face, name: name.to_owned(), state: TileState::Avatar });
            }
            for picture in &person.pictures {
                let name = if picture.screen { format!("{name} (screen)") } else { name.to_owned() };
                tiles.push(Tile { source: picture.source, name, state: picture.tile_state() });
            }
        }
        Scene { tiles }
    }

    /// Everyone who is here.
    pub fn identities(&self) -> Vec<String> {
        self.people.iter().map(|person| person.member.identity.clone()).collect()
    }

    fn fresh_source(&mut self) -> SourceId {
        self.next_source += 1;
        SourceId(self.next_source)
    }

    fn person(&mut self, identity: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|p| p.member.identity == identity)
    }

    fn picture(&mut self, sid: &str) -> Option<&mut Picture> {
        self.people.iter_mut().flat_map(|p| p.pictures.iter_mut()).find(|p| p.sid == sid)
    }
}

impl Person {
    fn is_shown(&self) -> bool {
        match self.member.kind {
            MemberKind::Person => self.has_published,
            MemberKind::Agent => !self.pictures.is_empty(),
            MemberKind::Recorder => false,
        }
    }

    fn label(&self) -> &str {
        if self.member.name.trim().is_empty() { &self.member.identity } else { &self.member.name }
    }
}

impl Picture {
    fn tile_state(&self) -> TileState {
        match self.state {
            PictureState::Locked => TileState::Locked,
            PictureState::Shown if !self.muted => TileState::Video,
            PictureState::Shown | PictureState::Expected => TileState::Avatar,
        }
    }
}

#[cfg(test)]
mod tests;
