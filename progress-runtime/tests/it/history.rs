//! The weights that a history suggests, and the test of their drift.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{fs, io};

use progress_runtime::history::HistoryStore;
use progress_runtime::{History, Progress, assert_weights, workflow};

workflow!(
    #[expect(dead_code, reason = "only the plan is read")]
    #[total(100)]
    async fn process(batches: Vec<u32>, progress: Progress) {
        #[step(15, "Scanning")]
        #[untracked]
        std::future::ready(()).await;

        #[step(70, "Processing {} batches", batches.len(), id = "batches")]
        for batch in batches {
            #[step(4, "Analyzing")]
            #[untracked]
            std::future::ready(batch).await;

            #[step(1, "Applying")]
            #[untracked]
            std::future::ready(batch).await;
        }

        #[step(15, "Media")]
        #[parallel]
        let ((), ()) = (
            #[step(1, "Previews")]
            #[untracked]
            std::future::ready(()).await,
            #[step(1, "Sprites {{all}}")]
            #[untracked]
            std::future::ready(()).await,
        );
    }
);

workflow!(
    #[expect(dead_code, reason = "only the plan is read")]
    async fn publish(progress: Progress) {
        #[step(10..70, "Packing")]
        #[untracked]
        std::future::ready(()).await;

        #[step(70..90, "Sending")]
        #[untracked]
        std::future::ready(()).await;

        #[step(90..100, "Checking")]
        #[untracked]
        std::future::ready(()).await;
    }
);

/// The lines of earlier runs.
struct Lines(Vec<String>);

impl HistoryStore for Lines {
    fn read(&self, _workflow: &str) -> io::Result<Vec<String>> {
        Ok(self.0.clone())
    }

    fn append(&self, _workflow: &str, _line: &str) -> io::Result<()> {
        Ok(())
    }
}

/// A line with these steps, each of which ended once after so many milliseconds.
fn line(workflow: &str, steps: &[(&str, u64)]) -> String {
    let steps: Vec<_> =
        steps.iter().map(|(path, time)| format!("\"{path}\":[{time},0,0,1,0]")).collect();
    format!(
        "{{\"v\":1,\"workflow\":\"{workflow}\",\"shape\":\"0\",\"at\":0,\"end\":\"completed\",\
         \"T\":1,\"steps\":{{{}}}}}",
        steps.join(",")
    )
}

fn runs(count: usize, line: &str) -> History {
    History::with_store(Lines(vec![line.to_owned(); count]))
}

fn process_line() -> String {
    line(
        "process",
        &[
            ("scanning", 22_000),
            ("batches", 60_000),
            ("batches/*/analyzing", 3_000),
            ("batches/*/applying", 2_000),
            ("media", 18_000),
            ("media/previews", 9_000),
            ("media/sprites-all", 9_000),
        ],
    )
}

/// The text of the panic in `work`.
fn panic_of(work: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(work)).err()?;
    panic.downcast_ref::<String>().cloned()
}

#[test]
fn each_list_gets_weights_that_add_up_to_its_total() {
    let measured = process_plan().measured(&runs(3, &process_line()));
    assert_eq!(measured.runs(), 3);
    assert_eq!(
        measured.to_table(),
        "\
path                 title          declared  measured   time
scanning             Scanning             15        22  22.0%
batches              Processing           70        60  60.0%
media                Media                15        18  18.0%
batches/*/analyzing  Analyzing             4         3  60.0%
batches/*/applying   Applying              1         2  40.0%
media/previews       Previews              1         1  50.0%
media/sprites-all    Sprites {all}         1         1  50.0%
"
    );
    let lists: Vec<_> = measured
        .lists()
        .iter()
        .map(|list| {
            let weights = list.steps().iter().filter_map(|step| step.measured());
            (list.path(), weights.sum(), list.runs())
        })
        .collect();
    assert_eq!(lists, [("", 100_u32, 3), ("batches/*", 5, 3), ("media", 2, 3)]);
    let drift = measured.lists()[0].drift().unwrap();
    assert!((drift - 0.1).abs() < 1e-9, "{drift}");
}

#[test]
fn a_diff_shows_the_attributes_that_change() {
    let measured = process_plan().measured(&runs(3, &process_line()));
    assert_eq!(
        measured.to_diff(),
        "\
@@ scanning @@
-#[step(15, \"Scanning\")]
+#[step(22, \"Scanning\")]
@@ batches @@
-#[step(70, \"Processing\")]
+#[step(60, \"Processing\")]
@@ media @@
-#[step(15, \"Media\")]
+#[step(18, \"Media\")]
@@ batches/*/analyzing @@
-#[step(4, \"Analyzing\")]
+#[step(3, \"Analyzing\")]
@@ batches/*/applying @@
-#[step(1, \"Applying\")]
+#[step(2, \"Applying\")]
"
    );
}

#[test]
fn percent_ranges_keep_their_start_and_end_at_100() {
    let line = line("publish", &[("packing", 300), ("sending", 300), ("checking", 300)]);
    let measured = publish_plan().measured(&runs(3, &line));
    assert_eq!(
        measured.to_diff(),
        "\
@@ packing @@
-#[step(10..70, \"Packing\")]
+#[step(10..40, \"Packing\")]
@@ sending @@
-#[step(70..90, \"Sending\")]
+#[step(40..70, \"Sending\")]
@@ checking @@
-#[step(90..100, \"Checking\")]
+#[step(70..100, \"Checking\")]
"
    );
}

#[test]
fn fewer_than_three_runs_say_nothing() {
    let history = runs(2, &process_line());
    let measured = process_plan().measured(&history);
    assert_eq!((measured.runs(), measured.to_diff()), (2, String::new()));
    let second = "scanning             Scanning             15         -     -";
    assert_eq!(measured.to_table().lines().nth(1), Some(second));
    assert_eq!(measured.lists()[0].drift(), None);
    assert_weights!(process_plan(), history, within = 0.001);
}

#[test]
fn a_renamed_step_costs_only_its_list() {
    let line = process_line().replace("\"scanning\"", "\"scan\"");
    let measured = process_plan().measured(&runs(3, &line));
    let known: Vec<_> = measured.lists().iter().map(|list| list.runs()).collect();
    assert_eq!(known, [0, 3, 3]);
}

#[test]
fn weights_that_fit_pass_and_weights_that_have_drifted_fail_with_the_mend() {
    let history = runs(10, &process_line());
    let fits = History::with_store(Lines(vec![
        line(
            "publish",
            &[("packing", 60), ("sending", 20), ("checking", 10)]
        );
        10
    ]));
    assert_weights!(publish_plan(), &fits);
    let text = panic_of(|| assert_weights!(process_plan(), history)).unwrap();
    let measured = process_plan().measured(&history);
    assert_eq!(
        text,
        format!(
            "the weights of `process` no longer fit the time of its steps:\n\
             - the list in `batches/*` gives 20% of its time to the wrong steps (median of 10 \
             runs)\n\n{}\n{}",
            measured.to_table(),
            measured.to_diff()
        )
    );
    assert_weights!(process_plan(), history, within = 0.25);
    let text = panic_of(|| assert_weights!(process_plan(), history, within = 0.05)).unwrap();
    assert!(text.contains("- the outermost list gives 10% of its time"), "{text}");
}

#[test]
fn a_limit_that_no_drift_can_exceed_is_refused() {
    for within in [0.0, -0.1, 1.0, f64::NAN, f64::INFINITY] {
        let history = History::in_memory();
        let text = panic_of(|| assert_weights!(process_plan(), history, within = within));
        assert_eq!(text, Some(format!("`within` is {within}, and not between 0 and 1")));
    }
}

#[test]
fn a_file_of_several_workflows_is_read_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.jsonl");
    let publish = line("publish", &[("packing", 300), ("sending", 300), ("checking", 300)]);
    let lines = format!("{}\n{publish}\n", process_line()).repeat(12);
    fs::write(&path, lines).unwrap();
    let history = History::file(path);
    assert_eq!(process_plan().measured(&history).runs(), 10);
    assert_eq!(publish_plan().measured(&history).runs(), 10);
}
