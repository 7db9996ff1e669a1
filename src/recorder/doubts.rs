//! What a broken connection says is gone, and may be back in a moment. Pure.
//!
//! A client that mends its connection first reports everyone as gone, then tells anew who is there.
//! Nothing is torn down in between: whoever is told again never went.

use std::collections::HashSet;

/// Departures that nothing has confirmed yet.
#[derive(Debug, Default)]
pub struct Doubts {
    open: bool,
    identities: HashSet<String>,
    sids: HashSet<String>,
}

/// What is gone for good.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Members.
    pub identities: Vec<String>,
    /// Tracks.
    pub sids: Vec<String>,
}

impl Doubts {
    /// The connection broke: departures are doubted from now on.
    pub fn begin(&mut self) {
        self.open = true;
    }

    /// A member is said to have left; true when that is doubted.
    pub fn left(&mut self, identity: &str) -> bool {
        self.open && {
            self.identities.insert(identity.to_owned());
            true
        }
    }

    /// A track is said to be gone; true when that is doubted.
    pub fn ended(&mut self, sid: &str) -> bool {
        self.open && {
            self.sids.insert(sid.to_owned());
            true
        }
    }

    /// A member is told (again).
    pub fn member(&mut self, identity: &str) {
        self.identities.remove(identity);
    }

    /// A track is told (again).
    pub fn track(&mut self, sid: &str) {
        self.sids.remove(sid);
    }

    /// All who are here have been told: whoever wasn't is gone.
    pub fn settle(&mut self) -> Gone {
        self.open = false;
        Gone { identities: self.identities.drain().collect(), sids: self.sids.drain().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_all_is_well_nothing_is_doubted() {
        let mut doubts = Doubts::default();
        assert!(!doubts.left("ann") && !doubts.ended("TR_a"));
        assert_eq!(doubts.settle(), Gone::default());
    }

    #[test]
    fn who_is_told_again_never_went() {
        let mut doubts = Doubts::default();
        doubts.begin();
        assert!(doubts.ended("TR_a") && doubts.left("ann"));
        assert!(doubts.ended("TR_b") && doubts.left("ben"));
        doubts.member("ann");
        doubts.track("TR_a");
        let gone = doubts.settle();
        assert_eq!((gone.identities, gone.sids), (vec!["ben".to_owned()], vec!["TR_b".to_owned()]));
        assert!(!doubts.left("ann"), "it is settled");
    }
}
