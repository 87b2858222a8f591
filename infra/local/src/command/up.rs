//! `cargo local up`.

use std::time::Instant;

use crate::aws;
use crate::command::{directory, say, status};
use crate::error::Error;
use crate::stack::deploy::{self, Source};
use crate::stack::functions::{self, Binaries};
use crate::stack::lock;
use crate::stack::progress::Progress;
use crate::stack::python;
use crate::stack::state::{self, State};
use crate::stack::tenant;
use crate::stack::{Options, SimulatorHost, Stack, python_directory};

#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Port of the local AWS and the API [default: the last one, or a free one]
    #[arg(long)]
    port: Option<u16>,
    /// Port of the provider simulator with its mailbox page [default: the last one, or a free one]
    #[arg(long)]
    simulator_port: Option<u16>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    let started = Instant::now();
    let state = ensure(arguments, Progress::detect()).await?;
    let seconds = started.elapsed().as_secs_f64();
    say(&format!("\nCarillon is running ({seconds:.1} s).\n"));
    status::print(&state);
    say("\nIn a shell:  eval \"$(cargo local env)\"");
    Ok(())
}

/// Starts the stack, or brings the running one up to date.
pub(crate) async fn ensure(arguments: &Arguments, progress: Progress) -> Result<State, Error> {
    let directory = directory();
    let _lock = lock::acquire(&directory.with_extension("up.lock"), progress).await?;
    let last = match State::load(&directory) {
        Ok(last) => last,
        Err(Error::State { .. }) => None,
        Err(error) => return Err(error),
    };
    let state = match last {
        Some(state) if is_healthy(&state).await => {
            progress.note("✓ The local stack is running already");
            update(state, progress).await?
        }
        last => {
            if last.is_some() {
                progress.note("The last stack has ended or does not answer; starting a new one");
            }
            state::stop(&directory).await?;
            start(arguments, last.as_ref(), progress).await?
        }
    };
    state.save(&directory)?;
    Ok(state)
}

async fn is_healthy(state: &State) -> bool {
    let Ok(http) = aws::http() else {
        return false;
    };
    let details = &state.details;
    state.is_running()
        && aws::answers(&http, &format!("{}/_ministack/health", details.endpoint())).await
        && aws::answers(
            &http,
            &format!("{}/_simulator/summary", details.simulator_url()),
        )
        .await
}

async fn start(
    arguments: &Arguments,
    last: Option<&State>,
    progress: Progress,
) -> Result<State, Error> {
    let stack = Stack::start(Options {
        directory: directory(),
        binaries: Binaries::Build,
        port: arguments.port,
        simulator_port: arguments.simulator_port,
        last_ports: last.map(|last| (last.details.port, last.simulator_port)),
        simulator: SimulatorHost::Process,
        progress,
        environment: Vec::new(),
    })
    .await?;
    let details = stack.details().clone();
    let step = progress.step("Creating the demo tenant");
    let dynamodb = aws_sdk_dynamodb::Client::new(&details.sdk_config());
    let tenant = tenant::create_demo_tenant(dynamodb, details.outputs()).await?;
    step.done(&tenant.tenant);
    let simulator_port = stack.simulator_port();
    Ok(State {
        processes: stack.release()?,
        simulator_port,
        details,
        tenant,
    })
}

/// Deploys what changed since the stack was started.
async fn update(mut state: State, progress: Progress) -> Result<State, Error> {
    let environment = python::prepare(&python_directory(), progress).await?;
    let source = Source::read()?;
    let binaries = functions::locate(&Binaries::Build, &source.functions, progress).await?;
    let details = &mut state.details;
    let previous = Some(details.deployment.clone());
    details.deployment = deploy::deploy(
        &environment,
        &details.endpoint(),
        &source,
        &binaries,
        previous,
        progress,
    )
    .await?;
    Ok(state)
}
