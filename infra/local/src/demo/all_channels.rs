//! `cargo demo --all-channels`: one campaign by email, SMS, WhatsApp and push, with receipts, failover and opt-outs.

use std::time::{Duration, Instant};

use carillon_domain::address::EmailAddress;
use carillon_store::{NewKey, NewTenant, Store};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    command::say,
    demo::{
        audit::{audit, calls_after},
        client::Client,
    },
    error::Error,
    simulator::{
        APNS_PRIVATE_KEY, Call, CallBack, EventKind, FCM_PRIVATE_KEY, Fault, FaultKind,
        INFOBIP_API_KEY, Inbound, META_ACCESS_TOKEN, META_APP_SECRET, META_VERIFY_TOKEN, Provider,
        SENDGRID_API_KEY, SENDGRID_WEBHOOK_PUBLIC_KEY, SMTP_PASSWORD, TWILIO_AUTH_TOKEN,
        WEB_PUSH_PRIVATE_KEY, WEB_PUSH_PUBLIC_KEY, web_push_address,
    },
    stack::details::Details,
};

/// The number of receivers.
const PEOPLE: usize = 12;
/// How long the demo waits for anything.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);
/// The Twilio sender number; replies to text messages go to it.
const SENDER: &str = "+15005550006";
const META_NUMBER: &str = "106540352242922";

/// The state of a running demo.
struct Stage<'a> {
    client: Client,
    simulator: &'a str,
    http: reqwest::Client,
    /// The id of this demo's first call.
    since: u64,
    /// Distinguishes its receivers from those of an earlier demo.
    run: u32,
}

/// Runs the demo against a running stack, as its own tenant.
pub(crate) async fn run(details: &Details) -> Result<(), Error> {
    let before = calls_after(details.simulator_url(), 0).await?;
    let bytes = Uuid::new_v4();
    let run = bytes.as_u128() % 9_000;
    let stage = Stage {
        client: make_tenant(
            details,
            &format!("all-{}", &bytes.simple().to_string()[..8]),
        )
        .await?,
        simulator: details.simulator_url(),
        http: crate::aws::http()?,
        since: before.iter().map(|call| call.id).max().unwrap_or_default(),
        run: 1_000 + u32::try_from(run).unwrap_or_default(),
    };
    say("\nSetting up transports");
    let urls = stage.set_up().await?;

    say("\nSending a test message through one of them");
    let tested = stage
        .client
        .post(
            "/v1/transports/smtp/test",
            &json!({ "to": "me@carillon.example" }),
        )
        .await?;
    say(&format!(
        "  smtp: {}, queued by the relay as {}",
        tested.text("/delivery/state"),
        tested.text("/delivery/provider_id")
    ));

    say(
        "\nOne receiver writes on WhatsApp, which opens the reply window; the others get the template",
    );
    stage
        .write(
            Provider::Meta,
            0,
            META_NUMBER,
            "When is it back?",
            &urls.meta,
        )
        .await?;
    // The first SMS account rejects one number.
    stage
        .strike(
            FaultKind::Reject {
                code: None,
                message: None,
            },
            Provider::Twilio,
            &stage.number(1),
        )
        .await?;

    let campaign = stage.send("Power is out").await?;
    let calls = stage.calls().await?;
    stage.tell(&calls, &urls).await?;
    say(
        "\nReceipts: the email to one receiver bounces; other messages are delivered, read or undeliverable",
    );
    stage
        .until("the undelivered text message has failed over", async || {
            let rows = stage.deliveries(&campaign).await?;
            let passed = rows.iter().filter(|row| !row["tried"].is_null()).count();
            Ok(passed == 2)
        })
        .await?;
    for row in stage.deliveries(&campaign).await? {
        for tried in row["tried"].as_array().into_iter().flatten() {
            say(&format!(
                "  {} {}: {} answered {}, failed over to {}: {}",
                row["channel"].as_str().unwrap_or_default(),
                row["address"].as_str().unwrap_or_default(),
                tried["transport"].as_str().unwrap_or_default(),
                tried["code"].as_str().unwrap_or_default(),
                row["transport"].as_str().unwrap_or_default(),
                row["state"].as_str().unwrap_or_default(),
            ));
        }
    }

    say("\nOne receiver replies STOP, another clicks “unsubscribe”");
    stage
        .write(Provider::Twilio, 3, SENDER, "Stop", &urls.twilio)
        .await?;
    stage.unsubscribe(&calls, 4).await?;
    let suppressed = stage
        .until_some("they are suppressed", async || {
            let all = stage
                .client
                .all("/v1/suppressions", "/suppressions")
                .await?;
            Ok(Some(all).filter(|all| all.len() == 4))
        })
        .await?;
    for entry in &suppressed {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let mut address = text("address");
        address.truncate(48);
        say(&format!(
            "  {:<8} {address:<48} {}",
            text("channel"),
            text("source")
        ));
    }
    let again = stage.send("Power is back").await?;

    let calls = stage.calls().await?;
    let clean = stage.report(&[&campaign, &again], &calls).await?;
    say(&format!(
        "\nMailbox and phone:  {}/\nStop everything:    cargo local down",
        details.simulator_url()
    ));
    if clean { Ok(()) } else { Err(Error::Demo) }
}

/// Callback URLs, by provider.
struct Urls {
    twilio: String,
    infobip: String,
    meta: String,
    sendgrid: String,
}

async fn make_tenant(details: &Details, id: &str) -> Result<Client, Error> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Tenant { source };
    let outputs = details.outputs();
    let dynamodb = aws_sdk_dynamodb::Client::new(&details.sdk_config());
    let store = Store::new(
        dynamodb,
        &outputs.catalog_table,
        &outputs.directory_table,
        &outputs.ledger_table,
    );
    let tenant = NewTenant {
        id: id.parse().map_err(|error| failed(Box::new(error)))?,
        name: "All channels".to_owned(),
        from: EmailAddress::parse("news@carillon.example")
            .map_err(|error| failed(Box::new(error)))?,
        sender_id: None,
        configuration_set: None,
        identities: Vec::new(),
    };
    let key = NewKey::random();
    let made = store.make_tenant(tenant, &key, "made by cargo demo");
    made.await.map_err(|error| failed(Box::new(error)))?;
    Client::new(details.api_url(), key.written())
}

impl Stage<'_> {
    /// Sets up accounts for all channels: two for text messages, and one per kind of device.
    async fn set_up(&self) -> Result<Urls, Error> {
        // Every tenant starts with these; they are replaced.
        for id in ["email", "sms"] {
            self.call(Method::DELETE, &format!("/v1/transports/{id}"), None)
                .await?;
        }
        let twilio = json!({
            "vendor": "twilio",
            "sender_id": SENDER,
            "credentials": {
                "account_sid": "AC00000000000000000000000000000001",
                "auth_token": TWILIO_AUTH_TOKEN,
            },
        });
        let infobip = json!({
            "vendor": "infobip",
            "sender_id": "Carillon",
            "settings": { "base_url": "abc123.api.infobip.com" },
            "credentials": { "api_key": INFOBIP_API_KEY },
        });
        let meta = json!({
            "vendor": "meta",
            "settings": { "phone_number_id": META_NUMBER },
            "credentials": {
                "access_token": META_ACCESS_TOKEN,
                "app_secret": META_APP_SECRET,
                "verify_token": META_VERIFY_TOKEN,
            },
        });
        let sendgrid = json!({
            "vendor": "sendgrid",
            "from": "news@carillon.example",
            "from_name": "Carillon",
            "credentials": {
                "api_key": SENDGRID_API_KEY,
                "webhook_public_key": SENDGRID_WEBHOOK_PUBLIC_KEY,
            },
        });
        let smtp = json!({
            "vendor": "smtp",
            "from": "news@carillon.example",
            "from_name": "Carillon",
            "settings": { "host": "smtp.relay.example" },
            "credentials": { "username": "relay-user", "password": SMTP_PASSWORD },
        });
        let fcm = json!({
            "vendor": "fcm",
            "settings": { "project": "my-app-1a2b3" },
            "credentials": {
                "client_email": "push@my-app-1a2b3.iam.gserviceaccount.com",
                "private_key": FCM_PRIVATE_KEY,
            },
        });
        let apns = json!({
            "vendor": "apns",
            "settings": { "topic": "com.example.app" },
            "credentials": {
                "key_id": "ABC123DEFG",
                "team_id": "DEF123GHIJ",
                "private_key": APNS_PRIVATE_KEY,
            },
        });
        let browsers = json!({
            "vendor": "web_push",
            "settings": { "contact": "mailto:push@carillon.example", "hosts": "push.carillon.example" },
            "credentials": {
                "private_key": WEB_PUSH_PRIVATE_KEY,
                "public_key": WEB_PUSH_PUBLIC_KEY,
            },
        });
        let mut urls = Vec::new();
        for (id, account) in [
            ("twilio", twilio),
            ("infobip", infobip),
            ("meta", meta),
            ("sendgrid", sendgrid),
            ("smtp", smtp),
            ("android", fcm),
            ("apple", apns),
            ("browsers", browsers),
        ] {
            let path = format!("/v1/transports/{id}");
            let made = self.call(Method::PUT, &path, Some(&account)).await?;
            say(&format!(
                "  {:<9} {:<9} {}",
                made["channel"].as_str().unwrap_or_default(),
                id,
                made["vendor"].as_str().unwrap_or_default()
            ));
            urls.push(made["callback_url"].as_str().unwrap_or_default().to_owned());
        }
        let routes = json!({ "routes": [{ "transports": [
            { "transport": "twilio", "price": "0.035" },
            { "transport": "infobip", "price": "0.050" },
        ] }] });
        self.call(Method::PUT, "/v1/routes/sms", Some(&routes))
            .await?;
        say("  text messages go to twilio first and fail over to infobip");
        let mut urls = urls.into_iter();
        let mut next = || urls.next().unwrap_or_default();
        Ok(Urls {
            twilio: next(),
            infobip: next(),
            meta: next(),
            sendgrid: next(),
        })
    }

    /// Creates a campaign for all receivers, publishes it and waits until it is completed.
    async fn send(&self, title: &str) -> Result<String, Error> {
        let text = format!("{title}, {{{{member.first_name}}}}.");
        let body = json!({
            "name": title,
            "priority": "high",
            "channels": ["email", "sms", "whatsapp", "push"],
            "failover": { "attempts": 3, "minutes": 60, "cost": "0.10" },
            "content": {
                "email": { "subject": title, "html": format!("<p>{text}</p>") },
                "sms": { "text": text },
                "whatsapp": {
                    "text": text,
                    "template": {
                        "name": "outage_notice",
                        "language": "en_US",
                        "body": ["{{member.first_name}}"],
                    },
                },
                "push": { "title": title, "body": text, "url": "https://example.com/outages" },
            },
        });
        let campaign = self.client.post("/v1/campaigns", &body).await?;
        let id = campaign.text("/id").to_owned();
        let people: Vec<Value> = (0..PEOPLE)
            .map(|place| {
                json!({
                    "first_name": format!("Person {place}"),
                    "email": self.email(place),
                    "mobile": self.number(place),
                    "push": self.device(place),
                })
            })
            .collect();
        let path = format!("/v1/campaigns/{id}");
        self.client
            .post(
                &format!("{path}/receivers"),
                &json!({ "receivers": people }),
            )
            .await?;
        self.client
            .post(&format!("{path}/publish"), &json!({}))
            .await?;
        say(&format!(
            "\n“{title}” goes to {PEOPLE} receivers on four channels"
        ));
        self.until("the campaign is completed", async || {
            let shown = self.client.get(&path).await?;
            Ok(shown.text("/status") == "completed")
        })
        .await?;
        Ok(id)
    }

    fn number(&self, place: usize) -> String {
        format!("+4474{:04}{place:04}", self.run)
    }

    fn email(&self, place: usize) -> String {
        format!("person{place}.{}@people.example", self.run)
    }

    /// An Android phone, an iPhone and a browser in turn; one app was uninstalled.
    fn device(&self, place: usize) -> String {
        let run = self.run;
        match place % 3 {
            0 => format!("fcm:demo{run}x{place}"),
            1 => format!("apns:{:064x}", u64::from(run) * 100 + place as u64),
            _ if place == 2 => web_push_address(&format!("dead{run}x{place}")),
            _ => web_push_address(&format!("demo{run}x{place}")),
        }
    }

    async fn calls(&self) -> Result<Vec<Call>, Error> {
        calls_after(self.simulator, self.since).await
    }

    async fn deliveries(&self, campaign: &str) -> Result<Vec<Value>, Error> {
        let path = format!("/v1/campaigns/{campaign}/deliveries?limit=200");
        self.client.all(&path, "/deliveries").await
    }

    /// Makes the providers send receipts for their messages.
    async fn tell(&self, calls: &[Call], urls: &Urls) -> Result<(), Error> {
        for call in calls.iter().filter(|call| call.accepted) {
            let is_for = |place: usize| {
                let number = self.number(place);
                let mut to = call.recipients.iter();
                to.any(|to| {
                    to.trim_start_matches('+') == number.trim_start_matches('+')
                        || *to == self.email(place)
                })
            };
            let (url, kind) = match call.provider {
                Provider::Twilio if is_for(2) => (&urls.twilio, EventKind::Bounced),
                Provider::Twilio => (&urls.twilio, EventKind::Delivered),
                Provider::Infobip => (&urls.infobip, EventKind::Delivered),
                Provider::Meta if is_for(5) => (&urls.meta, EventKind::Bounced),
                Provider::Meta if is_for(6) => (&urls.meta, EventKind::Opened),
                Provider::Meta => (&urls.meta, EventKind::Delivered),
                Provider::SendGrid if is_for(7) => (&urls.sendgrid, EventKind::Bounced),
                Provider::SendGrid => (&urls.sendgrid, EventKind::Delivered),
                _ => continue,
            };
            let body = CallBack {
                call: call.id,
                kind,
                url: Some(url.clone()),
            };
            self.ask("callbacks", &body).await?;
        }
        Ok(())
    }

    /// Simulates a message from a receiver to a number.
    async fn write(
        &self,
        provider: Provider,
        place: usize,
        to: &str,
        text: &str,
        url: &str,
    ) -> Result<(), Error> {
        let body = Inbound {
            provider,
            from: self.number(place),
            to: to.to_owned(),
            text: text.to_owned(),
            url: url.to_owned(),
        };
        self.ask("inbound", &body).await
    }

    async fn strike(&self, kind: FaultKind, provider: Provider, to: &str) -> Result<(), Error> {
        let fault = Fault::new(kind).provider(provider).address(to).times(1);
        self.ask("faults", &fault).await
    }

    /// Follows an email's unsubscribe link as mailbox providers do (RFC 8058).
    async fn unsubscribe(&self, calls: &[Call], place: usize) -> Result<(), Error> {
        let address = self.email(place);
        let mails = calls
            .iter()
            .filter(|call| call.recipients.contains(&address));
        let link = mails.filter_map(|call| call.email()).find_map(|mail| {
            let header = mail.header("List-Unsubscribe")?;
            let (_, rest) = header.split_once('<')?;
            Some(rest.split_once('>')?.0.to_owned())
        });
        let Some(link) = link else {
            return Err(Error::Demo);
        };
        let sent = self.http.post(&link).body("List-Unsubscribe=One-Click");
        let answer = sent.send().await.map_err(|source| Error::Http {
            what: "the unsubscribe link".to_owned(),
            source,
        })?;
        say(&format!("  the link answers {}", answer.status()));
        Ok(())
    }

    /// Posts a request to the simulator.
    async fn ask(&self, what: &str, body: &impl serde::Serialize) -> Result<(), Error> {
        let failed = |source| Error::Http {
            what: "the simulator".to_owned(),
            source,
        };
        let url = format!("{}/_simulator/{what}", self.simulator);
        let answer = self.http.post(url).json(body).send().await;
        let answer = answer.map_err(failed)?;
        answer.error_for_status().map(|_| ()).map_err(failed)
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let body = body.map(|body| body.to_string().into_bytes());
        let answer = self.client.call(method, path, &[], body).await?;
        if answer.status.is_success() {
            Ok(answer.body)
        } else {
            say(&format!(
                "{path} answers {}: {}",
                answer.status, answer.body
            ));
            Err(Error::Demo)
        }
    }

    async fn until(
        &self,
        what: &str,
        mut is_so: impl AsyncFnMut() -> Result<bool, Error>,
    ) -> Result<(), Error> {
        self.until_some(what, async || Ok(is_so().await?.then_some(())))
            .await
    }

    async fn until_some<T>(
        &self,
        what: &str,
        mut look: impl AsyncFnMut() -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(PAUSE).await;
        }
        say(&format!("Timed out waiting until {what}."));
        Err(Error::Demo)
    }

    /// Prints the deliveries in the ledger and compares them with the simulator.
    async fn report(&self, campaigns: &[&String], calls: &[Call]) -> Result<bool, Error> {
        let mut clean = true;
        for campaign in campaigns {
            let shown = self
                .client
                .get(&format!("/v1/campaigns/{campaign}"))
                .await?;
            say(&format!("\n“{}”", shown.text("/name")));
            let audit = audit(&self.client, campaign, calls, |_| false).await?;
            for (channel, states) in &audit.states {
                let words = |counts: &std::collections::BTreeMap<String, u64>| {
                    let counts = counts.iter();
                    let counts = counts.map(|(name, count)| format!("{count} {name}"));
                    counts.collect::<Vec<_>>().join(", ")
                };
                let fates = audit.fates.get(channel).map(words).unwrap_or_default();
                let fates = match fates.as_str() {
                    "" => fates,
                    _ => format!(" ({fates})"),
                };
                say(&format!("  {channel:<8} {}{fates}", words(states)));
            }
            say(&format!(
                "  duplicates {}, lost {}, without a final state {}",
                audit.repeated_calls, audit.lost, audit.unfinished
            ));
            clean &= audit.repeated_calls == 0 && audit.lost == 0 && audit.unfinished == 0;
        }
        Ok(clean)
    }
}
