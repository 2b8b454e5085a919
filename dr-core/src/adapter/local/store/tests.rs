//! The rules of an object store, for a directory and for memory; and what only a directory can get wrong.

use std::sync::Arc;

use super::super::MemoryStore;
use super::*;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(work)
}

fn on_every_store(test: impl AsyncFnOnce(&dyn ObjectStore) + Copy) {
    block_on(test(&MemoryStore::new()));
    let directory = tempfile::tempdir().unwrap();
    block_on(test(&DirectoryStore::new(directory.path().join("store"))));
}

#[test]
fn an_object_is_created_once() {
    on_every_store(async |store| {
        assert_eq!(store.get("a/b.json").await, Ok(None));
        let etag = store.create("a/b.json", b"one").await.unwrap();
        assert_eq!(store.create("a/b.json", b"two").await, Err(PutError::Lost));
        let there = store.get("a/b.json").await.unwrap().unwrap();
        assert_eq!((there.bytes, there.etag), (b"one".to_vec(), etag));
    });
}

#[test]
fn an_object_is_replaced_only_if_it_is_as_it_was_read() {
    on_every_store(async |store| {
        let first = store.create("lock", b"one").await.unwrap();
        let second = store.replace("lock", b"two", &first).await.unwrap();
        assert_ne!(first, second);
        let stale = store.replace("lock", b"three", &first).await;
        assert_eq!(stale, Err(PutError::Lost));
        let there = store.get("lock").await.unwrap().unwrap();
        assert_eq!((there.bytes, there.etag), (b"two".to_vec(), second));
    });
}

#[test]
fn what_is_not_there_is_not_replaced() {
    on_every_store(async |store| {
        let answer = store.replace("lock", b"one", &etag(b"")).await;
        assert_eq!(answer, Err(PutError::Lost));
        assert_eq!(store.get("lock").await, Ok(None));
    });
}

#[test]
fn keys_are_listed_by_prefix_and_sorted() {
    on_every_store(async |store| {
        assert_eq!(store.list("").await, Ok(vec![]));
        for key in ["runs/b/2", "runs/a/1", "runs/b/1", "runs-old", "x"] {
            store.create(key, b"").await.unwrap();
        }
        let runs = store.list("runs/").await.unwrap();
        assert_eq!(runs, ["runs/a/1", "runs/b/1", "runs/b/2"]);
        assert_eq!(store.list("runs/b/").await.unwrap().len(), 2);
        assert_eq!(store.list("runs").await.unwrap().len(), 4);
        assert_eq!(store.list("none/").await, Ok(vec![]));
        assert_eq!(store.list("").await.unwrap().len(), 5);
    });
}

#[test]
fn a_key_cannot_lead_out_of_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::new(directory.path().join("store"));
    block_on(async {
        for key in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a//b",
            "a/",
            ".hidden",
            "a/.lock",
            "a\\b",
            "a\0b",
            "a b",
        ] {
            let error = store.get(key).await.expect_err(key);
            assert_eq!(error.class, ErrorClass::Invalid, "{key}");
            assert!(store.create(key, b"").await.is_err(), "{key}");
            assert!(store.replace(key, b"", &etag(b"")).await.is_err(), "{key}");
        }
        for prefix in ["../", "/etc/", "a/../"] {
            assert!(store.list(prefix).await.is_err(), "{prefix}");
        }
    });
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn files_that_are_not_objects_are_not_listed() {
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::new(directory.path());
    block_on(async {
        let etag = store.create("a/lock", b"one").await.unwrap();
        store.replace("a/lock", b"two", &etag).await.unwrap();
        // As a process leaves it that dies while it writes.
        fs::write(directory.path().join("a/.lock.1-1.tmp"), "half").unwrap();
        assert_eq!(store.list("").await.unwrap(), ["a/lock"]);
    });
}

#[test]
fn an_error_tells_the_key_and_not_where_the_store_is() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("secret-place");
    fs::write(&root, "a file, no directory").unwrap();
    let store = DirectoryStore::new(&root);
    let Err(PutError::Store(error)) = block_on(store.create("a/lock", b"")) else {
        panic!("a file holds no objects");
    };
    assert_eq!(error.place, "a/lock");
    assert!(!error.to_string().contains("secret-place"), "{error}");
}

/// Many threads write at once; each says whether it won.
fn contest(write: impl Fn(usize) -> Result<Etag, PutError> + Send + Sync + 'static) -> usize {
    let write = Arc::new(write);
    let threads: Vec<_> = (0..8)
        .map(|i| {
            let write = Arc::clone(&write);
            std::thread::spawn(move || match write(i) {
                Ok(_) => 1,
                Err(PutError::Lost) => 0,
                Err(other) => panic!("{other}"),
            })
        })
        .collect();
    threads.into_iter().map(|t| t.join().unwrap()).sum()
}

#[test]
fn of_many_who_write_at_once_one_wins() {
    let directory = tempfile::tempdir().unwrap();
    let store = DirectoryStore::new(directory.path());
    for round in 0..20 {
        let key = format!("round-{round}");
        let (s, k) = (store.clone(), key.clone());
        let created = contest(move |i| block_on(s.create(&k, &[u8::try_from(i).unwrap()])));
        assert_eq!(created, 1);
        let was = block_on(store.get(&key)).unwrap().unwrap().etag;
        let (s, k) = (store.clone(), key.clone());
        let replaced =
            contest(move |i| block_on(s.replace(&k, &[100 + u8::try_from(i).unwrap()], &was)));
        assert_eq!(replaced, 1);
    }
    assert_eq!(block_on(store.list("")).unwrap().len(), 20);
}
