//! Iterators, streams, readers and writers report each item or byte that passes through them.

use std::future::ready;
use std::io::{self, BufRead, Cursor, IoSlice, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::executor::block_on;
use futures::{FutureExt, StreamExt, stream};
use progress_runtime::{Progress, Run, RunStatus};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, ReadBuf};

use crate::support::half;

#[test]
fn an_item_counts_when_the_next_one_is_requested() {
    let (run, _root, share) = half();
    let mut numbers = share.wrap_iter([10, 20, 30, 40]);
    assert_eq!((numbers.len(), numbers.size_hint()), (4, (4, Some(4))));
    assert_eq!(run.percent(), 0.0);
    let mut shown = Vec::new();
    for number in numbers.by_ref() {
        shown.push((number, run.percent()));
    }
    assert_eq!(shown, [(10, 0.0), (20, 12.5), (30, 25.0), (40, 37.5)]);
    assert_eq!(run.percent(), 50.0);
    assert_eq!(numbers.next(), None);
    assert_eq!(run.snapshot().steps[0].done, 4, "requesting the end counts nothing");
}

#[test]
fn an_iterator_of_unknown_length_is_full_when_it_ends() {
    let (run, _root, share) = half();
    let mut even = share.wrap_iter((0..10).filter(|number| number % 2 == 0));
    assert_eq!(even.by_ref().take(4).count(), 4);
    assert!(run.snapshot().steps[0].is_indeterminate());
    assert_eq!((run.snapshot().steps[0].done, run.percent()), (3, 0.0));
    assert_eq!(even.by_ref().count(), 1);
    assert_eq!((run.snapshot().steps[0].total, run.percent()), (Some(5), 50.0));
}

#[test]
fn an_iterator_without_items_is_full() {
    let (run, _root, share) = half();
    assert_eq!(share.wrap_iter(std::iter::empty::<u8>()).count(), 0);
    assert_eq!(run.percent(), 50.0, "known to be empty");
    let (run, _root, share) = half();
    let mut none = share.wrap_iter((0..10).filter(|number| *number > 10));
    assert_eq!(run.percent(), 0.0);
    assert_eq!(none.next(), None);
    assert_eq!(run.percent(), 50.0);
}

#[test]
fn a_length_that_was_set_is_kept() {
    let (run, _root, mut share) = half();
    share.set_length(10);
    let mut numbers = share.wrap_iter(0..5);
    assert_eq!(numbers.by_ref().count(), 5);
    assert_eq!(run.percent(), 25.0);
}

#[test]
fn an_iterator_left_early_counts_the_items_that_were_done() {
    let (run, _root, share) = half();
    let mut numbers = share.wrap_iter(0..10);
    for number in numbers.by_ref() {
        if number == 4 {
            break;
        }
    }
    assert_eq!(run.percent(), 20.0, "the item that left the loop is not done");
}

#[test]
fn a_stream_counts_like_an_iterator() {
    let (run, _root, share) = half();
    let mut numbers = share.wrap_stream(stream::iter([1, 2, 3, 4]));
    let mut shown = Vec::new();
    while let Some(number) = block_on(numbers.next()) {
        shown.push((number, run.percent()));
    }
    assert_eq!(shown, [(1, 0.0), (2, 12.5), (3, 25.0), (4, 37.5)]);
    assert_eq!(run.percent(), 50.0);
}

#[test]
fn a_stream_that_waits_counts_an_item_once() {
    let (run, _root, mut share) = half();
    let (sender, receiver) = futures::channel::mpsc::unbounded();
    share.set_length(4);
    let mut numbers = share.wrap_stream(receiver);
    sender.unbounded_send(1).unwrap();
    assert_eq!(numbers.next().now_or_never(), Some(Some(1)));
    for _ in 0..3 {
        assert_eq!(numbers.next().now_or_never(), None);
        assert_eq!(run.percent(), 12.5);
    }
    sender.unbounded_send(2).unwrap();
    assert_eq!(numbers.next().now_or_never(), Some(Some(2)));
    assert_eq!(run.percent(), 12.5);
    drop(sender);
    assert_eq!(numbers.next().now_or_never(), Some(None));
    assert_eq!(run.percent(), 25.0);
}

#[test]
fn a_reader_counts_bytes() {
    let (run, _root, mut share) = half();
    share.set_length(400);
    let mut reader = share.wrap_read(&[7; 400][..]);
    reader.read_exact(&mut [0; 100]).unwrap();
    assert_eq!(run.percent(), 12.5);
    let mut rest = Vec::new();
    assert_eq!(reader.read_to_end(&mut rest).unwrap(), 300);
    assert_eq!(run.percent(), 50.0);
    let (_, share) = reader.into_parts();
    assert_eq!((share.position(), share.length()), (400, Some(400)));
}

#[test]
fn reading_lines_counts_each_byte_once() {
    let (_run, _root, mut share) = half();
    share.set_length(100);
    let text = "one\ntwo\nthree\n";
    let mut reader = share.wrap_read(Cursor::new(text));
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!((line.as_str(), reader.into_parts().1.position()), ("one\n", 4));

    let (_run, _root, share) = half();
    let reader = share.wrap_read(io::BufReader::with_capacity(3, text.as_bytes()));
    let mut reader = reader;
    assert_eq!(reader.by_ref().lines().count(), 3);
    assert_eq!(reader.into_parts().1.position(), 14);
}

#[test]
fn only_the_bytes_that_are_read_count_where_a_reader_seeks() {
    let (run, _root, mut share) = half();
    share.set_length(400);
    let mut reader = share.wrap_read(Cursor::new([7; 400]));
    assert_eq!(reader.seek(SeekFrom::End(0)).unwrap(), 400, "the length is looked for");
    assert_eq!(run.percent(), 0.0);
    reader.rewind().unwrap();
    reader.read_exact(&mut [0; 100]).unwrap();
    assert_eq!(run.percent(), 12.5);
    assert_eq!(reader.stream_position().unwrap(), 100);
    reader.seek_relative(100).unwrap();
    assert_eq!(run.percent(), 12.5);
    assert!(reader.seek(SeekFrom::Current(-500)).is_err());
    reader.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(run.percent(), 37.5, "a quarter was skipped");
}

#[test]
fn a_seek_within_a_buffer_does_not_throw_the_buffer_away() {
    struct Reads(Cursor<Vec<u8>>, u32);
    impl Read for Reads {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            Read::read(&mut self.0, buf)
        }
    }
    impl Seek for Reads {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            Seek::seek(&mut self.0, to)
        }
    }
    let inner = io::BufReader::new(Reads(Cursor::new(vec![0; 1_000]), 0));
    let mut reader = Progress::hidden().wrap_read(inner);
    for _ in 0..10 {
        reader.read_exact(&mut [0; 10]).unwrap();
        reader.seek_relative(10).unwrap();
        reader.stream_position().unwrap();
    }
    assert_eq!(reader.into_parts().0.into_inner().1, 1, "one read fills the buffer");
}

#[test]
fn what_reached_its_end_is_finished_and_ends_the_run_of_a_root() {
    let ended = |run: &Run| (run.status(), run.percent());
    let completed = (RunStatus::Completed, 100.0);

    let (run, progress) = Run::start("Iterator");
    assert_eq!(progress.wrap_iter(0..40).sum::<i32>(), 780);
    assert_eq!(ended(&run), completed);

    let (run, progress) = Run::start("Stream");
    let items = stream::iter([1, 2, 3]).filter(|n| ready(*n > 1));
    assert_eq!(block_on(progress.wrap_stream(items).count()), 2);
    assert_eq!(ended(&run), completed);

    let (run, mut progress) = Run::start("Reader");
    progress.set_length(4);
    progress.wrap_read(&b"data"[..]).read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(ended(&run), completed);

    let (run, mut progress) = Run::start("Counter");
    progress.set_length(2);
    let counter = progress.counter();
    let clone = counter.clone();
    clone.inc(1);
    drop(clone);
    counter.inc(1);
    assert_eq!(ended(&run), (RunStatus::Running, 99.99));
    drop(counter);
    assert_eq!(ended(&run), completed);
}

#[test]
fn a_root_of_which_all_was_counted_is_finished_with_its_adapter() {
    let four = |title: &str| {
        let (run, mut progress) = Run::start(title);
        progress.set_length(4);
        (run, progress)
    };
    let completed = (RunStatus::Completed, 100.0);

    let (run, progress) = four("Reader");
    let mut reader = progress.wrap_read(&b"data and more"[..]);
    reader.read_exact(&mut [0; 4]).unwrap();
    assert_eq!((run.status(), run.percent()), (RunStatus::Running, 99.99));
    drop(reader);
    assert_eq!((run.status(), run.percent()), completed);

    let (run, progress) = four("Part of a reader");
    let reader = progress.wrap_read(&b"data and more"[..]);
    assert_eq!(reader.take(4).read_to_end(&mut Vec::new()).unwrap(), 4);
    assert_eq!((run.status(), run.percent()), completed);

    let (run, progress) = four("Writer");
    progress.wrap_write(Vec::new()).write_all(b"data").unwrap();
    assert_eq!((run.status(), run.percent()), completed);

    let (run, progress) = four("Asynchronous reader");
    block_on(progress.wrap_async_read(&b"data"[..]).read_exact(&mut [0; 4])).unwrap();
    assert_eq!((run.status(), run.percent()), completed);
}

#[test]
fn an_error_that_passes_through_an_adapter_leaves_its_root_unfinished() {
    let failed = |work: &dyn Fn(Progress)| {
        let (run, mut progress) = Run::start("R");
        progress.set_length(9);
        work(progress);
        assert_eq!((run.status(), run.percent()), (RunStatus::Cancelled, 99.99));
    };
    // The fourth call fails when the nine bytes are there.
    failed(&|progress| {
        let mut reader = progress.wrap_read(Slow::default());
        reader.read_exact(&mut [0; 9]).unwrap();
        reader.read_exact(&mut [0; 1]).unwrap_err();
    });
    failed(&|progress| {
        let mut writer = progress.wrap_write(Slow::default());
        writer.write_all(b"123456789").unwrap();
        writer.write_all(b"0").unwrap_err();
    });
    failed(&|progress| {
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let mut writer = progress.wrap_write(Vec::new());
            writer.write_all(b"123456789").unwrap();
            panic!("before the flush");
        }));
        assert!(unwound.is_err());
    });
}

#[test]
fn the_step_decides_about_a_share_of_which_all_was_counted() {
    let (run, mut progress, mut share) = half();
    share.set_length(4);
    share.wrap_write(Vec::new()).write_all(b"data").unwrap();
    assert_eq!((run.status(), progress.position()), (RunStatus::Running, 0));
    progress.inc(1);
}

#[test]
fn what_did_not_reach_its_end_is_not_finished() {
    let (run, progress) = Run::start("Iterator");
    assert_eq!(progress.wrap_iter(0..40).next(), Some(0));
    assert_eq!(run.status(), RunStatus::Cancelled);

    let (run, mut progress) = Run::start("The last bytes of a reader");
    progress.set_length(100);
    let mut reader = progress.wrap_read(Cursor::new([0; 100]));
    reader.seek(SeekFrom::End(-10)).unwrap();
    assert_eq!(reader.read_to_end(&mut Vec::new()).unwrap(), 10);
    assert_eq!(run.percent(), 10.0);

    let (run, progress) = Run::start("Taken apart");
    let mut items = progress.wrap_iter(0..2);
    items.by_ref().for_each(drop);
    let (_, share) = items.into_parts();
    assert_eq!(run.status(), RunStatus::Running);
    share.finish();
    assert_eq!(run.status(), RunStatus::Completed);
}

/// Accepts three bytes a call, and fails at the fourth call.
#[derive(Default)]
struct Slow(u32);

impl Slow {
    fn accept(&mut self, length: usize) -> io::Result<usize> {
        self.0 += 1;
        if self.0 == 4 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(length.min(3)) }
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.accept(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Slow {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.accept(bytes.len())
    }
}

#[test]
fn a_writer_counts_the_bytes_that_were_accepted() {
    let (run, _root, mut share) = half();
    share.set_length(10);
    let mut writer = share.wrap_write(Slow::default());
    assert_eq!(writer.write(b"0123456789").unwrap(), 3);
    assert_eq!(run.percent(), 15.0);
    assert_eq!(writer.write_vectored(&[IoSlice::new(b"34"), IoSlice::new(b"567")]).unwrap(), 2);
    assert_eq!(run.percent(), 25.0);
    assert_eq!(writer.write_all(b"56789").unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(run.percent(), 40.0, "three more bytes were accepted before it failed");
    writer.flush().unwrap();
    assert_eq!(writer.into_parts().1.position(), 8);
}

#[test]
fn a_read_that_fails_counts_nothing() {
    let (run, _root, mut share) = half();
    share.set_length(10);
    let mut reader = share.wrap_read(Slow::default());
    assert_eq!(reader.read_exact(&mut [0; 12]).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(run.percent(), 45.0, "three were read three times");
}

#[tokio::test]
async fn an_async_reader_and_an_async_writer_count_bytes() {
    let (run, mut root, mut share) = half();
    let mut other = root.split(1);
    share.set_length(400);
    other.set_length(400);
    let mut reader = share.wrap_async_read(&[7; 400][..]);
    let mut writer = other.wrap_async_write(Vec::new());
    reader.read_exact(&mut [0; 100]).await.unwrap();
    assert_eq!(run.percent(), 12.5);
    writer.write_all(&[0; 100]).await.unwrap();
    assert_eq!(run.percent(), 25.0);
    assert!(tokio::io::AsyncWrite::is_write_vectored(&writer));
    let slices = [IoSlice::new(&[0; 60]), IoSlice::new(&[0; 40])];
    assert_eq!(writer.write_vectored(&slices).await.unwrap(), 100);
    assert_eq!(run.percent(), 37.5);
    assert_eq!(tokio::io::copy(&mut reader, &mut writer).await.unwrap(), 300);
    assert_eq!(run.percent(), 99.99);
    writer.flush().await.unwrap();
    writer.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_pipe_counts_the_bytes_that_were_read() {
    let (run, _root, mut share) = half();
    share.set_length(10);
    let (mut near, control) = tokio::io::duplex(4);
    let mut reader = share.wrap_async_read(control);
    let mut bytes = [0; 10];
    assert!(reader.read(&mut bytes).now_or_never().is_none());
    assert_eq!(run.percent(), 0.0);
    near.write_all(b"0123").await.unwrap();
    assert_eq!(reader.read(&mut bytes).await.unwrap(), 4);
    assert_eq!(run.percent(), 20.0);
    drop(near);
    assert_eq!(reader.read(&mut bytes).await.unwrap(), 0);
    assert_eq!(run.percent(), 20.0, "the end counts nothing");
}

/// Fails at each read.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

#[tokio::test]
async fn an_async_read_that_fails_counts_nothing() {
    let (run, _root, mut share) = half();
    share.set_length(10);
    let mut reader = share.wrap_async_read(Broken);
    let error = reader.read(&mut [0; 10]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(run.percent(), 0.0);
}

#[test]
fn a_collection_is_counted_from_either_end_and_its_end_completes_the_run() {
    let (run, progress) = Run::start("R");
    let mut numbers = progress.wrap_iter(vec![1, 2, 3, 4]);
    assert_eq!((numbers.next_back(), numbers.next(), numbers.len()), (Some(4), Some(1), 2));
    assert_eq!(run.percent(), 25.0);
    assert_eq!(numbers.rev().collect::<Vec<_>>(), [3, 2]);
    assert_eq!((run.percent(), run.status()), (100.0, RunStatus::Completed));
}

#[test]
fn an_iterator_that_has_ended_stays_at_its_end() {
    fn fused<I: std::iter::FusedIterator>(iter: I) -> I {
        iter
    }
    let (run, _root, share) = half();
    let mut none = fused(share.wrap_iter([0; 0]));
    assert_eq!((none.next(), none.next(), run.percent()), (None, None, 50.0));
}

#[test]
fn a_writer_that_is_moved_counts_only_what_is_written() {
    let (run, _root, mut share) = half();
    share.set_length(8);
    let mut writer = share.wrap_write(Cursor::new(vec![0; 8]));
    writer.seek(SeekFrom::Start(4)).unwrap();
    writer.write_all(b"last").unwrap();
    assert_eq!((writer.stream_position().unwrap(), run.percent()), (8, 25.0));
    writer.rewind().unwrap();
    writer.seek_relative(2).unwrap();
    writer.write_all(b"ab").unwrap();
    assert_eq!(run.percent(), 37.5);
    assert_eq!(writer.into_inner().into_inner(), *b"\0\0ablast");
}

#[test]
fn an_asynchronous_reader_counts_what_is_consumed_and_a_seek_moves_nothing() {
    let (run, _root, mut share) = half();
    share.set_length(10);
    let mut reader = share.wrap_async_read(Cursor::new(b"one\ntwo\n!!".to_vec()));
    let mut line = String::new();
    block_on(reader.read_line(&mut line)).unwrap();
    assert_eq!((line.as_str(), run.percent()), ("one\n", 20.0));
    assert_eq!(block_on(reader.seek(SeekFrom::End(-2))).unwrap(), 8);
    assert_eq!(run.percent(), 20.0);
    block_on(reader.read_to_end(&mut Vec::new())).unwrap();
    assert_eq!(run.percent(), 30.0);
    assert_eq!(reader.into_inner().position(), 10);
}

#[test]
fn an_asynchronous_writer_can_be_moved() {
    let (run, _root, mut share) = half();
    share.set_length(4);
    let mut writer = share.wrap_async_write(Cursor::new(vec![0; 4]));
    block_on(writer.seek(SeekFrom::Start(2))).unwrap();
    block_on(writer.write_all(b"ab")).unwrap();
    assert_eq!(run.percent(), 25.0);
    assert_eq!(writer.into_inner().into_inner(), *b"\0\0ab");
}

#[test]
fn an_adapter_that_gives_up_its_inside_ends_as_if_it_were_dropped() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let mut writer = progress.wrap_write(Vec::new());
    writer.write_all(b"ab").unwrap();
    assert_eq!(writer.into_inner(), b"ab");
    assert_eq!(run.status(), RunStatus::Completed);

    let (run, progress) = Run::start("R");
    assert_eq!(progress.wrap_iter([1, 2]).into_inner().count(), 2);
    assert_eq!(run.status(), RunStatus::Cancelled);
    let (run, progress) = Run::start("R");
    assert_eq!(block_on(progress.wrap_stream(stream::iter([1])).into_inner().count()), 1);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

/// Gives so many items, and hints at another number.
struct Hints {
    left: u32,
    hint: usize,
}

impl Iterator for Hints {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        Some(self.left)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.hint, Some(self.hint))
    }
}

#[test]
fn the_items_that_come_count_and_not_those_that_a_hint_has_promised() {
    for (left, hint) in [(3, 5), (5, 3), (0, 2)] {
        let (run, progress) = Run::start("Iterator");
        assert_eq!(progress.wrap_iter(Hints { left, hint }).count(), left as usize);
        assert_eq!((run.status(), run.percent()), (RunStatus::Completed, 100.0), "{left}, {hint}");
    }
    let (run, _root, share) = half();
    let mut items = share.wrap_iter(Hints { left: 3, hint: 6 });
    items.by_ref().take(2).for_each(drop);
    assert_eq!(run.percent(), 8.33, "the hint is all that is known");
    items.by_ref().for_each(drop);
    assert_eq!(run.percent(), 50.0);
}

#[test]
fn a_reader_without_a_length_ends_its_root_where_it_is_dropped_at_its_end() {
    let completed = (RunStatus::Completed, 100.0);
    let (run, progress) = Run::start("Reader");
    progress.wrap_read(&b"data"[..]).read_to_end(&mut Vec::new()).unwrap();
    assert_eq!((run.status(), run.percent()), completed);

    let (run, progress) = Run::start("Lines");
    assert_eq!(progress.wrap_read(&b"one\ntwo"[..]).lines().count(), 2);
    assert_eq!((run.status(), run.percent()), completed);

    let (run, progress) = Run::start("Asynchronous reader");
    let mut reader = progress.wrap_async_read(&b"data"[..]);
    block_on(reader.read_to_end(&mut Vec::new())).unwrap();
    drop(reader);
    assert_eq!((run.status(), run.percent()), completed);
}

#[test]
fn a_reader_without_a_length_that_goes_on_elsewhere_has_not_ended() {
    let (run, progress) = Run::start("An archive");
    let mut reader = progress.wrap_read(Cursor::new([0; 100]));
    reader.seek(SeekFrom::End(-10)).unwrap();
    assert_eq!(reader.read_to_end(&mut Vec::new()).unwrap(), 10, "the directory at the end");
    reader.rewind().unwrap();
    reader.read_exact(&mut [0; 50]).unwrap();
    assert_eq!(run.percent(), 0.0);
    drop(reader);
    assert_eq!(run.status(), RunStatus::Cancelled);
}

#[test]
fn an_adapter_counts_on_from_a_fraction() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(4);
    progress.set_fraction(0.5);
    assert_eq!(progress.wrap_iter(0..2).count(), 2);
    assert_eq!((run.status(), run.percent()), (RunStatus::Completed, 100.0));
}

#[test]
fn a_panic_beside_a_reader_at_its_end_does_not_complete_the_root() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(4);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut reader = progress.wrap_read(&b"data"[..]);
        reader.read_to_end(&mut Vec::new()).unwrap();
        panic!("what was read makes no sense");
    }));
    assert!(unwound.is_err());
    assert_eq!(run.status(), RunStatus::Cancelled);
}
