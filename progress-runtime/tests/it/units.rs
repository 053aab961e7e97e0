//! What is counted, and how fast.

use std::cell::RefCell;
use std::io::{Cursor, Read};
use std::time::Duration;

use backon::ConstantBuilder;
use futures::executor::block_on;
use progress_runtime::{Interrupted, Lines, Progress, Unit, workflow};

use crate::support::page::Page;
use crate::support::{SECOND, find, half, observed, step};

#[test]
fn readers_and_writers_count_bytes_unless_told_otherwise() {
    let (run, _root, share) = half();
    let reader = share.wrap_read(&b"ab"[..]);
    assert_eq!(step(&run, "1").unit, Some(Unit::Bytes));
    drop(reader);

    let (run, _root, mut share) = half();
    share.set_unit(Unit::BinaryBytes);
    let writer = share.wrap_async_write(Vec::new());
    assert_eq!(step(&run, "1").unit, Some(Unit::BinaryBytes));
    drop(writer);

    let (run, _root, share) = half();
    assert_eq!((step(&run, "1").unit, step(&run, "1").rate), (None, None));
    drop(share);
}

#[test]
fn a_run_counts_units_a_second() {
    let (run, mut progress, clock, _) = observed("R");
    progress.set_length(100);
    let count = || run.snapshot().count.clone().unwrap();
    assert_eq!((count().done, count().total, count().rate), (0, Some(100), None));
    for _ in 0..5 {
        clock.advance(SECOND);
        progress.inc(3);
        run.snapshot();
    }
    assert_eq!(count().rate, Some(3.0));
    progress.finish();
    assert_eq!((count().done, count().rate), (15, None), "what has ended has no speed");
}

#[test]
fn what_is_resumed_is_no_speed_and_a_count_that_falls_begins_anew() {
    let (run, mut progress, clock, _) = observed("R");
    progress.set_length(1_000_000);
    progress.set_position(900_000);
    let rate = || run.snapshot().count.clone().unwrap().rate;
    assert_eq!(rate(), None);
    for _ in 0..3 {
        clock.advance(SECOND);
        progress.inc(100);
        rate();
    }
    assert_eq!(rate(), Some(100.0));
    progress.set_position(0);
    assert_eq!(rate(), None);
}

#[test]
fn the_count_of_a_run_has_what_its_shares_have_reached() {
    let (run, mut progress, ..) = observed("R");
    progress.set_unit(Unit::Bytes);
    progress.set_length(900);
    let mut shares = [progress.split(300), progress.split(600)];
    shares[0].set_length(3);
    shares[0].inc(1);
    shares[1].set_fraction(0.5);
    assert_eq!(run.snapshot().count.clone().unwrap().done, 400);
    shares.into_iter().for_each(Progress::finish);
    assert_eq!(run.snapshot().count.clone().unwrap().done, 900);
    progress.finish();
}

#[test]
fn a_list_of_steps_has_no_count_of_its_own() {
    let (run, progress, ..) = observed("R");
    assert_eq!(run.snapshot().count, None);
    drop(progress);
}

#[test]
fn the_log_shows_sizes_and_speeds() {
    let (run, mut progress, clock, _) = observed("Download");
    let page = Page::default();
    run.report_to(Lines::new(page.clone()));
    progress.set_unit(Unit::Bytes);
    progress.set_length(84_000_000);
    for _ in 0..10 {
        progress.inc(340_000);
        clock.advance(SECOND);
    }
    assert_eq!(
        page.lines().pop().unwrap(),
        "[00:10]   4% Download · 3.4 MB/84.0 MB · 340 kB/s · ~4m left"
    );
    progress.finish();
}

#[test]
fn a_reader_in_a_share_shows_its_size_in_the_log() {
    let (run, mut progress, clock, _) = observed("Download");
    let page = Page::default();
    run.report_to(Lines::new(page.clone()));
    progress.set_length(1);
    let mut file: Progress = progress.split_named(1, "big.iso");
    file.set_length(5_000);
    let mut reader = file.wrap_read(Cursor::new(vec![0; 5_000]));
    for _ in 0..10 {
        reader.read_exact(&mut [0; 250]).unwrap();
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(
        page.lines().pop().unwrap(),
        "[00:10]  50% big.iso 2.5 kB/5.0 kB · 250 B/s · ~10s left"
    );
    drop(reader);
    progress.finish();
}

#[cfg(feature = "serde")]
#[test]
fn units_and_speeds_are_on_the_wire() {
    use progress_runtime::{Run, Snapshot};

    let (run, mut progress, clock, _) = observed("Crawl");
    progress.set_unit(Unit::named("page", "pages"));
    for _ in 0..3 {
        progress.inc(2);
        clock.advance(SECOND);
    }
    let json = run.snapshot().to_json();
    let count = r#""count":{"done":6,"total":null,"unit":{"named":{"one":"page","many":"pages"}},"#;
    assert!(json.contains(count), "{json}");
    let read: Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(read.count, run.snapshot().count);
    assert!(read.count.unwrap().rate.is_some());

    let (run, _root, mut share) = half();
    share.set_unit(Unit::BinaryBytes);
    share.inc(1);
    assert!(run.snapshot().to_json().contains(r#""unit":"binary_bytes""#));
    drop((Run::start("R"), share));
}

async fn chunks(mut progress: Progress) -> Result<(), Interrupted> {
    progress.set_length(3_000_000);
    progress.inc(1_000_000);
    Ok(())
}

async fn fails_once(calls: &RefCell<u32>, mut progress: Progress) -> Result<(), Interrupted> {
    progress.set_length(4);
    progress.inc(1);
    *calls.borrow_mut() += 1;
    if *calls.borrow() == 1 { Err(Interrupted::TimedOut) } else { Ok(()) }
}

workflow!(
    async fn counted(calls: &RefCell<u32>, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Downloading", unit = bytes)]
        chunks(progress).await?;
        #[step(1, "Reading {}", 2, unit = named("page", "pages"), id = "read")]
        for _ in 0..2 {
            chunks(progress).await?;
        }
        #[step(1, "Storing", unit = binary_bytes)]
        #[retry(ConstantBuilder::default().with_delay(Duration::ZERO))]
        fails_once(calls, progress).await?;
        #[step(1, "Sending", unit = bytes)]
        {
            let mut progress = progress;
            progress.set_unit(Unit::named("row", "rows"));
            progress.inc(1);
        }
        Ok(())
    }
);

#[test]
fn a_step_counts_in_the_unit_that_it_names() {
    let (run, progress, _, recording) = observed("R");
    block_on(counted(&RefCell::default(), progress)).unwrap();
    let unit = |id| step(&run, id).unit.unwrap();
    assert_eq!(unit("downloading"), Unit::Bytes);
    assert_eq!(unit("read"), Unit::named("page", "pages"));
    assert_eq!((step(&run, "read").done, step(&run, "read").total), (2, Some(2)));
    assert_eq!(unit("storing"), Unit::BinaryBytes, "the second attempt counts the same");
    assert_eq!(unit("sending"), Unit::named("row", "rows"), "the code knows better");
    let before = recording.each(|snapshot| Some(find(snapshot, "storing")?.unit.clone()));
    assert_eq!(before, [None, Some(Unit::BinaryBytes)]);
    let planned: Vec<_> = counted_plan().steps().iter().map(|step| step.unit()).collect();
    assert_eq!(planned[1], Some(&Unit::named("page", "pages")));
}

#[test]
fn the_names_of_a_unit_are_harmless_and_bounded() {
    let (run, mut progress, ..) = observed("R");
    let many = "rows\u{1b}[2J\n\u{202e}".repeat(1_000);
    progress.set_unit(Unit::Named { one: "row\n".into(), many: many.into() });
    progress.inc(1);
    let Some(Unit::Named { one, many }) = run.snapshot().count.clone().unwrap().unit else {
        panic!("the unit has names");
    };
    assert_eq!(one, "row ");
    assert!(many.len() <= 1_024 && many.starts_with("rows \u{fffd}rows"), "{many}");
}
