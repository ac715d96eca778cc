//! An update that was started from outside and did not come to its end: cancelled, or with the server gone.

use super::events::Stream;
use super::served::Served;
use crate::stage::Stage;
use dockrev_testkit::{Compose, Mode, Project, Pushed};
use serde_json::{Value, json};

/// How long the new version takes to become healthy, in seconds: long enough to end the server meanwhile.
const SLOW_S: u32 = 25;

struct Update {
    stage: Stage,
    project: Project,
    token: String,
    old: Pushed,
    new: Pushed,
}

/// What was asked for when the update was begun.
struct Begun {
    plan: String,
    job: String,
}

impl Update {
    fn of(repository: &str) -> Self {
        let stage = Stage::new(Compose::any().unwrap());
        let old = stage.push(repository, "1.0", Mode::Healthy);
        let project = stage.project(&[stage.service("web", &format!("{repository}:1.0"))], &["web"]);
        let new = stage.push(repository, "1.1", Mode::Slow(SLOW_S));
        let token = stage.token("update");
        Self { stage, project, token, old, new }
    }

    fn serve(&self) -> Served {
        Served::start(&self.stage, &[], &[])
    }

    /// Starts it, and comes back when its job waits for the new version.
    fn begin(&self, served: &Served) -> Begun {
        let mut stream = Stream::open(served, &self.token, None);
        let asked = json!({ "what": { "stack": self.project.name() } });
        let plan = served.post(&self.token, "/api/v1/plans", &asked).is(201).json()["id"].as_str().unwrap().to_owned();
        let started = served.post(&self.token, "/api/v1/jobs", &json!({ "plan": plan })).is(202).json();
        let job = started["run"]["items"][0]["job"].as_str().unwrap().to_owned();
        loop {
            let told: Value = serde_json::from_str(&stream.next_of("job").data).unwrap();
            if told["id"] == job.as_str() && told["stage"] == "verify" {
                return Begun { plan, job };
            }
        }
    }

    /// After a restart, what is said is what is there.
    fn is_settled(&self, served: &Served, begun: &Begun) {
        let get = |path: String| served.get(&self.token, &path).is(200).json();
        let job = get(format!("/api/v1/jobs/{}", begun.job));
        let runs = self.project.service("web").unwrap();
        match job["job"]["state"].as_str().unwrap() {
            "updated" => assert!(runs.runs(&self.new), "{job:#}"),
            "rolled-back" => assert!(runs.runs(&self.old), "{job:#}"),
            other => panic!("{other}: {job:#}"),
        }
        self.project.wait_healthy("web").expect("it is healthy either way");
        let plan = get(format!("/api/v1/plans/{}", begun.plan));
        assert_eq!(plan["run"]["state"], "interrupted", "{plan:#}");
        assert_eq!(get("/api/v1/system".to_owned())["active"], 0);
    }
}

#[test]
fn a_server_that_is_killed_in_the_middle_tells_the_truth_afterwards() {
    let update = Update::of("ka/web");
    let served = update.serve();
    let begun = update.begin(&served);
    drop(served);
    let served = update.serve();
    update.is_settled(&served, &begun);
}

#[test]
fn a_server_that_is_asked_to_end_leaves_the_job_to_the_next_one() {
    let update = Update::of("kb/web");
    let served = update.serve();
    let begun = update.begin(&served);
    assert_eq!(served.stop(), Some(0));
    let served = update.serve();
    update.is_settled(&served, &begun);
}

#[test]
fn a_job_that_is_cancelled_undoes_itself() {
    let update = Update::of("kc/web");
    let served = update.serve();
    let begun = update.begin(&served);
    let mut stream = Stream::open(&served, &update.token, None);
    served.post(&update.token, &format!("/api/v1/jobs/{}/cancel", begun.job), &json!({})).is(202);
    loop {
        let told: Value = serde_json::from_str(&stream.next_of("job").data).unwrap();
        if told["id"] == begun.job.as_str() && told["state"] == "rolled-back" {
            assert_eq!(told["cause"]["code"], "job.cancelled", "{told:#}");
            break;
        }
    }
    assert!(update.project.service("web").unwrap().runs(&update.old));
}
