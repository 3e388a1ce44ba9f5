//! People's decision about a conflict that the app shows.

use crate::base::{Ppm, Span, Stream, word_enums};
use crate::contract::{Entity, OpenConflict, Pick};

/// How people decide a conflict (two versions of one row).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolver {
    /// The version that people take.
    pub takes: Takes,
    /// The side that people take for a column that both sides changed.
    pub contested: Contested,
    /// Mean wait before a decision. After the wait, people decide when they next look at the app.
    pub delay: Span,
    /// How the waits are distributed.
    pub delays: Delays,
    /// Share of conflicts that people do not decide when the app shows them.
    pub never: Ppm,
    /// The app shows an undecided conflict again each time after this wait. `None`: it shows it
    /// once.
    pub asks_again: Option<Span>,
}

word_enums! {
    /// Which of the two versions people choose.
    pub enum Takes {
        /// The local version.
        #[default]
        Local: "local",
        /// The backend's version.
        Remote: "remote",
        /// Each column from the side that changed it.
        Columns: "columns",
    }

    /// The side that people choose for a column that both sides changed, or for a row that one side
    /// changed and the other side deleted.
    pub enum Contested {
        /// The later change. For a deleted row, the side that changed it, not the side that deleted
        /// it.
        #[default]
        Later: "later",
        /// The local version.
        Local: "local",
        /// The backend's version.
        Remote: "remote",
    }

    /// How long people wait before they decide.
    pub enum Delays {
        /// Exponential with the mean.
        #[default]
        Exponential: "exponential",
        /// Uniform between 0.5 and 1.5 times the mean.
        Uniform: "uniform",
        /// Always the mean.
        Fixed: "fixed",
    }
}

impl Resolver {
    /// The wait of this conflict; `None`: people never decide it.
    pub fn wait(&self, stream: &mut Stream) -> Option<Span> {
        let mut asked = Span::ZERO;
        while stream.chance(f64::from(self.never.0) / 1e6) {
            // If `never` is 100 %, the loop would not end, so the result is `None`.
            asked += self.asks_again.filter(|_| self.never < Ppm::ONE)?;
        }
        Some(
            asked
                + match self.delays {
                    _ if self.delay == Span::ZERO => Span::ZERO,
                    Delays::Exponential => stream.exponential(self.delay),
                    Delays::Uniform => Span(self.delay.0 / 2) + stream.up_to(self.delay),
                    Delays::Fixed => self.delay,
                },
        )
    }

    /// The version that people choose in this conflict.
    pub fn pick(&self, conflict: &OpenConflict, entity: &Entity) -> Pick {
        match (self.takes, &conflict.theirs) {
            (Takes::Local, _) => Pick::Ours,
            (Takes::Remote, _) => Pick::Theirs,
            (Takes::Columns, Some(theirs)) if !conflict.ours.is_empty() => {
                let columns = conflict.ours.iter().filter_map(|(column, ours, made)| {
                    let theirs = &theirs[entity.projection.binary_search(column).ok()?];
                    let base = conflict.base.iter().find(|(of, _)| of == column).map(|(_, value)| value);
                    let left = theirs.with_ref(|theirs| {
                        ours.reads_as(theirs) || base.is_some_and(|base| base.reads_as(theirs))
                    });
                    let takes_ours = match self.contested {
                        Contested::Later => *made > conflict.theirs_made,
                        Contested::Local => true,
                        Contested::Remote => false,
                    };
                    (takes_ours || left).then_some(*column)
                });
                let columns: Vec<usize> = columns.collect();
                match columns.len() {
                    0 => Pick::Theirs,
                    all if all == conflict.ours.len() => Pick::Ours,
                    _ => Pick::Columns(columns),
                }
            }
            (Takes::Columns, theirs) => match self.contested {
                Contested::Local => Pick::Ours,
                Contested::Remote => Pick::Theirs,
                Contested::Later if theirs.is_some() => Pick::Theirs,
                Contested::Later => Pick::Ours,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{DeviceId, EditId, EntityId, Key, Seed, Stamp, Value};
    use crate::contract::{Column, ColumnKind};

    fn entity() -> Entity {
        let column = |name: &str| Column::new(name, ColumnKind::Text);
        Entity {
            projection: vec![0, 2],
            ..Entity::new("order", ["done", "hidden", "costs"].map(column).to_vec())
        }
    }

    fn conflict(ours: &[(usize, &str, i64)], theirs: Option<[&str; 2]>) -> OpenConflict {
        let ours = ours.iter().map(|(column, text, made)| (*column, Value::text(text), Stamp(*made)));
        OpenConflict {
            edit: EditId { device: DeviceId(0), number: 0 },
            entity: EntityId(0),
            key: Key::new("k"),
            ours: ours.collect(),
            base: vec![(0, Value::text("was")), (2, Value::text("was"))],
            theirs: theirs.map(|theirs| theirs.map(Value::text).to_vec()),
            theirs_made: Stamp(10),
        }
    }

    #[test]
    fn columns_that_one_side_changed_stay_and_others_are_chosen() {
        let by = |contested| Resolver { takes: Takes::Columns, contested, ..Resolver::default() };
        let pick = |contested, conflict: &OpenConflict| by(contested).pick(conflict, &entity());
        let other = conflict(&[(0, "a", 5)], Some(["was", "b"]));
        let both = conflict(&[(0, "a", 5), (2, "c", 20)], Some(["x", "y"]));
        let gone = conflict(&[(0, "a", 5)], None);
        let deleted = conflict(&[], Some(["x", "y"]));
        use Contested::{Later, Local, Remote};
        for (contested, conflict, expected) in [
            (Remote, &other, Pick::Ours),
            (Later, &both, Pick::Columns(vec![2])),
            (Local, &both, Pick::Ours),
            (Remote, &both, Pick::Theirs),
            (Later, &gone, Pick::Ours),
            (Remote, &gone, Pick::Theirs),
            (Later, &deleted, Pick::Theirs),
            (Local, &deleted, Pick::Ours),
        ] {
            assert_eq!(pick(contested, conflict), expected, "{contested:?} {conflict:?}");
        }
    }

    #[test]
    fn nobody_waits_where_no_delay_is_said_and_for_ever_where_nobody_comes() {
        let mut stream = Seed(1).stream("test", 0, 0);
        assert_eq!(Resolver::default().wait(&mut stream), Some(Span::ZERO));
        assert_eq!(Resolver { never: Ppm::ONE, ..Resolver::default() }.wait(&mut stream), None);
        let delay = Span::secs(60);
        let uniform = Resolver { delay, delays: Delays::Uniform, ..Resolver::default() };
        let waits: Vec<Span> = (0..50).filter_map(|_| uniform.wait(&mut stream)).collect();
        assert!(waits.iter().all(|wait| (Span::secs(30)..=Span::secs(90)).contains(wait)), "{waits:?}");
    }

    #[test]
    fn who_is_asked_again_decides_at_one_of_the_times() {
        let mut stream = Seed(1).stream("test", 0, 0);
        let hour = Span::secs(3_600);
        let asked = Resolver { never: Ppm(500_000), asks_again: Some(hour), ..Resolver::default() };
        let waits: Vec<Span> = (0..50).filter_map(|_| asked.wait(&mut stream)).collect();
        assert_eq!(waits.len(), 50);
        assert!(waits.iter().all(|wait| wait.0.is_multiple_of(hour.0)), "{waits:?}");
        assert!(waits.contains(&Span::ZERO) && waits.contains(&hour), "{waits:?}");
        let never = Resolver { never: Ppm::ONE, ..asked };
        assert_eq!(never.wait(&mut stream), None, "nobody asks without end");
    }
}
