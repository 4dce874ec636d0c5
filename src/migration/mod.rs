//! The pure half of migrating: what the ledger and the files say together, and which steps follow from it.

pub mod adoption;
pub mod archive;
pub mod cascade;
pub mod checksum;
pub mod choice;
pub mod compare;
pub mod difference;
pub mod existing;
pub mod fingerprint;
pub mod inherited;
pub mod loss;
pub mod narrowing;
pub mod needed_index;
pub mod partial_down;
pub mod plan;
pub mod planned;
pub mod preflight;
pub mod recovery;
pub mod refinery;
pub mod repair;
pub mod seed;
pub mod stopped;
pub mod temporary;
pub mod undoable;
pub mod verify;
pub mod witness;
