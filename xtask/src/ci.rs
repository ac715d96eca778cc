use crate::failure::Failure;
use crate::step::{self, Steps};
use crate::{api, browser, demo, documents, image, licences, page, setup, test, workspace};

/// Runs everything that must pass, the cheap checks first, and says how long each took.
pub(crate) fn run() -> Result<(), Failure> {
    let mut steps = Steps::default();
    let result = in_steps(&mut steps);
    steps.summary();
    if result.is_ok() {
        println!("All of it passed.");
    }
    result
}

fn in_steps(steps: &mut Steps) -> Result<(), Failure> {
    steps.run("format", || step::command(&mut workspace::cargo(&["fmt", "--all", "--check"])))?;
    steps.run("licences", licences::check)?;
    steps.run("generated documents", || documents::run(&["--check".to_owned()]))?;
    steps.run("set up", || setup::run(setup::Level::Tests))?;
    steps.run("build page", page::build)?;
    steps.run("check page", page::check)?;
    steps.run("lint", || {
        let arguments = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"];
        step::command(&mut workspace::cargo(&arguments))
    })?;
    test::in_steps(steps, test::Which::Usual, &[])?;
    browser::in_steps(steps, browser::Purpose::Tests)?;
    api::in_steps(steps, &api::Options::brief())?;
    steps.run("demo", || demo::run(&demo::Options::headless(workspace::tested_program())))?;
    steps.run("image", || image::run(&image::Options::trial(workspace::tested_program())))
}
