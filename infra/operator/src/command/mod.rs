//! The commands of the program `carillon`. Each has a file, which says what it takes, does it, and gives what is to be said.

mod campaign;
mod dead_letters;
mod doctor;
mod identities;
mod keys;
mod tenant;

use std::{error::Error as _, io::Write, process::ExitCode};

use carillon_domain::id::TenantId;
use clap::{Parser, Subcommand};

use crate::{
    deployment::{Deployment, Options},
    error::Error,
    said::Said,
};

/// For the person who operates a deployment of Carillon
///
/// Every command is about one stack in AWS (--stack, --region, with the credentials of your environment or profile), or about the
/// local stack: with --local, or after eval "$(cargo local env)".
#[derive(Debug, Parser)]
#[command(
    name = "carillon",
    version,
    after_help = "Examples:
  carillon tenant create acme --name Acme --from news@acme.example
  carillon doctor --region eu-west-1
  carillon dead-letters list
  carillon campaign reconcile 01a200bb-45f0-72e2-a205-152349e7a434 --tenant acme

Exits with 0 if it is done and all is well, 1 if something is left that a person has to look at, and 2 if it could not be done.
More: docs/operator.md"
)]
pub struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a deployment: what could keep messages from going out, and what to do about it
    Doctor(Box<doctor::Arguments>),
    /// Create tenants, list them, and show what one has
    Tenant(Box<tenant::Arguments>),
    /// What a tenant may send as through the AWS account that all tenants share
    Identities(identities::Arguments),
    /// The API keys of a tenant
    Keys(keys::Arguments),
    /// Messages that a queue gave up on
    DeadLetters(dead_letters::Arguments),
    /// One campaign: how far it is, and putting it right
    Campaign(campaign::Arguments),
}

impl Arguments {
    /// Runs the command. The exit code is 0 if it is done and all is well, 1 if something is left that a person has to look
    /// at, and 2 if it could not be done.
    pub async fn run(self) -> ExitCode {
        match self.find_and_run().await {
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

    async fn find_and_run(self) -> Result<ExitCode, Error> {
        let deployment = self.options.find().await?;
        let as_json = self.options.json;
        match self.command {
            Command::Doctor(arguments) => arguments.run(&deployment, as_json).await,
            command => Ok(command.run(&deployment).await?.print(as_json)),
        }
    }

    /// Does in a deployment what was asked for, and gives back what there is to say. The doctor, who says each finding as soon as
    /// it is there, has said it.
    ///
    /// # Errors
    /// If it could not be done.
    pub async fn perform(self, deployment: &Deployment) -> Result<Said, Error> {
        self.command.run(deployment).await
    }
}

impl Command {
    async fn run(self, deployment: &Deployment) -> Result<Said, Error> {
        match self {
            Self::Doctor(arguments) => {
                let code = arguments.run(deployment, false).await?;
                Ok(Said {
                    all_well: code == ExitCode::SUCCESS,
                    ..Said::new("", serde_json::Value::Null)
                })
            }
            Self::Tenant(arguments) => arguments.run(deployment).await,
            Self::Identities(arguments) => arguments.run(deployment).await,
            Self::Keys(arguments) => arguments.run(deployment).await,
            Self::DeadLetters(arguments) => arguments.run(deployment).await,
            Self::Campaign(arguments) => arguments.run(deployment).await,
        }
    }
}

/// Which tenant a command is about.
#[derive(Debug, clap::Args)]
struct OfTenant {
    /// Id of the tenant
    #[arg(long, global = true, value_name = "TENANT")]
    tenant: Option<TenantId>,
}

impl OfTenant {
    fn named(&self) -> Result<&TenantId, Error> {
        self.tenant.as_ref().ok_or(Error::TenantNotNamed)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(words: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(["carillon"].iter().chain(words))
    }

    #[test]
    fn the_commands_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string);
            let example = format!("carillon {}", command.get_name());
            let path = command.get_name();
            if path != "carillon" && !command.has_subcommands() {
                let help = help.unwrap_or_else(|| panic!("{path} has no example"));
                assert!(help.contains("Example"), "{path}: {help}");
                assert!(help.contains("carillon "), "{path}: {help} ({example})");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }

    #[test]
    fn a_test_message_of_the_doctor_needs_a_key_and_an_address_that_is_one() {
        let parse = |more: &[&str]| {
            let words: Vec<&str> = ["doctor"].iter().chain(more).copied().collect();
            parse(&words)
        };
        assert!(parse(&["--api-key", "k", "--to-email", "me@example.org"]).is_ok());
        assert!(parse(&["--api-key", "k", "--to-email", "nobody"]).is_err());
        assert!(parse(&["--api-key", "k", "--to-mobile", "12"]).is_err());
        assert!(parse(&["--dns", "nowhere"]).is_err());
        let parsed = parse(&["--api-key", "carillon_secret"]).unwrap();
        assert!(!format!("{parsed:?}").contains("carillon_secret"));
    }

    #[test]
    fn where_it_is_may_be_said_before_and_after_what_is_done() {
        for words in [
            &["--local", "tenant", "list"][..],
            &["tenant", "list", "--local", "--json"],
            &[
                "tenant",
                "--stack",
                "staging",
                "list",
                "--region",
                "eu-west-1",
            ],
            &["keys", "--tenant", "acme"],
            &["keys", "revoke", "0000000000000001", "--tenant", "acme"],
            &[
                "identities",
                "--tenant",
                "acme",
                "grant",
                "email:example.org",
            ],
            &["dead-letters", "redrive", "--tenant", "acme"],
        ] {
            assert!(parse(words).is_ok(), "{words:?}");
        }
        for words in [
            &["tenant", "list", "--local", "--region", "eu-west-1"][..],
            &[
                "tenant",
                "create",
                "Acme",
                "--name",
                "A",
                "--from",
                "a@example.org",
            ],
            &[
                "tenant", "create", "acme", "--name", "A", "--from", "nobody",
            ],
            &["campaign", "show"],
            &["campaign", "show", "x"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
