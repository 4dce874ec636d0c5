//! Many files read side by side: opening one takes longer than reading it, and a project has hundreds.

use std::panic::resume_unwind;
use std::thread;

/// Files for which another thread is worth its start.
const WORTH: usize = 64;
/// More threads wait for each other in the kernel.
const MOST: usize = 8;

/// What `one` makes of each item, in their order.
pub(super) fn each<T: Send, R: Send>(mut items: Vec<T>, one: impl Fn(T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from).min(MOST);
    let threads = cores.min(items.len() / WORTH).max(1);
    let share = items.len().div_ceil(threads).max(1);
    let mut shares = Vec::new();
    while items.len() > share {
        shares.push(items.split_off(items.len() - share));
    }
    let one = &one;
    let read = |share: Vec<T>| share.into_iter().map(one).collect::<Vec<R>>();
    thread::scope(|scope| {
        let others: Vec<_> = shares.into_iter().rev().map(|share| scope.spawn(move || read(share))).collect();
        let mut done = read(items);
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn the_order_stays() {
        for count in [0, 1, 63, 64, 129, 1000, 1025] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(each(items.clone(), |item| item + 1), items.iter().map(|item| item + 1).collect::<Vec<_>>());
        }
    }
}
