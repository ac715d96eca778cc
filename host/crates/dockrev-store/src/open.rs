//! Opening the database.

use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("../../../migrations");

/// Connections to the database. SQLite has one writer at a time; the others serve readers.
const CONNECTIONS_MAX: u32 = 4;
/// Wait for a connection: longer than any query takes, short enough to report.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
/// Wait for another process that writes: each of our transactions takes milliseconds, a busy disk stretches them.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Wait for another program that is opening the same database: it may be bringing old tables up to date.
const OPENING_TIMEOUT: Duration = Duration::from_secs(60);
/// The database tells what runs on the host: for its owner only.
const FILE_MODE: u32 = 0o600;
/// As [`FILE_MODE`].
const FOLDER_MODE: u32 = 0o700;
/// Added to the database's name for the file that is locked while it is opened.
const LOCK_SUFFIX: &str = ".lock";

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: SqlitePool,
}

/// The database cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It cannot be opened or made.
    #[error("could not open the database `{}`: {reason}", path.display())]
    CannotOpen {
        /// Its file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It was written by a newer Dockrev.
    #[error(
        "the database `{}` is from a newer version of Dockrev (schema {found}, this one knows up to {known})",
        path.display()
    )]
    NewerSchema {
        /// Its file.
        path: PathBuf,
        /// The newest migration in it.
        found: i64,
        /// The newest migration that this program has.
        known: i64,
    },
    /// A copy of it cannot be written.
    #[error("could not copy the database to `{}`: {reason}", path.display())]
    CannotCopy {
        /// Where to.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It is damaged.
    #[error("the database `{}` is damaged: {reason}", path.display())]
    Corrupt {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl Store {
    /// Opens the database at `path`, making folder, file and tables as needed.
    ///
    /// # Errors
    ///
    /// It cannot be opened or made, is from a newer Dockrev, or is damaged.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let cannot_open = |reason: String| OpenError::CannotOpen { path: path.to_owned(), reason };
        let lock = prepare(path).map_err(|error| cannot_open(error.to_string()))?;
        let _alone = alone(lock).await.map_err(cannot_open)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // A recorded step has to survive a power cut; the default for a write-ahead log does not see to that.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // Connections to a file do not age. Without these limits the pool has no task that looks for aged ones, which in rare
            // cases keeps a processor busy for ever and the process from ending (sqlx issue 3645).
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(|error| unusable(path, &error))?;
        check(&pool)
            .await
            .map_err(|error| unusable(path, &error))?
            .map_or(Ok(()), |reason| Err(OpenError::Corrupt { path: path.to_owned(), reason }))?;
        MIGRATIONS.run(&pool).await.map_err(|error| not_migrated(path, &error))?;
        Ok(Self { pool })
    }

    /// Writes a copy to `path`, which is whole whatever others write meanwhile.
    ///
    /// # Errors
    ///
    /// There is a file already, or it cannot be written.
    pub async fn copy_to(&self, path: &Path) -> Result<(), OpenError> {
        let failed = |reason: String| OpenError::CannotCopy { path: path.to_owned(), reason };
        let text = path.to_str().ok_or_else(|| failed("its name is not text".to_owned()))?;
        // Made here, so that it is never open to others; SQLite takes an empty file as none.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(FILE_MODE).open(path).map_err(|error| failed(error.to_string()))?;
        let copied = sqlx::query("vacuum into $1").bind(text).execute(&self.pool).await;
        copied.map(drop).map_err(|error| {
            // Half a copy is none.
            let _ = fs::remove_file(path);
            failed(error.to_string())
        })
    }

    /// Closes all connections and folds the write-ahead log into the file. Without it nothing is lost.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Makes the folder and an empty file before SQLite does, so that neither is ever open to others, and opens the lock
/// beside it. SQLite gives the write-ahead log the mode of the database.
///
/// A database that exists is not opened here: closing it again would undo the locks that SQLite may hold on it in this
/// process.
fn prepare(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    }
    match OpenOptions::new().create_new(true).write(true).mode(FILE_MODE).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_file() => {
            fs::set_permissions(path, Permissions::from_mode(FILE_MODE))?;
        }
        made => drop(made?),
    }
    let mut lock = path.as_os_str().to_owned();
    lock.push(LOCK_SUFFIX);
    OpenOptions::new().create(true).append(true).mode(FILE_MODE).open(lock)
}

/// Waits until no other program is opening the database. SQLite itself guards neither the switch to the write-ahead
/// log nor the making of tables against a second one.
async fn alone(lock: File) -> Result<File, String> {
    let locked = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock));
    match tokio::time::timeout(OPENING_TIMEOUT, locked).await {
        Ok(Ok(locked)) => locked.map_err(|error| error.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("another program has been opening it for {} s", OPENING_TIMEOUT.as_secs())),
    }
}

/// What SQLite finds wrong, if anything.
async fn check(pool: &SqlitePool) -> Result<Option<String>, sqlx::Error> {
    let verdict: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(pool).await?;
    Ok((verdict != "ok").then_some(verdict))
}

fn unusable(path: &Path, error: &sqlx::Error) -> OpenError {
    /// Result codes of SQLite: the file is malformed, and the file is no database.
    const CORRUPT: [&str; 2] = ["11", "26"];
    let path = path.to_owned();
    let reason = error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
    match error.as_database_error().and_then(|error| error.code()) {
        Some(code) if CORRUPT.contains(&code.as_ref()) => OpenError::Corrupt { path, reason },
        Some(_) | None => OpenError::CannotOpen { path, reason },
    }
}

fn not_migrated(path: &Path, error: &MigrateError) -> OpenError {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    if let MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _) = error
        && *found > known
    {
        return OpenError::NewerSchema { path: path.to_owned(), found: *found, known };
    }
    if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
        return unusable(path, error);
    }
    OpenError::Corrupt { path: path.to_owned(), reason: error.to_string() }
}
