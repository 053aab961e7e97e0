//! Renders a plan as a Mermaid flowchart and as a table.

use std::fmt::{self, Write};

use super::{Plan, PlanStep, StepList, Structure};
use crate::table::table;
use crate::text::{self, MAX_MESSAGE};

impl Plan {
    /// Renders the plan as a [Mermaid](https://mermaid.js.org/syntax/flowchart.html) flowchart. An
    /// arrow leads from each step to the next, and a box surrounds inner steps. Each step shows its
    /// share of the whole.
    ///
    /// ```
    /// # use progress_runtime::{Interrupted, Progress, workflow};
    /// # async fn fetch() {}
    /// # async fn load() {}
    /// # workflow!(
    /// #     async fn import(progress: Progress) -> Result<(), Interrupted> {
    /// #         #[step(3, "Fetch")]
    /// #         #[untracked]
    /// #         fetch().await;
    /// #         #[step(1, "Load")]
    /// #         #[untracked]
    /// #         load().await;
    /// #         Ok(())
    /// #     }
    /// # );
    /// assert_eq!(
    ///     import_plan().to_mermaid(),
    ///     r#"flowchart TD
    ///     plan(["Import"])
    ///     s1["Fetch · 75.00%"]
    ///     s2["Load · 25.00%"]
    ///     plan --> s1
    ///     s1 --> s2
    /// "#
    /// );
    /// ```
    pub fn to_mermaid(&self) -> String {
        let mut out = format!("flowchart TD\n    plan([\"{}\"])\n", Label(self.title));
        let nodes = draw(&mut out, &self.list, Span::WHOLE, "s", 1);
        connect(&mut out, std::iter::once("plan".to_owned()).chain(nodes), 1);
        out
    }

    /// Renders the plan as plain text in columns: the id, indented by its depth, the title, the
    /// weight among the siblings, the share of the whole, and the structure of a group or a loop.
    ///
    /// The shares of siblings add up exactly to that of their parent.
    ///
    /// ```
    /// # use progress_runtime::{Interrupted, Progress, workflow};
    /// # async fn fetch() {}
    /// # async fn load() {}
    /// # workflow!(
    /// #     async fn import(progress: Progress) -> Result<(), Interrupted> {
    /// #         #[step(3, "Fetch")]
    /// #         #[untracked]
    /// #         fetch().await;
    /// #         #[step(1, "Load")]
    /// #         #[untracked]
    /// #         load().await;
    /// #         Ok(())
    /// #     }
    /// # );
    /// assert_eq!(
    ///     import_plan().to_table(),
    ///     "\
    /// id     title  weight   share
    /// fetch  Fetch       3  75.00%
    /// load   Load        1  25.00%
    /// "
    /// );
    /// ```
    pub fn to_table(&self) -> String {
        let mut rows = vec![["id", "title", "weight", "share", ""].map(str::to_owned)];
        tabulate(&mut rows, &self.list, Span::WHOLE, 0);
        table(&rows, 2..4)
    }
}

/// Draws a list of steps, and returns the names of its nodes.
fn draw(out: &mut String, list: &StepList, whole: Span, prefix: &str, depth: usize) -> Vec<String> {
    let mut nodes = Vec::new();
    for (index, (step, span)) in parts(list, whole).enumerate() {
        let node = format!("{prefix}{}", index + 1);
        let mut label = format!("{} · {span}", Label(step.title));
        if let Some(word) = word(step) {
            label.push_str(" · ");
            label.push_str(word);
        }
        if step.steps().is_empty() {
            line(out, depth, format_args!("{node}[\"{label}\"]"));
        } else {
            line(out, depth, format_args!("subgraph {node}[\"{label}\"]"));
            let inner = draw(out, &step.list, span, &format!("{node}_"), depth + 1);
            if step.structure != Structure::Parallel {
                connect(out, inner, depth + 1);
            }
            line(out, depth, format_args!("end"));
        }
        nodes.push(node);
    }
    nodes
}

fn connect(out: &mut String, nodes: impl IntoIterator<Item = String>, depth: usize) {
    let mut previous: Option<String> = None;
    for node in nodes {
        if let Some(previous) = previous {
            line(out, depth, format_args!("{previous} --> {node}"));
        }
        previous = Some(node);
    }
}

fn line(out: &mut String, depth: usize, text: fmt::Arguments<'_>) {
    let _ = writeln!(out, "{:indent$}{text}", "", indent = depth * 4);
}

fn tabulate(rows: &mut Vec<[String; 5]>, list: &StepList, whole: Span, depth: usize) {
    let row = |id: &str, title: &str, weight: u32, span: Span, word: Option<&str>| {
        [
            format!("{:indent$}{id}", "", indent = depth * 2),
            text::clean(title, MAX_MESSAGE).trim().to_owned(),
            weight.to_string(),
            span.to_string(),
            word.unwrap_or_default().to_owned(),
        ]
    };
    if list.head > 0 {
        let span = whole.part(0, u64::from(list.head), list.total());
        rows.push(row("", "(before the first step)", list.head, span, None));
    }
    for (step, span) in parts(list, whole) {
        rows.push(row(step.id, step.title, step.weight, span, word(step)));
        tabulate(rows, &step.list, span, depth + 1);
    }
}

fn word(step: &PlanStep) -> Option<&'static str> {
    match step.structure {
        Structure::Sequence if step.steps().is_empty() => None,
        Structure::Sequence => Some("group"),
        Structure::Each => Some("each"),
        Structure::Concurrent => Some("concurrent"),
        Structure::Parallel => Some("parallel"),
    }
}

/// Returns the steps of a list, each with its part of the whole.
fn parts(list: &StepList, whole: Span) -> impl Iterator<Item = (&'static PlanStep, Span)> {
    let total = list.total();
    let mut from = u64::from(list.head);
    list.steps.iter().map(move |step| {
        let to = from + u64::from(step.weight);
        let span = whole.part(from, to, total);
        from = to;
        (step, span)
    })
}

/// An interval of the whole, in basis points with 32 fractional bits.
///
/// Its length is shown as the difference of its rounded ends, so that siblings add up. The rounding
/// also restores an end at a whole basis point, which nested divisions round down a little.
#[derive(Clone, Copy)]
struct Span {
    from: u128,
    to: u128,
}

impl Span {
    const FRACTION: u32 = 32;
    const WHOLE: Self = Self { from: 0, to: 10_000 << Self::FRACTION };

    fn part(self, from: u64, to: u64, total: u64) -> Self {
        let length = self.to - self.from;
        let at = |weight: u64| self.from + length * u128::from(weight) / u128::from(total.max(1));
        Self { from: at(from), to: at(to) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let round = |at: u128| (at + (1 << (Self::FRACTION - 1))) >> Self::FRACTION;
        let basis_points = round(self.to) - round(self.from);
        write!(f, "{}.{:02}%", basis_points / 100, basis_points % 100)
    }
}

/// A text between the double quotes of a Mermaid label.
///
/// Mermaid interprets quotes, markup, Markdown, icons and directives in a label, some of them
/// before it parses the quotes. Each character that could be part of one becomes a numeric entity,
/// because Mermaid decodes entities last.
struct Label<'a>(&'a str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut after_letter = false;
        for char in text::clean(self.0, MAX_MESSAGE).trim().chars() {
            let plain = match char {
                ' ' | ',' | '/' => true,
                '-' | '.' => after_letter,
                _ => char.is_ascii_alphanumeric() || !char.is_ascii(),
            };
            if plain {
                f.write_char(char)?;
            } else {
                write!(f, "#{};", u32::from(char))?;
            }
            after_letter = char.is_alphabetic();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Label;
    use crate::plan::Structure::{Concurrent, Each, Parallel, Sequence};
    use crate::plan::{Plan, PlanStep, StepList, Structure};

    const NONE: StepList = StepList::new(0, &[]);

    const fn leaf(id: &'static str, title: &'static str, weight: u32) -> PlanStep {
        PlanStep::new(id, title, weight)
    }

    const fn inner(
        id: &'static str,
        title: &'static str,
        weight: u32,
        structure: Structure,
        steps: &'static [PlanStep],
    ) -> PlanStep {
        PlanStep::new(id, title, weight)
            .with_structure(structure)
            .with_steps(StepList::new(0, steps))
    }

    const SCENES: Plan = Plan::new(
        "process_new_scenes",
        "Process new scenes",
        StepList::new(
            0,
            &[
                leaf("downloads", "Processing downloads", 15),
                inner(
                    "analyzing-batches",
                    "Analyzing",
                    35,
                    Each,
                    &[leaf("plan", "Analysis", 4), leaf("applying-changes", "Applying changes", 1)],
                ),
                inner(
                    "generating-media",
                    "Generating media",
                    15,
                    Parallel,
                    &[
                        leaf("previews", "Previews", 2),
                        inner(
                            "sprites",
                            "Sprites",
                            1,
                            Sequence,
                            &[leaf("draw", "Draw", 1), leaf("pack", "Pack", 1)],
                        ),
                    ],
                ),
                inner("uploads", "Uploading", 5, Concurrent, &[]),
            ],
        ),
    );

    #[test]
    fn a_flowchart_shows_order_and_nesting() {
        assert_eq!(
            SCENES.to_mermaid(),
            r#"flowchart TD
    plan(["Process new scenes"])
    s1["Processing downloads · 21.43%"]
    subgraph s2["Analyzing · 50.00% · each"]
        s2_1["Analysis · 40.00%"]
        s2_2["Applying changes · 10.00%"]
        s2_1 --> s2_2
    end
    subgraph s3["Generating media · 21.43% · parallel"]
        s3_1["Previews · 14.28%"]
        subgraph s3_2["Sprites · 7.15% · group"]
            s3_2_1["Draw · 3.58%"]
            s3_2_2["Pack · 3.57%"]
            s3_2_1 --> s3_2_2
        end
    end
    s4["Uploading · 7.14% · concurrent"]
    plan --> s1
    s1 --> s2
    s2 --> s3
    s3 --> s4
"#
        );
    }

    #[test]
    fn a_table_shows_the_share_of_each_step() {
        assert_eq!(
            SCENES.to_table(),
            "\
id                  title                 weight   share
downloads           Processing downloads      15  21.43%
analyzing-batches   Analyzing                 35  50.00%  each
  plan              Analysis                   4  40.00%
  applying-changes  Applying changes           1  10.00%
generating-media    Generating media          15  21.43%  parallel
  previews          Previews                   2  14.28%
  sprites           Sprites                    1   7.15%  group
    draw            Draw                       1   3.58%
    pack            Pack                       1   3.57%
uploads             Uploading                  5   7.14%  concurrent
"
        );
    }

    #[test]
    fn the_head_has_a_row_so_that_the_shares_add_up() {
        const HEAD: Plan = Plan::new(
            "import",
            "Import",
            StepList::new(5, &[leaf("fetch", "Fetch", 15), leaf("load", "Load", 80)]),
        );
        assert_eq!(
            HEAD.to_table(),
            "\
id     title                    weight   share
       (before the first step)       5   5.00%
fetch  Fetch                        15  15.00%
load   Load                         80  80.00%
"
        );
    }

    #[test]
    fn a_share_that_is_exact_is_shown_exactly() {
        const QUARTER: Plan = Plan::new(
            "import",
            "Import",
            StepList::new(
                0,
                &[
                    inner(
                        "a",
                        "A",
                        1,
                        Sequence,
                        &[leaf("most", "Most", 3), leaf("rest", "Rest", 1)],
                    ),
                    leaf("b", "B", 1),
                    leaf("c", "C", 1),
                ],
            ),
        );
        assert_eq!(
            QUARTER.to_table(),
            "\
id      title  weight   share
a       A           1  33.33%  group
  most  Most        3  25.00%
  rest  Rest        1   8.33%
b       B           1  33.34%
c       C           1  33.33%
"
        );
    }

    #[test]
    fn a_plan_without_steps_is_drawn_too() {
        const EMPTY: Plan = Plan::new("idle", "Idle", NONE);
        assert_eq!(EMPTY.to_mermaid(), "flowchart TD\n    plan([\"Idle\"])\n");
        assert_eq!(EMPTY.to_table(), "id  title  weight  share\n");
    }

    #[test]
    fn huge_weights_do_not_overflow() {
        const HUGE: Plan = Plan::new(
            "huge",
            "Huge",
            StepList::new(u32::MAX, &[leaf("a", "A", u32::MAX), leaf("b", "B", u32::MAX)]),
        );
        let table = HUGE.to_table();
        assert!(table.ends_with("b   B                        4294967295  33.33%\n"), "{table}");
    }

    #[test]
    fn no_title_breaks_out_of_its_label() {
        for (title, label) in [
            ("Re-index v1.2, a/b", "Re-index v1#46;2, a/b"),
            ("Größe …", "Größe …"),
            ("\"] --> end", "#34;#93; #45;#45;#62; end"),
            ("<b>#quot;</b>", "#60;b#62;#35;quot#59;#60;/b#62;"),
            ("%%{init: {}}%%", "#37;#37;#123;init#58; #123;#125;#125;#37;#37;"),
            ("1. First", "1#46; First"),
            ("`code`\nend", "#96;code#96; end"),
        ] {
            assert_eq!(Label(title).to_string(), label);
        }
    }
}
