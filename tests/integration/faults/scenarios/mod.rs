//! The apps whose migrations are disturbed.

mod aura;
mod beside;
mod bulk;
mod rare;
mod refused;
mod session;
mod shop;
mod sums;
mod tables;
mod turned;
mod units;

use super::scenario::Scenario;

/// All of them.
pub(crate) fn all() -> Vec<Scenario> {
    [
        shop::ALL,
        sums::ALL,
        bulk::ALL,
        session::ALL,
        rare::ALL,
        units::ALL,
        refused::ALL,
        aura::ALL,
        turned::ALL,
        tables::ALL,
        beside::ALL,
    ]
    .concat()
}
