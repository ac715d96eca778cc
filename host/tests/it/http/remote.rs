use super::served::Served;
use crate::stage::{Ran, Stage, footprint, run};
use dockrev_testkit::{Compose, Mode};

/// A person at another machine: nothing here to work on, an address and a token.
struct Person<'a> {
    stage: &'a Stage,
    server: String,
    token: &'a str,
}

impl Person<'_> {
    fn types(&self, arguments: &[&str]) -> Ran {
        let mut command = self.stage.command(arguments);
        command
            .env("DOCKER_HOST", "unix:///nowhere.sock")
            .env("DOCKREV_DATA_DIR", "/proc/nowhere")
            .env("DOCKREV_COMPOSE_BIN", "false")
            .env("DOCKREV_SERVER", &self.server)
            .env("DOCKREV_TOKEN", self.token);
        run(&mut command)
    }
}

/// The whole way by the command line, and all of it is done by the server.
#[test]
fn the_command_line_has_a_server_do_it() {
    let stage = Stage::new(Compose::any().unwrap());
    stage.push("r/web", "1.0.0", Mode::Healthy);
    let api_old = stage.push("r/api", "1.0.0", Mode::Healthy);
    let volume = stage.service("web", "r/web:1.0.0").line("volumes: ['/data']");
    let project = stage.project(&[volume, stage.service("api", "r/api:1.0.0")], &["web", "api"]);
    let web_new = stage.push("r/web", "1.1.0", Mode::Healthy);
    stage.push("r/api", "1.1.0", Mode::Unhealthy);
    let token = stage.token("admin");
    let served = Served::start(&stage, &[], &[]);
    let server = format!("http://{}", served.address);
    let person = Person { stage: &stage, server: server.clone(), token: &token };

    person.types(&["check", "--stack", project.name()]).ends_with(0).says("1.1.0").says("2 update");
    person.types(&["check", "--stack", "nowhere"]).ends_with(1).complains("stack.not-found");
    let check = person.types(&["check", "--json", "--exit-code"]).ends_with(2).json();
    assert_eq!(check["format"], "dockrev.check/1");

    let web = format!("{}/web", project.name());
    person.types(&["ignore", "add", &web, "--exact", "1.1.0"]).ends_with(0).says("now ignores exact `1.1.0`");
    person.types(&["ignore", "list"]).ends_with(0).says(&web);
    person.types(&["update", "--service", &web, "--yes"]).ends_with(0).says("nothing to update");
    person.types(&["ignore", "remove", "1"]).ends_with(0);

    let before = footprint(&project, "web");
    let dry = person.types(&["update", "--stack", project.name(), "--dry-run"]).ends_with(0);
    dry.says("volume:").says("dry run: nothing was changed");
    person.types(&["update", "--stack", project.name()]).ends_with(1).complains("consent.missing");
    assert_eq!(footprint(&project, "web"), before);
    let updated = person.types(&["update", "--stack", project.name(), "--yes", "--verbose"]).ends_with(1);
    updated.says("rolled back: the old image runs again").says("RUNS NOW").says("updated");
    assert!(project.service("web").unwrap().runs(&web_new) && project.service("api").unwrap().runs(&api_old));

    let listed = person.types(&["jobs", "list"]).ends_with(0).says("rolled-back");
    let job = listed.out.lines().find(|line| line.contains(&web)).and_then(|line| line.split_whitespace().next());
    let job = job.expect("the job of web");
    person.types(&["jobs", "show", &job[..20]]).ends_with(0).says("token:test-admin").says("did: ").says("good after");
    person.types(&["jobs", "show", "nothing"]).ends_with(1).complains("job.not-found");
    person.types(&["backup", "verify", project.name()]).ends_with(0).says("is whole");
    person.types(&["rollback", job, "--yes"]).ends_with(0).says("rolled back: the old image runs again");
    person.types(&["stop", "--service", &web]).ends_with(0).says("stopped");
    person.types(&["start", "--service", &web]).ends_with(0).says("started");
    // What else it finds is about whatever runs on this engine.
    person.types(&["doctor"]).says("answers: version");

    person.types(&["plugin", "list"]).ends_with(1).complains("server.not-there");
    let stranger = Person { stage: &stage, server: server.clone(), token: "dockrev_wrong" };
    stranger.types(&["check"]).ends_with(1).complains("does not know the token");
    let reader = stage.token("read");
    let reader = Person { stage: &stage, server, token: &reader };
    reader.types(&["jobs", "list"]).ends_with(0);
    reader.types(&["check"]).ends_with(1).complains("access.scope-too-small");
    drop(served);
    person.types(&["check"]).ends_with(1).complains("server.unreachable");
}
