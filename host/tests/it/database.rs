//! A real database in a container: a new version migrates it and turns unhealthy, and the old one reads its old data.

use crate::stage::{Ran, Stage};
use dockrev_testkit::{App, Compose, Mode, Project, program};
use std::path::Path;
use std::process::Command;

/// Where the program is on this machine, and in the image.
const SQLITE: &str = "/usr/bin/sqlite3";
/// Customers that the first version begins with.
const CUSTOMERS: usize = 1_000;

/// What both versions do with their data: `open` makes or migrates it, `check` reads all of it.
const STORE: &str = r#"#!/bin/sh
schema=$(cat /app/schema)
sql() { /usr/bin/sqlite3 -bail /data/shop.db "$1"; }
if [ "$1" = open ]; then
    case "$(sql 'pragma user_version')-$schema" in
    0-1)
        sql "pragma journal_mode = wal;
             create table customer (id integer primary key, name text not null);
             with recursive n(i) as (values (1) union all select i + 1 from n where i < 1000)
             insert into customer select i, 'customer ' || i from n;
             pragma user_version = 1;"
        ;;
    1-2)
        sql "begin;
             alter table customer rename column name to full_name;
             alter table customer add column greeting text;
             update customer set greeting = 'dear ' || full_name, full_name = upper(full_name);
             pragma user_version = 2;
             commit;"
        ;;
    1-1 | 2-2) ;;
    *) exit 1 ;;
    esac
else
    column=name
    [ "$schema" = 2 ] && column=full_name
    [ "$(sql "select count(*) >= 1000 and min(length($column)) > 0 from customer")" = 1 ]
fi
"#;

/// The program and the libraries that its loader asks for.
fn sqlite(app: App) -> App {
    assert!(Path::new(SQLITE).exists(), "`{SQLITE}` is missing: run `cargo xtask setup`");
    let libraries = program::output(Command::new("ldd").arg(SQLITE)).expect("ldd");
    let paths = libraries.split_whitespace().filter(|word| word.starts_with('/'));
    paths.chain([SQLITE]).fold(app, |app, path| {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        app.file(path.trim_start_matches('/'), bytes, 0o755)
    })
}

fn push(stage: &Stage, repository: &str, schema: u32, mode: Mode) {
    let tag = format!("{schema}.0");
    let app = App::new(&tag, mode).store(STORE.as_bytes()).file("app/schema", schema.to_string(), 0o644);
    let image = sqlite(app).build().expect("an image");
    stage.registry.client().push(repository, &tag, &image).expect("a push");
}

fn project(stage: &Stage, repository: &str) -> Project {
    let text = format!(
        "services:\n  shop:\n    image: {}/{repository}:1.0\n    stop_grace_period: 1s\n    volumes:\n      - data:/data\n\
         volumes:\n  data:\n",
        stage.registry.host()
    );
    let project = Project::from_text(&stage.engine, &stage.compose, "dockrev-test", &text).expect("a project");
    project.up().expect("the project starts");
    project.wait_healthy("shop").expect("a healthy service");
    project
}

/// What the database in the running container answers.
fn ask(stage: &Stage, project: &Project, sql: &str) -> String {
    let container = project.service("shop").expect("a container").container_id;
    let answer = stage.engine.run(&["exec", &container, SQLITE, "/data/shop.db", sql]);
    answer.expect("an answer").trim().to_owned()
}

fn update(stage: &Stage, project: &Project, restore: Option<&str>) -> Ran {
    let service = format!("{}/shop", project.name());
    let mut command = stage.command(&["update", "--service", &service, "--to", "2.0", "--yes"]);
    if let Some(restore) = restore {
        command.env("DOCKREV_RESTORE_DATA", restore);
    }
    crate::stage::run(&mut command)
}

#[test]
fn the_old_version_reads_its_old_data_after_a_migration() {
    for stage in Stage::with_each_compose() {
        push(&stage, "db/shop", 1, Mode::Healthy);
        push(&stage, "db/shop", 2, Mode::Unhealthy);
        let project = project(&stage, "db/shop");
        ask(&stage, &project, "insert into customer (name) values ('the newest one')");
        update(&stage, &project, None).ends_with(1).says("rolled back");
        project.wait_healthy("shop").expect("the old version is healthy");
        assert_eq!(ask(&stage, &project, "pragma user_version"), "1");
        assert_eq!(ask(&stage, &project, "pragma integrity_check"), "ok");
        assert_eq!(ask(&stage, &project, "select count(*) from customer"), (CUSTOMERS + 1).to_string());
        assert_eq!(ask(&stage, &project, "select name from customer where id = 7"), "customer 7");
        assert_eq!(ask(&stage, &project, "select name from customer order by id desc limit 1"), "the newest one");
    }
}

#[test]
fn a_healthy_version_keeps_what_it_migrated() {
    let stage = Stage::new(Compose::any().expect("Compose"));
    push(&stage, "db/kept", 1, Mode::Healthy);
    push(&stage, "db/kept", 2, Mode::Healthy);
    let project = project(&stage, "db/kept");
    update(&stage, &project, None).ends_with(0);
    assert_eq!(ask(&stage, &project, "pragma user_version"), "2");
    assert_eq!(ask(&stage, &project, "select greeting from customer where id = 7"), "dear customer 7");
}

#[test]
fn a_warning_says_what_it_means_to_leave_data_where_it_is() {
    let stage = Stage::new(Compose::any().expect("Compose"));
    push(&stage, "db/stays", 1, Mode::Healthy);
    push(&stage, "db/stays", 2, Mode::Unhealthy);
    let project = project(&stage, "db/stays");
    let ran = update(&stage, &project, Some("never")).ends_with(1);
    let target = format!("volume:{}_data", project.name());
    let warning =
        format!("a rollback does not put {target} back: the old version would find what the new one made of it");
    assert!(ran.out.contains(&warning) || ran.err.contains(&warning), "{}\n{}", ran.out, ran.err);
    // As it said: the old version does not start with what the new one made of its data, and a person has to look.
    let job = &stage.jobs()[0];
    assert_eq!(job["state"]["type"], "needs-attention", "{job:#}");
    assert_eq!(job["state"]["undo_failure"]["code"], "rollback.not-healthy", "{job:#}");
    // The copy is there, and brings the service back.
    stage.dockrev(&["backup", "restore", project.name(), "--yes"]).says("restored");
    stage.dockrev(&["restart", "--stack", project.name()]).ends_with(0);
    project.wait_healthy("shop").expect("the old version is healthy");
    assert_eq!(ask(&stage, &project, "select name from customer where id = 7"), "customer 7");
}
