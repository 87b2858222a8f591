//! Sends the API requests that its description allows, and many that it does not, and checks each response against it.
//! schemathesis generates them (`tests/contract/schemathesis.toml`, `hooks.py`); `cargo contract --help` shows the options.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a harness that cannot go on should say where"
)]

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

use std::{
    process::{Command, ExitCode},
    time::Duration,
};

use carillon_local::stack::{python, workspace};
use clap::Parser;
use serde_json::json;

use crate::support::World;

/// The default seed, so that CI sends the same requests each time.
const SEED: u64 = 15;

/// Tests the API against its OpenAPI description.
#[derive(Parser)]
#[command(name = "cargo contract")]
struct Arguments {
    /// How many seconds to send requests
    #[arg(long, default_value_t = 90)]
    seconds: u64,
    /// Use another seed
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Test only these operations, by `operationId`
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Passed by cargo; ignored
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let requirements = workspace::root().join("infra/local/requirements-contract.txt");
    let programs = python::programs("contract", &requirements);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = World::alone("contract").await;
        let known = Known::make(&world).await;
        let url = world.stack.details().api_url();
        let folder = workspace::root().join("tests/contract");
        let mut command = Command::new(programs.join("st"));
        command
            .current_dir(&folder)
            .arg("--config-file=schemathesis.toml")
            .args(["run", &format!("{url}/openapi.json"), "--no-color"])
            .arg(format!("--seed={}", arguments.seed))
            .arg(format!("--max-time={}", arguments.seconds))
            .args(["--max-failures=50", "--report=json"])
            .arg(format!(
                "--report-dir={}",
                workspace::local_directory()
                    .join("contract-report")
                    .display()
            ))
            .env("PYTHONPATH", &folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("NO_PROXY", "*")
            .env("CARILLON_API_URL", &url)
            .env("CARILLON_API_KEY", &world.key)
            .env("DRAFT", &known.draft)
            .env("COMPLETED", &known.completed)
            .env("RECEIVER", &known.receiver)
            .env("IMPORT", &known.import);
        for operation in &arguments.only {
            command.arg(format!("--include-operation-id={operation}"));
        }
        // The time limit is for starting requests; schemathesis finishes those in flight itself.
        let patience = Duration::from_secs(arguments.seconds + 120);
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .expect("schemathesis starts");
        let ended = tokio::time::timeout(patience, child.wait()).await;
        match ended.expect("schemathesis ends").unwrap().success() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    })
}

/// Objects created before the run.
struct Known {
    draft: String,
    completed: String,
    receiver: String,
    import: String,
}

impl Known {
    /// A draft, a campaign sent to three receivers, and an import.
    async fn make(world: &World) -> Self {
        let draft = world.campaign(&["email"]).await;
        world.add_people(&draft, 0..3).await;
        let completed = world.campaign(&["email"]).await;
        world.add_people(&completed, 0..3).await;
        world.publish(&completed).await;
        world.completed(&completed).await;
        let path = format!("/v1/campaigns/{completed}/receivers");
        let receivers = world.api.get(&path).await.unwrap();
        let import = world.api.post("/v1/imports", &json!({ "bytes": 6 })).await;
        Self {
            draft,
            completed,
            receiver: receivers.text("/receivers/0/id").to_owned(),
            import: import.unwrap().text("/id").to_owned(),
        }
    }
}
