use super::*;

#[tokio::test]
async fn is_for_its_owner_only_and_keeps_what_it_was_given() {
    let (folder, store) = store().await;
    let path = folder.path().join("data/dockrev.db");
    let expected = job("job", 1, JobState::first());
    store.create(&expected).await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("data")), 0o700);
    for file in std::fs::read_dir(folder.path().join("data")).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    store.close().await;
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.job(&expected.id).await.unwrap(), Some(expected));
}

#[tokio::test]
async fn every_connection_is_durable_and_keeps_references() {
    let (_folder, store) = store().await;
    let mut connections = Vec::new();
    for _ in 0..store.pool.options().get_max_connections() {
        connections.push(store.pool.acquire().await.unwrap());
    }
    for connection in &mut connections {
        let mode: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut **connection).await.unwrap();
        let synchronous: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(&mut **connection).await.unwrap();
        let foreign_keys: i64 = sqlx::query_scalar("pragma foreign_keys").fetch_one(&mut **connection).await.unwrap();
        assert_eq!((mode.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
    }
}

#[tokio::test]
async fn two_handles_write_side_by_side() {
    const STEPS: i64 = 40;
    let (folder, first) = store().await;
    let second = Store::open(&folder.path().join("data/dockrev.db")).await.unwrap();
    let ids = [JobId::new("one"), JobId::new("two")];
    first.create(&job("one", 1, JobState::first())).await.unwrap();
    second.create(&job("two", 2, JobState::first())).await.unwrap();
    let write = async |store: Store, id: JobId| {
        for number in 0..STEPS {
            let entry = entry(number, Stage::Apply, Direction::Do, Step::Did(Effect::ComposeUp));
            store.record(&id, &JobState::Running { stage: Stage::Apply }, &entry).await.unwrap();
            store.append_log(&id, &[line(number.to_string())]).await.unwrap();
        }
    };
    tokio::join!(write(first.clone(), ids[0].clone()), write(second.clone(), ids[1].clone()));
    for id in &ids {
        assert_eq!(first.journal(id).await.unwrap().len(), STEPS as usize);
        assert_eq!(second.log(id, 1).await.unwrap(), [line((STEPS - 1).to_string())]);
    }
}

#[tokio::test]
async fn several_may_make_it_at_the_same_time() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dockrev.db");
        let (first, second, third) = tokio::join!(Store::open(&path), Store::open(&path), Store::open(&path));
        first.unwrap().create(&job("one", 1, JobState::first())).await.unwrap();
        second.unwrap().create(&job("two", 2, JobState::first())).await.unwrap();
        assert_eq!(ids(&third.unwrap().jobs(5).await.unwrap()), ["two", "one"]);
    }
}

#[tokio::test]
async fn closed_sets_are_guarded() {
    let (_folder, store) = store().await;
    store.create(&job("job", 1, JobState::first())).await.unwrap();
    let error = sqlx::query("update job set state = 'paused'").execute(&store.pool).await.unwrap_err();
    assert!(error.to_string().contains("CHECK constraint failed"), "{error}");
}

#[tokio::test]
async fn leaves_a_newer_schema_alone() {
    let (folder, store) = store().await;
    let path = folder.path().join("data/dockrev.db");
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
         values (9999, 'later', true, x'00', 0)",
    )
    .execute(&store.pool)
    .await
    .unwrap();
    store.close().await;
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::NewerSchema { found: 9999, .. }), "{error}");
    assert!(error.to_string().contains("newer version of Dockrev"), "{error}");
}

#[tokio::test]
async fn tells_a_damaged_file_from_one_that_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dockrev.db");
    std::fs::write(&path, "not a database, and long enough to be looked at: ".repeat(100)).unwrap();
    let error = Store::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    let error = Store::open(folder.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::CannotOpen { .. }), "{error}");
    let error = Store::open(&path.join("below-a-file.db")).await.unwrap_err();
    assert!(matches!(error, OpenError::CannotOpen { .. }), "{error}");
}
