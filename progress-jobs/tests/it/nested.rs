//! The steps of a job that is a workflow are seen in the run of its parent.

use progress_jobs::{JobState, Jobs};
use progress_runtime::{Progress, Run, StepSnapshot, StepStatus, workflow};

use crate::support::*;

workflow!(
    async fn outer(jobs: &Jobs, name: &str, progress: Progress) -> Result<String, FlowError> {
        #[step(1, "A flow elsewhere", id = "flow")]
        let result = jobs.run(FLOW, &name.to_owned(), progress).await?;

        Ok(result)
    }
);

/// The step that follows the flow, and a step of the flow.
fn flow_step(run: &Run, id: &str) -> Option<(StepSnapshot, StepSnapshot)> {
    let flow = run.snapshot().steps.first()?.clone();
    let step = flow.children.iter().find(|step| step.id == id)?.clone();
    Some((flow, step))
}

async fn the_steps_of_a_workflow_elsewhere_are_seen_in_its_parent(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first_worker = database.worker(4);
    let (run, progress) = Run::builder("Nested").id("nested").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move { outer(&jobs, "n", progress).await }
    });
    gates.tell("n-first", "done");
    gates.tell("n-second", "0.25");
    let (flow, second) = eventually("nested step", async || {
        let (flow, second) = flow_step(&run, "second")?;
        (second.message.as_deref() == Some("at 0.25")).then_some((flow, second))
    })
    .await;
    assert_eq!((second.status, second.progress), (StepStatus::Running, 2_500));
    assert_eq!(second.job.as_deref().map(|job| job.kind.as_str()), Some("gate"));
    let state = |id: &str| flow.children.iter().find(|step| step.id == id).unwrap().status;
    assert_eq!((state("first"), state("third")), (StepStatus::Completed, StepStatus::Pending));
    assert_eq!(flow.job.as_ref().unwrap().attempt, Some(1));

    for hundredth in 26..=45_u32 {
        gates.tell("n-second", &format!("0.{hundredth}"));
        eventually("nested progress", async || {
            let (_, second) = flow_step(&run, "second")?;
            (u32::from(second.progress) == hundredth * 100).then_some(())
        })
        .await;
    }

    first_worker.kill();
    let _second_worker = database.worker(4);
    eventually("second attempt", async || {
        let (flow, _) = flow_step(&run, "second")?;
        (flow.job?.attempt == Some(2)).then_some(())
    })
    .await;
    gates.tell("n-second", "done");
    gates.tell("n-third", "done");
    assert_eq!(work.await.unwrap().unwrap(), "n-first n-second n-third");
    let (flow, _) = flow_step(&run, "second").unwrap();
    assert_eq!(flow.children.len(), 3);
    assert!(flow.children.iter().all(|step| step.status == StepStatus::Completed));
}

async fn a_state_that_is_too_large_is_number_and_message_alone(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(1);
    gates.tell("large", "0.5");
    let (run, progress) = Run::builder("Large").id("large").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move {
            let large = |share| async move { jobs.run(LARGE, &"large".to_owned(), share).await };
            progress.track(large).await
        }
    });
    eventually("quarter", async || (run.percent() >= 25.0).then_some(())).await;
    let snapshot = run.snapshot();
    assert_eq!((snapshot.message.as_str(), snapshot.steps.len()), ("at 0.5", 0));
    gates.tell("large", "done");
    work.await.unwrap().unwrap();
    let job = &jobs.children("large").await.unwrap()[0];
    assert_eq!(job.state, JobState::Completed);
    assert!(job.snapshot().is_some(), "what is left at the end fits");
}

crate::on_both!(
    a_state_that_is_too_large_is_number_and_message_alone,
    the_steps_of_a_workflow_elsewhere_are_seen_in_its_parent,
);
