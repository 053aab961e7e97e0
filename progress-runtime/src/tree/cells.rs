//! The cells of a shared counter: one for each of its clones.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::children::give_back;
use super::data::{Children, CounterCell};
use crate::sync::{AtomicU32, AtomicU64};

impl CounterCell {
    pub(super) fn new(index: usize) -> Self {
        Self { count: AtomicU64::new(0), index: AtomicU32::new(index as u32) }
    }
}

impl Children {
    /// What all cells have counted.
    pub(crate) fn counted(&self) -> u64 {
        self.cells.iter().fold(0, |sum, cell| sum.saturating_add(cell.count.load(Relaxed)))
    }

    pub(crate) fn add_cell(&mut self) -> Arc<CounterCell> {
        let cell = Arc::new(CounterCell::new(self.cells.len()));
        self.cells.push(Arc::clone(&cell));
        cell
    }

    /// Removes a cell; the caller keeps the count that this returns.
    pub(crate) fn remove_cell(&mut self, cell: &CounterCell) -> u64 {
        let index = cell.index.load(Relaxed) as usize;
        if self.cells.get(index).is_some_and(|held| std::ptr::eq(&**held, cell)) {
            self.cells.swap_remove(index);
            if let Some(moved) = self.cells.get(index) {
                moved.index.store(index as u32, Relaxed);
            }
            give_back(&mut self.cells);
        }
        cell.count.load(Relaxed)
    }
}

#[cfg(all(test, not(progress_loom)))]
mod tests {
    use crate::scale::FULL;
    use crate::tree::Tree;
    use crate::tree::children::FEW;

    #[test]
    fn the_memory_of_counters_that_are_gone_is_given_back() {
        let tree = Tree::new();
        let root = tree.root();
        root.set_length(Some(1_000));
        let cells: Vec<_> = (0..1_000).map(|_| root.add_cell()).collect();
        for cell in &cells[..999] {
            cell.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            root.fold_cell(cell);
        }
        assert!(root.children().unwrap().cells.capacity() <= 4 * FEW);
        assert_eq!(root.position(), 999);
        cells[999].count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(tree.value(), FULL);
    }
}
