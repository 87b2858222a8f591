//! The two processes of the local stack: ministack (the local AWS) and the provider simulator.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws;
use crate::error::{Error, IoContext};
use crate::simulator::{EventBus, SMTP_CERTIFICATE};
use crate::stack::process::Leashed;
use crate::stack::progress::Progress;
use crate::stack::python::Environment;
use crate::stack::workspace;

/// Generous: the first start compiles Python modules, possibly while the machine also compiles Rust.
const START_DEADLINE: Duration = Duration::from_mins(1);

/// The files of one local stack.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    directory: PathBuf,
}

impl Files {
    /// Creates the directories of a stack.
    pub(crate) fn create(directory: &Path) -> Result<Self, Error> {
        let files = Self {
            directory: directory.to_path_buf(),
        };
        // Removes functions that an earlier stack unpacked here.
        let temporary = files.temporary();
        if temporary.exists() {
            std::fs::remove_dir_all(&temporary).at("cannot remove", &temporary)?;
        }
        std::fs::create_dir_all(&temporary).at("cannot create", &temporary)?;
        Ok(files)
    }

    /// The log of ministack, including the output of the functions.
    pub(crate) fn ministack_log(&self) -> PathBuf {
        self.directory.join("ministack.log")
    }

    fn simulator_log(&self) -> PathBuf {
        self.directory.join("simulator.log")
    }

    /// Where ministack unpacks the functions, instead of a directory shared by the whole machine.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.directory.join("temporary")
    }
}

/// The simulator's SMTP ports.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct SmtpPorts {
    /// The port with STARTTLS.
    pub(crate) when_asked: u16,
    /// The port with implicit TLS.
    pub(crate) always: u16,
}

impl SmtpPorts {
    /// The setting that makes a function send all SMTP mail to the simulator.
    pub(crate) fn environment(self) -> [(&'static str, String); 3] {
        [
            (
                "PROVIDER_SIMULATOR_SMTP",
                format!("127.0.0.1:{}", self.when_asked),
            ),
            (
                "PROVIDER_SIMULATOR_SMTPS",
                format!("127.0.0.1:{}", self.always),
            ),
            (
                "PROVIDER_SIMULATOR_SMTP_CERTIFICATE",
                SMTP_CERTIFICATE.to_owned(),
            ),
        ]
    }
}

/// Starts ministack on a port and waits until it answers.
pub(crate) async fn start_ministack(
    python: &Environment,
    files: &Files,
    port: u16,
    simulator_url: &str,
    smtp: Option<SmtpPorts>,
    more: &[(&'static str, String)],
    progress: Progress,
) -> Result<Leashed, Error> {
    let step = progress.step("Starting the local AWS");
    let endpoint = endpoint(port);
    let mut command = Command::new(python.python());
    command.arg(workspace::serve_script());
    // The functions inherit this environment, so the developer's own AWS settings must not be in it.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    let no_settings = files.temporary().join("no-aws-settings");
    std::fs::write(&no_settings, "").at("cannot write", &no_settings)?;
    let no_docker = files.temporary().join("no-docker");
    command
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("TMPDIR", files.temporary())
        .env("SFTP_ENABLED", "0")
        .env("IOT_MTLS_ENABLED", "0")
        .env("DOCKER_HOST", format!("unix://{}", no_docker.display()))
        .env("MINISTACK_REGION", aws::REGION)
        .env("AWS_ENDPOINT_URL", &endpoint)
        .env("AWS_ENDPOINT_URL_SESV2", simulator_url)
        .env("AWS_ENDPOINT_URL_SNS", simulator_url)
        .env("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", simulator_url)
        .env("PROVIDER_SIMULATOR_URL", simulator_url)
        .envs(smtp.into_iter().flat_map(SmtpPorts::environment))
        .env("AWS_REGION", aws::REGION)
        .env("AWS_DEFAULT_REGION", aws::REGION)
        .env("AWS_ACCESS_KEY_ID", aws::ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", aws::ACCESS_KEY)
        .env("AWS_CONFIG_FILE", &no_settings)
        .env("AWS_SHARED_CREDENTIALS_FILE", &no_settings)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(more.iter().map(|(name, value)| (name, value)));
    let mut ministack = Leashed::start("ministack", command, &files.ministack_log())?;
    let http = aws::http()?;
    let health = format!("{endpoint}/_ministack/health");
    ministack
        .wait_until(START_DEADLINE, || aws::answers(&http, &health))
        .await?;
    step.done(&endpoint);
    Ok(ministack)
}

/// Starts the simulator as a separate process of this same program, and waits until it answers.
pub(crate) async fn start_simulator(
    files: &Files,
    port: u16,
    smtp: SmtpPorts,
    progress: Progress,
) -> Result<Leashed, Error> {
    let step = progress.step("Starting the provider simulator");
    let program = std::env::current_exe().map_err(|source| Error::Program {
        program: "local".to_owned(),
        source,
    })?;
    let mut command = Command::new(program);
    command.args(["simulator", "--port", &port.to_string()]);
    command.args(["--smtp-port", &smtp.when_asked.to_string()]);
    command.args(["--smtps-port", &smtp.always.to_string()]);
    let mut simulator = Leashed::start("the provider simulator", command, &files.simulator_log())?;
    let http = aws::http()?;
    let url = endpoint(port);
    let summary = format!("{url}/_simulator/summary");
    simulator
        .wait_until(START_DEADLINE, || aws::answers(&http, &summary))
        .await?;
    step.done(&url);
    Ok(simulator)
}

/// Tells the simulator which AWS gets its SES events.
pub(crate) async fn send_events_to(simulator_url: &str, endpoint: &str) -> Result<(), Error> {
    aws::http()?
        .put(format!("{simulator_url}/_simulator/events/bus"))
        .json(&EventBus::at(endpoint))
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map(|_| ())
        .map_err(|source| Error::Http {
            what: "the provider simulator".to_owned(),
            source,
        })
}

/// The address of a port on loopback.
pub(crate) fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
