//! The commands of the program `carillon`.

use std::{
    convert::Infallible, error::Error as _, fmt, io::Write, process::ExitCode, str::FromStr,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};
use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    id::TenantId,
};
use clap::{Parser, Subcommand};

use crate::{
    doctor::{self, CredentialsRefused, DnsServer, Doctor, Finding, Sender, Settings, Trial},
    tenants::{self, AboutTenant},
};

/// How long the places where credentials may be are searched.
const SEARCH: std::time::Duration = std::time::Duration::from_secs(30);

/// For the person who operates a deployment of Carillon
#[derive(Debug, Parser)]
#[command(name = "carillon", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a deployment: what could keep messages from going out, and what to do about it
    Doctor(Box<DoctorArguments>),
    /// What a tenant may send as through the AWS account that all tenants share
    Identities(tenants::Identities),
    /// The API keys of a tenant
    Keys(tenants::Keys),
}

#[derive(Debug, clap::Args)]
struct DoctorArguments {
    /// Name of the CloudFormation stack
    #[arg(long, default_value = "carillon")]
    stack: String,
    /// Region of the stack [default: from the environment or profile]
    #[arg(long)]
    region: Option<String>,
    /// Print one JSON array instead of lines
    #[arg(long)]
    json: bool,
    /// Read only this tenant's transports; repeatable. Without it the whole catalog is scanned
    #[arg(long = "tenant", value_name = "TENANT")]
    tenants: Vec<TenantId>,
    /// Another address or domain that will send through Amazon SES; repeatable
    #[arg(long, value_name = "ADDRESS|DOMAIN")]
    from: Vec<Sender>,
    /// DNS server to ask, as in 1.1.1.1 or 127.0.0.1:5353 [default: this machine's]
    #[arg(long, value_name = "ADDR")]
    dns: Option<DnsServer>,
    /// Address of the HTTP API [default: the stack's output ApiUrl]
    #[arg(long, env = "CARILLON_API_URL", value_name = "URL")]
    api_url: Option<String>,
    /// API key of the tenant whose transports are tested; better set in the environment than here
    #[arg(
        long,
        env = "CARILLON_API_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    api_key: Option<ApiKey>,
    /// Send a test message through each email transport to this address of yours
    #[arg(long, requires = "api_key", value_name = "ADDRESS", value_parser = email)]
    to_email: Option<String>,
    /// Send a test message through each transport for text messages and WhatsApp to this number of yours
    #[arg(long, requires = "api_key", value_name = "NUMBER", value_parser = mobile)]
    to_mobile: Option<String>,
}

/// A key that is not printed with the other arguments.
#[derive(Clone)]
struct ApiKey(String);

impl FromStr for ApiKey {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

fn email(text: &str) -> Result<String, String> {
    let address = EmailAddress::parse(text).map_err(|error| error.to_string())?;
    Ok(address.expose().to_owned())
}

fn mobile(text: &str) -> Result<String, String> {
    let number = PhoneNumber::parse(text, None).map_err(|error| error.to_string())?;
    Ok(number.expose().to_owned())
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("no region is set; name one with --region, or in AWS_REGION")]
    NoRegion,
    #[error(
        "no AWS credentials were found in the environment or in a profile with keys; for any other kind of profile run: \
         eval \"$(aws configure export-credentials --format env)\""
    )]
    NoCredentials(#[source] CredentialsError),
    #[error("no AWS credentials were found within {} seconds", SEARCH.as_secs())]
    SearchTooLong,
    #[error(
        "AWS does not take these credentials; renew them, for example with: \
         eval \"$(aws configure export-credentials --format env)\""
    )]
    Credentials(#[source] CredentialsRefused),
    #[error("the doctor could not begin")]
    Begin(#[source] doctor::Error),
    #[error(transparent)]
    Tenants(tenants::Error),
}

impl Arguments {
    /// Runs the command. The exit code is 0 if nothing is wrong, 1 if something is, and 2 if nothing could be looked at.
    pub async fn run(self) -> ExitCode {
        let ended = match self.command {
            Command::Doctor(arguments) => {
                let findings = arguments.run().await;
                findings.map(|findings| doctor::exit_code(&findings))
            }
            Command::Identities(arguments) => run(arguments).await,
            Command::Keys(arguments) => run(arguments).await,
        };
        match ended {
            Ok(code) => code,
            Err(error) => {
                let mut stderr = std::io::stderr().lock();
                let _ = writeln!(stderr, "error: {error}");
                let mut source = error.source();
                while let Some(error) = source {
                    let _ = writeln!(stderr, "  because: {error}");
                    source = error.source();
                }
                ExitCode::from(2)
            }
        }
    }
}

/// Runs a command about a tenant.
async fn run(command: impl AboutTenant) -> Result<ExitCode, Error> {
    let config = configuration(command.region()).await?;
    let done = command.run(&config).await.map_err(Error::Tenants)?;
    say(&done);
    Ok(ExitCode::SUCCESS)
}

impl DoctorArguments {
    async fn run(self) -> Result<Vec<Finding>, Error> {
        let config = configuration(self.region.as_deref()).await?;
        let json = self.json;
        let doctor = Doctor::new(&config, self.settings()).map_err(Error::Begin)?;
        let mut area = None;
        let findings = doctor
            .examine(|finding| {
                if !json {
                    say(&finding.lines(area != Some(finding.area)));
                    area = Some(finding.area);
                }
            })
            .await
            .map_err(Error::Credentials)?;
        match json {
            true => say(&doctor::json(&findings)),
            false => say(&doctor::summary(&findings)),
        }
        Ok(findings)
    }

    fn settings(self) -> Settings {
        let is_asked_for = self.to_email.is_some() || self.to_mobile.is_some();
        let trial = match self.api_key {
            Some(ApiKey(api_key)) if is_asked_for => Some(Trial {
                api_url: self.api_url,
                api_key,
                to_email: self.to_email,
                to_mobile: self.to_mobile,
            }),
            _ => None,
        };
        Settings {
            stack: self.stack,
            tenants: self.tenants,
            from: self.from,
            dns: self.dns,
            trial,
        }
    }
}

/// Finds region and credentials, and says at once if there are none.
async fn configuration(region: Option<&str>) -> Result<SdkConfig, Error> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(Error::NoRegion);
    }
    if let Some(provider) = config.credentials_provider() {
        tokio::time::timeout(SEARCH, provider.provide_credentials())
            .await
            .map_err(|_| Error::SearchTooLong)?
            .map_err(Error::NoCredentials)?;
    }
    Ok(config)
}

/// Prints. Whoever reads it may have read enough, as `head` has, which is no error.
fn say(lines: &str) {
    let _ = writeln!(std::io::stdout(), "{lines}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_of_doctor_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_test_message_of_the_doctor_needs_a_key_and_an_address_that_is_one() {
        let parse = |more: &[&str]| {
            let words = ["carillon", "doctor"].iter().chain(more);
            Arguments::try_parse_from(words)
        };
        assert!(parse(&["--api-key", "k", "--to-email", "me@example.org"]).is_ok());
        assert!(parse(&["--api-key", "k", "--to-email", "nobody"]).is_err());
        assert!(parse(&["--api-key", "k", "--to-mobile", "12"]).is_err());
        assert!(parse(&["--dns", "nowhere"]).is_err());
        let parsed = parse(&["--api-key", "carillon_secret"]).unwrap();
        assert!(!format!("{parsed:?}").contains("carillon_secret"));
    }
}
