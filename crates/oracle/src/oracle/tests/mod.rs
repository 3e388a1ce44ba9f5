//! Each check fires for the fault in its name and for nothing else. In a correct simulation no
//! check fires.

mod asked;
mod destination;
mod edits;
mod ends;
mod flow;
mod judge;
mod kinds;
mod life;
mod live;
mod owed;
mod play;
mod requests;
mod returns;
mod rows;
mod said;
mod shown;
mod stage;
mod unsure;
mod ways_out;
