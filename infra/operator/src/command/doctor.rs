//! `carillon doctor`.

use std::process::ExitCode;

use carillon_domain::{
    address::{EmailAddress, PhoneNumber},
    id::TenantId,
};

use crate::{
    deployment::{ApiKey, Deployment},
    doctor::{self, DnsServer, Doctor, Sender, Settings, TestMessages},
    error::Error,
    said::say,
};

/// `carillon doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  carillon doctor --region eu-west-1
  carillon doctor --from news@example.org        before anything sends from there
  CARILLON_API_KEY=carillon_… carillon doctor --to-email me@example.org

Exits with 0 if nothing is wrong, 1 if something is, 2 if nothing could be looked at.
What each line means: docs/doctor.md")]
pub(crate) struct Arguments {
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

fn email(text: &str) -> Result<String, String> {
    let address = EmailAddress::parse(text).map_err(|error| error.to_string())?;
    Ok(address.expose().to_owned())
}

fn mobile(text: &str) -> Result<String, String> {
    let number = PhoneNumber::parse(text, None).map_err(|error| error.to_string())?;
    Ok(number.expose().to_owned())
}

impl Arguments {
    /// Says each finding as soon as it is there.
    pub(crate) async fn run(
        self,
        deployment: &Deployment,
        as_json: bool,
    ) -> Result<ExitCode, Error> {
        let settings = self.settings(deployment);
        let doctor = Doctor::new(&deployment.config, settings).map_err(Error::Doctor)?;
        let mut area = None;
        let findings = doctor
            .examine(|finding| {
                if !as_json {
                    say(&finding.lines(area != Some(finding.area)));
                    area = Some(finding.area);
                }
            })
            .await
            .map_err(Error::Credentials)?;
        match as_json {
            true => say(&doctor::json(&findings)),
            false => say(&doctor::summary(&findings)),
        }
        Ok(doctor::exit_code(&findings))
    }

    fn settings(self, deployment: &Deployment) -> Settings {
        let is_asked_for = self.to_email.is_some() || self.to_mobile.is_some();
        let trial = match self.api_key {
            Some(api_key) if is_asked_for => Some(TestMessages {
                api_url: deployment.api_url.clone().or(self.api_url),
                api_key: api_key.expose().to_owned(),
                to_email: self.to_email,
                to_mobile: self.to_mobile,
            }),
            _ => None,
        };
        Settings {
            stack: deployment.stack.clone(),
            tenants: self.tenants,
            from: self.from,
            dns: self.dns,
            trial,
        }
    }
}
