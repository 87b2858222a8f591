//! `carillon dead-letters`: what queues gave up on, and handing it over again.

use std::collections::BTreeMap;

use carillon_domain::{
    access::Context,
    id::{DeadLetterId, TenantId},
    operations::task::Task,
};
use carillon_store::{Cursor, DeadLetter, DeadLetterStatus, Store, UnreadableDeadLetter};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::tenant::PAGES;
use crate::{
    api::Caller,
    deployment::Deployment,
    error::Error,
    said::{Progress, Said, table},
};

/// Rows that are read at once.
const PAGE: i32 = 200;
/// Letters that one call of the API redrives at most.
const REDRIVEN: usize = 100;

/// `carillon dead-letters`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List them with their reasons, those that wait first
    #[command(after_help = "Examples:
  carillon dead-letters list                      of all tenants; the whole catalog is scanned for them
  carillon dead-letters list --tenant acme --waiting
  carillon dead-letters list --queue email --json | jq -r '.dead_letters[].reason.text' | sort | uniq -c")]
    List(List),
    /// Hand the work of those that wait over again; what has gone another way meanwhile is closed
    ///
    /// Do it once the cause is gone. Doing it twice sends nothing twice. Receipts and unreadable messages are not kept, so nothing of
    /// them can be handed over.
    #[command(after_help = "Examples:
  carillon dead-letters redrive --tenant acme
  carillon dead-letters redrive 67a7ed01-5c12-4ee9-96ab-faf9f359e58e --tenant acme")]
    Redrive(Redrive),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only those of this tenant
    #[arg(long, value_name = "TENANT")]
    tenant: Option<TenantId>,
    /// Only those of a queue: its name, or the function that reads it, as in email
    #[arg(long, value_name = "QUEUE|FUNCTION")]
    queue: Option<String>,
    /// Only those that wait
    #[arg(long)]
    waiting: bool,
    /// How many are listed at most
    #[arg(long, default_value_t = 1_000, value_name = "NUMBER")]
    limit: usize,
}

#[derive(Debug, clap::Args)]
struct Redrive {
    /// Only these
    #[arg(value_name = "ID")]
    ids: Vec<DeadLetterId>,
    #[command(flatten)]
    caller: Caller,
}

impl Arguments {
    pub(super) async fn run(self, deployment: &Deployment) -> Result<Said, Error> {
        match self.what {
            What::List(list) => list.run(deployment).await,
            What::Redrive(redrive) => redrive.run(deployment).await,
        }
    }
}

/// What was found, as far as it was looked for.
#[derive(Debug, Default)]
struct Found {
    letters: Vec<DeadLetter>,
    unreadable: Vec<UnreadableDeadLetter>,
    /// Whether there may be others.
    incomplete: bool,
}

impl List {
    async fn run(self, deployment: &Deployment) -> Result<Said, Error> {
        let found = match &self.tenant {
            Some(tenant) => {
                let store = deployment.store_with(tenant).await?;
                let mut found = Found::default();
                self.read(&store, tenant, &mut found).await?;
                found
            }
            None => self.read_all(&deployment.store().await?).await?,
        };
        Ok(found.said())
    }

    async fn read_all(&self, store: &Store) -> Result<Found, Error> {
        let all = store.all_tenants(PAGES).await.map_err(Error::Catalog)?;
        let mut progress = Progress::new();
        let mut found = Found {
            incomplete: !all.complete || all.unreadable > 0,
            ..Found::default()
        };
        for (place, tenant) in all.tenants.iter().enumerate() {
            progress.at(|| {
                let (letters, tenants) = (found.letters.len(), all.tenants.len());
                format!("{place} of {tenants} tenants, {letters} dead letters")
            });
            self.read(store, &tenant.id, &mut found).await?;
            if found.letters.len() == self.limit {
                found.incomplete = true;
                break;
            }
        }
        // The body of these names no tenant, and nothing of them waits.
        if !self.waiting {
            self.read_unreadable(store, &mut found).await?;
        }
        Ok(found)
    }

    async fn read(&self, store: &Store, tenant: &TenantId, found: &mut Found) -> Result<(), Error> {
        let context = Context::operator(tenant, Timestamp::now());
        let mut cursor: Option<Cursor> = None;
        loop {
            let page = store.dead_letters(&context, cursor.as_ref(), PAGE).await;
            let (letters, next) = page.map_err(Error::Catalog)?;
            for letter in letters {
                // Those that wait come first.
                if self.waiting && letter.status != DeadLetterStatus::Waiting {
                    return Ok(());
                }
                if !self.is_wanted(&letter.queue) {
                    continue;
                }
                if found.letters.len() == self.limit {
                    found.incomplete = true;
                    return Ok(());
                }
                found.letters.push(letter);
            }
            cursor = next;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn read_unreadable(&self, store: &Store, found: &mut Found) -> Result<(), Error> {
        let mut cursor: Option<Cursor> = None;
        loop {
            let page = store.unreadable_dead_letters(cursor.as_ref(), PAGE).await;
            let (letters, next) = page.map_err(Error::Catalog)?;
            for letter in letters {
                if !self.is_wanted(&letter.queue) {
                    continue;
                }
                if found.unreadable.len() == self.limit {
                    found.incomplete = true;
                    return Ok(());
                }
                found.unreadable.push(letter);
            }
            cursor = next;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    fn is_wanted(&self, queue: &str) -> bool {
        self.queue
            .as_deref()
            .is_none_or(|wanted| queue == wanted || function(queue) == wanted)
    }
}

/// The function that reads the queue of a dead-letter queue: what stands before `-dead` in its name, without the stack.
fn function(queue: &str) -> &str {
    let name = queue.strip_suffix(".fifo").unwrap_or(queue);
    let name = name.strip_suffix("-dead").unwrap_or(name);
    name.rsplit('-').next().unwrap_or(name)
}

fn kind(task: &Task) -> &'static str {
    match task {
        Task::Delivery(_) => "delivery",
        Task::Fanout(_) => "fanout",
        Task::Job(task) => task.work.kind(),
        Task::Upload(_) => "upload",
        Task::Receipt(_) => "receipt",
    }
}

fn status(letter: &DeadLetter) -> &'static str {
    match letter.status {
        DeadLetterStatus::Waiting => "waiting",
        DeadLetterStatus::Redriven => "redriven",
        DeadLetterStatus::Closed => "closed",
    }
}

/// How many letters of a queue wait, were redriven, are closed, and cannot be read.
type Counts = [usize; 4];

impl Found {
    fn by_queue(&self) -> BTreeMap<&str, Counts> {
        let mut queues: BTreeMap<&str, Counts> = BTreeMap::new();
        for letter in &self.letters {
            queues.entry(&letter.queue).or_default()[letter.status as usize] += 1;
        }
        for letter in &self.unreadable {
            queues.entry(&letter.queue).or_default()[3] += 1;
        }
        queues
    }

    fn said(&self) -> Said {
        let queues = self.by_queue();
        let mut lines: Vec<String> = self.letters.iter().map(in_words).collect();
        lines.extend(self.unreadable.iter().map(unreadable_in_words));
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let heading = ["queue", "waiting", "redriven", "closed", "unreadable"];
        let mut rows = vec![heading.map(ToOwned::to_owned).to_vec()];
        rows.extend(queues.iter().map(|(queue, counts)| {
            let counts = counts.iter().map(ToString::to_string);
            std::iter::once((*queue).to_owned()).chain(counts).collect()
        }));
        match queues.is_empty() {
            true => lines.push("No dead letters.".to_owned()),
            false => lines.push(table(&rows)),
        }
        for tenant in self.waiting_tenants() {
            lines.push(format!(
                "Once the cause is gone: carillon dead-letters redrive --tenant {tenant}"
            ));
        }
        if self.incomplete {
            lines.push("There may be more; narrow it down, or raise --limit.".to_owned());
        }
        let queues: Vec<Value> = queues
            .iter()
            .map(|(queue, [waiting, redriven, closed, unreadable])| {
                json!({
                    "queue": queue,
                    "function": function(queue),
                    "waiting": waiting,
                    "redriven": redriven,
                    "closed": closed,
                    "unreadable": unreadable,
                })
            })
            .collect();
        let letters: Vec<Value> = self.letters.iter().map(document).collect();
        let unreadable: Vec<Value> = self.unreadable.iter().map(|it| json!(it)).collect();
        let document = json!({
            "dead_letters": letters,
            "unreadable": unreadable,
            "queues": queues,
            "complete": !self.incomplete,
        });
        Said {
            all_well: self.waiting_tenants().is_empty(),
            ..Said::new(lines.join("\n"), document)
        }
    }

    /// Those for whom letters wait that can be redriven.
    fn waiting_tenants(&self) -> Vec<&TenantId> {
        let waiting = self
            .letters
            .iter()
            .filter(|letter| letter.status == DeadLetterStatus::Waiting);
        let mut tenants: Vec<&TenantId> = waiting.map(|letter| letter.task.tenant()).collect();
        tenants.dedup();
        tenants
    }
}

fn in_words(letter: &DeadLetter) -> String {
    let DeadLetter {
        id, queue, reason, ..
    } = letter;
    let about: Vec<String> = about(letter)
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    format!(
        "{:<8} {} {id} ({queue})\n         {}\n         {}: {}",
        status(letter),
        kind(&letter.task),
        about.join(", "),
        reason.code,
        reason.text
    )
}

/// What a letter is about, by name.
fn about(letter: &DeadLetter) -> Vec<(&'static str, String)> {
    let task = &letter.task;
    let delivery = task.delivery();
    let parts = [
        ("tenant", Some(task.tenant().to_string())),
        ("campaign", task.campaign().map(ToString::to_string)),
        (
            "receiver",
            delivery.map(|(receiver, _)| receiver.to_string()),
        ),
        (
            "channel",
            delivery.map(|(_, channel)| channel.as_str().to_owned()),
        ),
        ("import", task.import().map(ToString::to_string)),
    ];
    parts
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn unreadable_in_words(letter: &UnreadableDeadLetter) -> String {
    let UnreadableDeadLetter {
        id,
        queue,
        digest,
        bytes,
        received,
        reason,
        ..
    } = letter;
    format!(
        "closed   unreadable {id} ({queue})\n         {bytes} bytes, SHA-256 {digest}, received {received}×\n         {}: {}",
        reason.code, reason.text
    )
}

fn document(letter: &DeadLetter) -> Value {
    let mut document = json!({
        "id": letter.id.to_string(),
        "kind": kind(&letter.task),
        "status": status(letter),
        "queue": letter.queue,
        "function": function(&letter.queue),
        "reason": letter.reason,
        "received": letter.received,
        "recorded_at": letter.recorded_at,
        "settled_at": letter.settled_at,
    });
    for (name, value) in about(letter) {
        document[name] = json!(value);
    }
    document
}

impl Redrive {
    async fn run(self, deployment: &Deployment) -> Result<Said, Error> {
        let why = "carillon dead-letters redrive";
        let ids = &self.ids;
        let work = async |api: &crate::api::Api| {
            let bodies: Vec<Value> = ids
                .chunks(REDRIVEN)
                .map(
                    |ids| json!({ "ids": ids.iter().map(ToString::to_string).collect::<Vec<_>>() }),
                )
                .collect();
            let mut progress = Progress::new();
            let mut sum = Redriven::default();
            let path = "/v1/dead-letters/redrive";
            let what = "there is no such dead letter";
            for body in &bodies {
                sum.add(&api.post(path, Some(body), what).await?);
            }
            while ids.is_empty() {
                let all = json!({ "all": true });
                let was_any = sum.add(&api.post(path, Some(&all), what).await?);
                progress.at(|| format!("{} redriven, {} closed", sum.redriven, sum.closed));
                // Those that are left were changed by somebody else at the same moment.
                if !sum.more || !was_any {
                    break;
                }
            }
            Ok(sum)
        };
        let sum = self.caller.call(deployment, why, work).await?;
        Ok(sum.said(!ids.is_empty()))
    }
}

/// What all calls together have done.
#[derive(Debug, Default)]
struct Redriven {
    redriven: u64,
    closed: u64,
    more: bool,
}

impl Redriven {
    /// Adds an answer, and says whether anything was done.
    fn add(&mut self, answer: &Value) -> bool {
        let number = |name: &str| answer[name].as_u64().unwrap_or_default();
        let (redriven, closed) = (number("redriven"), number("closed"));
        self.redriven += redriven;
        self.closed += closed;
        self.more = answer["more"] == true;
        (redriven, closed) != (0, 0)
    }

    fn said(&self, were_named: bool) -> Said {
        let Self {
            redriven,
            closed,
            more,
        } = self;
        let mut lines = format!("{redriven} redriven, {closed} closed");
        if *more {
            lines.push_str("\nOthers wait; see: carillon dead-letters list --waiting");
        }
        let document = json!({ "redriven": redriven, "closed": closed, "more": more });
        Said {
            // That others wait is no news to whoever named some.
            all_well: were_named || !more,
            ..Said::new(lines, document)
        }
    }
}

#[cfg(test)]
mod tests {
    use carillon_domain::{
        delivery::{DEAD_LETTER, task::FanoutTask},
        reason::Reason,
    };

    use super::*;

    fn letter(id: &str, status: DeadLetterStatus) -> DeadLetter {
        DeadLetter {
            id: id.parse().unwrap(),
            queue: "carillon-fanout-dead".to_owned(),
            task: Task::Fanout(FanoutTask {
                tenant: "acme".parse().unwrap(),
                campaign: "01a200bb-45f0-72e2-a205-152349e7a434".parse().unwrap(),
                generation: 1,
                shard: 3,
            }),
            reason: Reason::new(DEAD_LETTER, "Received 21 times."),
            received: 21,
            status,
            recorded_at: "2026-11-21T09:00:00Z".parse().unwrap(),
            settled_at: None,
        }
    }

    #[test]
    fn a_queue_is_known_by_its_function_too() {
        for (queue, expected) in [
            ("carillon-email-dead.fifo", "email"),
            ("carillon-staging-fanout-dead", "fanout"),
            ("carillon-receipts-dead", "receipts"),
            ("", ""),
        ] {
            assert_eq!(function(queue), expected, "{queue}");
        }
    }

    #[test]
    fn letters_are_listed_and_counted_by_queue() {
        use DeadLetterStatus::{Closed, Redriven, Waiting};
        let found = Found {
            letters: vec![
                letter("a", Waiting),
                letter("b", Redriven),
                letter("c", Closed),
            ],
            unreadable: Vec::new(),
            incomplete: false,
        };
        let said = found.said();
        assert!(!said.all_well);
        let [first, about, reason] = said.lines.lines().take(3).collect::<Vec<_>>()[..] else {
            panic!("{}", said.lines);
        };
        assert_eq!(first, "waiting  fanout a (carillon-fanout-dead)");
        assert_eq!(
            about.trim(),
            "tenant acme, campaign 01a200bb-45f0-72e2-a205-152349e7a434"
        );
        assert_eq!(reason.trim(), "dead_letter: Received 21 times.");
        assert!(said.lines.ends_with(
            "carillon-fanout-dead  1        1         1       0\n\
             Once the cause is gone: carillon dead-letters redrive --tenant acme"
        ));
        assert_eq!(said.document["queues"][0]["function"], "fanout");
        assert_eq!(said.document["dead_letters"][1]["status"], "redriven");
        let none = Found::default().said();
        assert_eq!(
            (none.lines.as_str(), none.all_well),
            ("No dead letters.", true)
        );
    }

    #[test]
    fn what_is_left_is_no_success_unless_some_were_named() {
        let mut sum = super::Redriven::default();
        assert!(sum.add(&json!({ "redriven": 97, "closed": 3, "more": true })));
        assert!(!sum.add(&json!({ "redriven": 0, "closed": 0, "more": true })));
        assert!(!sum.said(false).all_well);
        assert!(sum.said(true).all_well);
        assert_eq!(
            sum.said(false).document,
            json!({ "redriven": 97, "closed": 3, "more": true })
        );
    }
}
