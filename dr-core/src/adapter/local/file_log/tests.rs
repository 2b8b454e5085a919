//! What a crash leaves of a file, and many writers at once.

use std::sync::Arc;

use super::*;
use crate::adapter::local::fakes::poll_once;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(work)
}

fn run() -> RunId {
    "failover-1".parse().unwrap()
}

struct Place {
    directory: tempfile::TempDir,
    log: FileLog,
}

impl Place {
    /// A log with so many lines, the header included.
    fn with_lines(lines: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = FileLog::new(directory.path().join("store"));
        for seq in 0..lines {
            block_on(log.append(&run(), seq, format!("line {seq}").as_bytes())).unwrap();
        }
        Self { directory, log }
    }

    fn file(&self) -> PathBuf {
        self.log.path(&run())
    }

    fn append(&self, seq: u64) -> Result<(), PutError> {
        block_on(
            self.log
                .append(&run(), seq, format!("line {seq}").as_bytes()),
        )
    }
}

#[test]
fn each_line_is_there_with_its_line_feed() {
    let place = Place::with_lines(3);
    let bytes = block_on(place.log.read(&run())).unwrap().unwrap();
    assert_eq!(bytes, b"line 0\nline 1\nline 2\n");
}

#[test]
fn a_number_can_be_taken_once_and_none_can_be_left_out() {
    let place = Place::with_lines(3);
    for seq in [0, 1, 2, 4, 100] {
        assert_eq!(place.append(seq), Err(PutError::Lost), "{seq}");
    }
    place.append(3).unwrap();
    assert_eq!(Place::with_lines(0).append(1), Err(PutError::Lost));
}

#[test]
fn the_last_line_is_told_without_the_beginning_of_another() {
    let place = Place::with_lines(3);
    let last = || block_on(place.log.last_line(&run()));
    assert_eq!(last(), Ok(Some(b"line 2".to_vec())));
    let mut file = open_to_write(&place.file()).unwrap();
    file.write_all(b"lin").unwrap();
    assert_eq!(last(), Ok(Some(b"line 2".to_vec())));
    assert_eq!(
        block_on(Place::with_lines(0).log.last_line(&run())),
        Ok(None)
    );
}

#[test]
fn a_line_that_holds_a_line_feed_is_refused() {
    let place = Place::with_lines(1);
    let Err(PutError::Store(error)) = block_on(place.log.append(&run(), 1, b"a\nb")) else {
        panic!("it would be two lines");
    };
    assert_eq!(error.class, ErrorClass::Invalid);
}

/// A process that is killed while it writes leaves the beginning of a line.
#[test]
fn after_a_write_that_was_cut_off_anywhere_a_repair_keeps_every_whole_line() {
    for cut in 1..="line 3".len() {
        let place = Place::with_lines(3);
        let mut file = open_to_write(&place.file()).unwrap();
        file.write_all(&b"line 3"[..cut]).unwrap();
        let Err(PutError::Store(refused)) = place.append(3) else {
            panic!("cut at {cut}: it would join two lines");
        };
        assert_eq!(refused.class, ErrorClass::Conflict);
        let whole = "line 0\nline 1\nline 2\n";
        block_on(place.log.repair(&run(), whole.len() as u64)).unwrap();
        assert_eq!(fs::read_to_string(place.file()).unwrap(), whole);
        place.append(3).unwrap();
    }
}

#[test]
fn a_repair_never_removes_a_whole_line() {
    let place = Place::with_lines(3);
    let before = fs::read(place.file()).unwrap();
    for keep in 0..before.len() as u64 {
        let error = block_on(place.log.repair(&run(), keep)).unwrap_err();
        assert_eq!(error.class, ErrorClass::Conflict, "{keep}");
    }
    block_on(place.log.repair(&run(), before.len() as u64)).unwrap();
    assert_eq!(fs::read(place.file()).unwrap(), before);
}

#[test]
fn a_header_that_was_not_wholly_written_is_no_run() {
    let place = Place::with_lines(0);
    let folder = place.file().parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(".journal.jsonl.1-0.tmp"), "lin").unwrap();
    assert_eq!(block_on(place.log.read(&run())), Ok(None));
    assert_eq!(block_on(place.log.runs()), Ok(vec![]));
    place.append(0).unwrap();
    assert_eq!(block_on(place.log.runs()), Ok(vec![run()]));
}

#[test]
fn of_many_writers_at_once_each_number_goes_to_one() {
    let place = Place::with_lines(1);
    let log = Arc::new(place.log.clone());
    let threads: Vec<_> = (0..4)
        .map(|writer| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                let mine = |seq: u64| format!("{writer} wrote {seq}");
                (1..=25)
                    .filter(
                        |seq| match block_on(log.append(&run(), *seq, mine(*seq).as_bytes())) {
                            Ok(()) => true,
                            Err(PutError::Lost) => false,
                            Err(other) => panic!("{other}"),
                        },
                    )
                    .map(mine)
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let mut told: Vec<String> = threads
        .into_iter()
        .flat_map(|t| t.join().unwrap())
        .collect();
    let there = fs::read_to_string(place.file()).unwrap();
    let mut lines: Vec<&str> = there.lines().skip(1).collect();
    lines.sort_unstable();
    told.sort_unstable();
    assert_eq!(lines, told);
}

#[test]
fn an_append_waits_for_another_process_that_is_writing() {
    let place = Place::with_lines(1);
    let other = File::open(place.file()).unwrap();
    other.lock().unwrap();
    block_on(async {
        let run = run();
        let mut append = place.log.append(&run, 1, b"line 1");
        assert!(poll_once(append.as_mut()).is_none());
        assert_eq!(fs::read_to_string(place.file()).unwrap(), "line 0\n");
        other.unlock().unwrap();
        append.await.unwrap();
    });
}

#[test]
fn an_error_tells_the_run_and_not_where_the_journals_are() {
    let place = Place::with_lines(0);
    fs::write(place.directory.path().join("store"), "a file").unwrap();
    let Err(PutError::Store(error)) = place.append(0) else {
        panic!("a file holds no journals");
    };
    assert_eq!(error.place, "runs/failover-1/journal.jsonl");
    let root = place.directory.path().to_str().unwrap();
    assert!(!error.to_string().contains(root), "{error}");
}

/// A socket stands for a disk that takes what is written and never confirms it: it cannot be synced (fsync(2), `EINVAL`).
#[test]
fn a_line_that_the_disk_does_not_confirm_is_not_taken_for_written() {
    let (here, mut there) = std::os::unix::net::UnixStream::pair().unwrap();
    there.write_all(b"line 0\n").unwrap();
    there.shutdown(std::net::Shutdown::Write).unwrap();
    let file = File::from(std::os::fd::OwnedFd::from(here));
    let refused = append_line(&call("append-journal", &run()), file, 1, b"line 1\n");
    assert!(matches!(refused, Err(PutError::Store(_))), "{refused:?}");
    let mut arrived = String::new();
    there.read_to_string(&mut arrived).unwrap();
    assert_eq!(arrived, "line 1\n", "it was written and could be read back");
}
