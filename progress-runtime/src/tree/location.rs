//! Where a share stands, read from its own chain of parents.

use super::data::{Children, Details, Node};
use crate::path::{Location, StepPath, escaped};
use crate::plan::PlanStep;

/// One level of a share's chain.
struct Level {
    id: String,
    /// The id is the number of an item, and not that of a step in the plan.
    is_item: bool,
    /// The step's title, or the item's name, which most have not.
    title: Option<String>,
    /// The noun for this step's items, from the plan.
    item: Option<&'static str>,
}

impl Node {
    /// The place of this share.
    pub(crate) fn location(&self) -> Location {
        locate(self.levels())
    }

    /// The place of a step below this share; this share's own place for an item, which may be gone.
    pub(crate) fn step_location(&self, index: usize) -> Location {
        let mut levels = self.levels();
        let children = self.children().filter(|children| index < children.planned().len());
        levels.extend(children.and_then(|children| children.level(index)));
        locate(levels)
    }

    /// The place of the share that this one is a part of.
    pub(crate) fn parent_location(&self) -> Location {
        self.parent.as_ref().map_or_else(Location::root, |parent| parent.location())
    }

    /// The path of this share, in which the innermost item has this key instead of its number. The
    /// key follows the path where there is no item.
    pub(crate) fn keyed_path(&self, key: &str) -> StepPath {
        let levels = self.levels();
        let item = levels.iter().rposition(|level| level.is_item);
        let key = format!("[{}]", escaped(key));
        let mut path = StepPath::default();
        for (index, level) in levels.iter().enumerate() {
            path = path.join(if item == Some(index) { &key } else { &level.id });
        }
        if item.is_none() { path.join(&key) } else { path }
    }

    /// The place of one of this share's children.
    pub(crate) fn child_location(&self, index: usize) -> Location {
        let mut levels = self.levels();
        levels.extend(self.children().and_then(|children| children.level(index)));
        locate(levels)
    }

    /// The place of the step below this share that is open, or has just failed without an error's
    /// text; this share's own place where there is none.
    pub(crate) fn open_location(&self) -> Location {
        let mut levels = self.levels();
        self.push_open(&mut levels);
        locate(levels)
    }

    fn push_open(&self, levels: &mut Vec<Level>) {
        let Some(children) = self.children() else { return };
        let Some(index) = children.open_step() else { return };
        levels.extend(children.level(index));
        if let Some(node) = &children.slots[index].node {
            node.push_open(levels);
        }
    }

    /// The levels from the root, which has none, down to this share.
    fn levels(&self) -> Vec<Level> {
        let mut levels = Vec::new();
        let mut node = self;
        while let Some(parent) = node.parent.as_deref() {
            // The root is the only child of the tree's own node.
            if parent.parent.is_some()
                && let Some(siblings) = parent.children()
            {
                levels.extend(siblings.level(node.slot()));
            }
            node = parent;
        }
        levels.reverse();
        levels
    }
}

impl Children {
    /// The level of a child; none for a share without a place in the tree.
    fn level(&self, index: usize) -> Option<Level> {
        let details = self.details.get(index)?;
        Some(match self.planned().get(index) {
            Some(step) => Level {
                id: step.id().to_owned(),
                is_item: false,
                title: Some(self.title(index, step).to_owned()),
                item: step.item(),
            },
            None => Level {
                id: details.number().to_string(),
                is_item: true,
                title: details.name().map(str::to_owned),
                item: None,
            },
        })
    }

    fn title<'a>(&'a self, index: usize, step: &'a PlanStep) -> &'a str {
        self.details.get(index).and_then(Details::title).unwrap_or(step.title())
    }
}

fn locate(levels: Vec<Level>) -> Location {
    let mut location = Location::root();
    let mut noun = None;
    for level in levels {
        let title = level.title.unwrap_or_else(|| match noun {
            Some(noun) => format!("{noun} {}", level.id),
            None => format!("#{}", level.id),
        });
        location = location.join(&level.id, &title);
        noun = level.item;
    }
    location
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use crate::plan::{PlanStep, StepList, Structure};
    use crate::tree::{Node, Tree};

    const APPLY: PlanStep = PlanStep::new("apply", "Applying", 1);
    const ANALYZE: PlanStep = PlanStep::new("analyze", "Analyzing", 1)
        .with_structure(Structure::Each)
        .with_item("batch")
        .with_steps(StepList::new(0, &[APPLY]));
    static PLAN: StepList = StepList::new(0, &[ANALYZE]);

    /// The tree, and the third item of its loop.
    fn third_batch() -> (Tree, Arc<Node>) {
        let tree = Tree::new();
        tree.root().adopt(&PLAN);
        let analyze = tree.root().open(0, Duration::ZERO);
        analyze.set_length(Some(7));
        let batches = [(); 3].map(|()| analyze.split(1, Duration::ZERO));
        let [.., third] = batches;
        third.adopt(PLAN.steps()[0].list());
        (tree, third)
    }

    #[test]
    fn a_step_is_located_by_the_ids_and_titles_above_it() {
        let (tree, third) = third_batch();
        let apply = third.child_location(0);
        assert_eq!(apply.path.to_string(), "analyze/3/apply");
        assert_eq!(apply.titles, "Analyzing › batch 3 › Applying");
        assert_eq!(tree.root().location().titles, "");
    }

    #[test]
    fn a_title_that_the_code_has_set_comes_before_the_plans() {
        let (tree, third) = third_batch();
        tree.root().set_title(0, "Analyzing 7 batches".to_owned());
        third.set_title(0, "Applying 9 changes".to_owned());
        let titles = third.child_location(0).titles;
        assert_eq!(titles, "Analyzing 7 batches › batch 3 › Applying 9 changes");
    }

    #[test]
    fn an_item_without_a_noun_is_located_by_its_number() {
        let tree = Tree::new();
        tree.root().set_length(Some(3));
        let [_first, second] = [(); 2].map(|()| tree.root().split(1, Duration::ZERO));
        assert_eq!(second.location().titles, "#2");
        assert_eq!(second.location().path.to_string(), "2");
    }

    #[test]
    fn a_key_takes_the_place_of_the_innermost_items_number() {
        let (tree, third) = third_batch();
        let apply = third.open(0, Duration::ZERO);
        assert_eq!(apply.keyed_path("a/b").to_string(), "analyze/[a%2Fb]/apply");
        apply.set_length(Some(2));
        let part = apply.split(1, Duration::ZERO);
        assert_eq!(part.keyed_path("p").to_string(), "analyze/3/apply/[p]");
        assert_eq!(tree.root().keyed_path("k").to_string(), "[k]");
    }

    #[test]
    fn the_open_step_is_the_innermost_that_is_at_work() {
        let (tree, third) = third_batch();
        let _apply = third.open(0, Duration::ZERO);
        assert_eq!(tree.root().open_location(), third.child_location(0));
    }
}
