//! Every key of the three tables. No other file formats one.
//!
//! | what | table | partition key | sort key |
//! |---|---|---|---|
//! | a campaign; a tenant's campaigns, newest first | catalog | `{tenant}` | `CAMPAIGN#{campaign}` |
//! | its content | catalog | `{tenant}` | `CONTENT#{campaign}` |
//! | its content as sent, written before it is published or scheduled | catalog | `{tenant}#{campaign}` |
//! `COMPOSED#{id}` |
//! | operators' documents: templates, wrappers, presets | catalog | `{tenant}` | `TEMPLATE#{id}`, `WRAPPER#{id}`,
//! `PRESET#{id}` |
//! | its versions, newest last | catalog | `{tenant}#{id}` | `VERSION#{version}` |
//! | a preflight run of a campaign, and the content it checks | catalog | `{tenant}` | `PREFLIGHT#{campaign}`,
//! `PREFLIGHT_CONTENT#{campaign}` |
//! | an import | catalog | `{tenant}` | `IMPORT#{import}` |
//! | findings about the rows of an import, by line | catalog | `{tenant}#{import}` | `REFUSED#{line}#{column}` |
//! | a job; those of a tenant, by start | catalog | `{tenant}#JOBS` | `{job}` |
//! | a transport; a tenant's transports and routes | catalog | `{tenant}` | `TRANSPORT#{transport}` |
//! | the routes of a channel | catalog | `{tenant}` | `TRANSPORT_ROUTES#{channel}` |
//! | identities the tenant may send as through the shared account, written by the platform's operator only | catalog |
//! `{tenant}#IDENTITIES` | `IDENTITIES` |
//! | a transport's test message | catalog | `{tenant}` | `TRIAL#{trial}` |
//! | the rate limiter of a provider account, and whether the account works | catalog | `{tenant}#GOVERNOR#{transport}`
//! | `GOVERNOR` |
//! | the counter of the numbers by which provider accounts know messages | catalog | `{tenant}#NUMBERS#{channel}` |
//! `NUMBERS` |
//! | the tenant itself | catalog | `{tenant}` | `TENANT` |
//! | a response stored for its idempotency key | catalog | `{tenant}` | `IDEMPOTENCY#{hash}` |
//! | a received callback, where only its token identifies a repetition, in 256 parts | catalog | `{tenant}#HEARD#{two
//! digits of the hash}` | `{hash}` |
//! | the delivery behind a vendor's name for a message | catalog | `{tenant}#NAME#{name}` | `NAME` |
//! | requests of a tenant in a second | catalog | `{tenant}#SHARE` | `SECOND#{second}` |
//! | receivers enqueued on the normal queue in a minute | catalog | `{tenant}#SHARE` | `USUAL#{minute}` |
//! | the slow tenants that hold executions | catalog | `EXECUTIONS` | the queue's name |
//! | a slot for a tenant's long-running request | catalog | `{tenant}#SHARE` | `PLACE#{number}` |
//! | an API key, looked up by its public half | catalog | `KEY#{key id}` | `KEY` |
//! | a tenant's API keys | catalog | `{tenant}#KEYS` | `KEY#{key id}` |
//! | totals of a campaign, one row per shard | catalog | `{tenant}#{campaign}` | `TOTALS#{shard}` |
//! | fan-out progress, one row per shard | catalog | `{tenant}#{campaign}` | `FANOUT#{generation}#{shard}` |
//! | a campaign's last progress check | catalog | `{tenant}#{campaign}` | `LOOK` |
//! | work for the sweep, by time | catalog | `DUE` | `{time}#{kind}#{tenant}#{campaign}`, and `#{import}` for an
//! import, `#{shard}` for totals; for a job its id in place of the campaign |
//! | campaigns that wait for an account, by the minute of their next check | catalog | `WAITING` |
//! `{minute}#{tenant}#{campaign}#{generation}#{what}` |
//! | a tenant's dead letters, waiting ones first | catalog | `{tenant}#DEAD` | `WAITING#{message}`, then
//! `SETTLED#{message}` |
//! | an unreadable dead letter, which belongs to no tenant | catalog | `DEAD` | `{message}` |
//! | a suppressed address; those of a tenant, in 16 parts | catalog | `{tenant}#SUPPRESSED#{first digit of the hash}` |
//! `{channel}#{hash}` |
//! | the window in which free text may be sent to an address, in 16 parts | catalog | `{tenant}#WINDOW#{first digit of
//! the hash}` | `{hash}` |
//! | a receiver, or the second address of one | ledger | `{tenant}#{campaign}#{shard}` | `R#{receiver}` |
//! | a delivery | ledger | `{tenant}#{campaign}#{shard}` | `D#{receiver}#{channel}` |
//! | deliveries that need attention | ledger, index `attention` | `{tenant}#{campaign}#{shard}` |
//! `{state}#{channel}#{receiver}` |
//! | the attributes that a tenant added to a kind of entity | directory | `{tenant}` | `ATTRIBUTES#{kind}` |
//! | an entity; those of a kind, in 16 parts by the first digit of their ids | directory | `{tenant}#E#{kind}#{digit}` |
//! `{entity}` |
//! | a relation, by the entity that it starts from | directory | `{tenant}#R#{kind}#{digit}` |
//! `{from}#{relation}#{kind}#{to}` |
//! | a relation, by the entity that it leads to | directory | `{tenant}#I#{kind}#{digit}` |
//! `{to}#{relation}#{kind}#{from}` |
//! | a word by which an entity is found, with those of the same beginning | directory | `{tenant}#W#{beginning}` |
//! `{word}#{kind}#{entity}` |
//!
//! A tenant id has no `#` and no capital letter, so no tenant can be named `DUE`, `DEAD` or `KEY#…`; ids of
//! campaigns and imports have no capital letter either, so none can be `DEAD`, `HEARD`, `SUPPRESSED` or `WINDOW`.
//!
//! Rows written by channel functions are in partitions of their own kind (`…#GOVERNOR#…`, `…#SUPPRESSED#…`), because
//! the partition key is the only thing by which a policy can reliably tell rows apart (`dynamodb:LeadingKeys`).

use carillon_domain::{
    campaigns::Campaign,
    channel::Channel,
    delivery::State,
    directory::{Kind, Relation, words::Word},
    id::{
        AddressHash, CampaignId, DeadLetterId, DocumentId, EntityId, ImportId, JobId, KeyId,
        ReceiverId, TenantId, TransportId,
    },
};
use jiff::Timestamp;

/// A partition key and a sort key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The attribute `pk`.
    pub partition: String,
    /// The attribute `sk`.
    pub sort: String,
}

impl Key {
    fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            sort: sort.into(),
        }
    }
}

/// Of the tenant itself, in its partition.
pub(crate) const TENANT: &str = "TENANT";
pub(crate) const CAMPAIGN_PREFIX: &str = "CAMPAIGN#";
/// Prefix of transports and routes.
pub(crate) const SETUP_PREFIX: &str = "TRANSPORT";
pub(crate) const TRANSPORT_PREFIX: &str = "TRANSPORT#";
pub(crate) const ROUTES_PREFIX: &str = "TRANSPORT_ROUTES#";
pub(crate) const KEY_PREFIX: &str = "KEY#";
pub(crate) const TOTALS_PREFIX: &str = "TOTALS#";
pub(crate) const RECEIVER_PREFIX: &str = "R#";
pub(crate) const REFUSED_PREFIX: &str = "REFUSED#";
pub(crate) const DUE_PARTITION: &str = "DUE";
pub(crate) const WAITING_PARTITION: &str = "WAITING";
pub(crate) const DEAD_PARTITION: &str = "DEAD";
pub(crate) const VERSION_PREFIX: &str = "VERSION#";
pub(crate) const WAITING_PREFIX: &str = "WAITING#";

/// The partition of a tenant's settings and campaigns.
pub(crate) fn tenant_partition(tenant: &TenantId) -> String {
    tenant.to_string()
}

/// The row of a campaign.
pub fn campaign(tenant: &TenantId, campaign: &CampaignId) -> Key {
    Key::new(tenant.as_str(), format!("{CAMPAIGN_PREFIX}{campaign}"))
}

/// The row of a campaign's content.
pub fn content(tenant: &TenantId, campaign: &CampaignId) -> Key {
    Key::new(tenant.as_str(), format!("CONTENT#{campaign}"))
}

/// The row of a campaign's content as sent; the campaign names its id.
pub fn composed(tenant: &TenantId, campaign: &CampaignId, id: &str) -> Key {
    Key::new(
        progress_partition(tenant, campaign),
        format!("COMPOSED#{id}"),
    )
}

/// The row of a document; `kind` is the prefix of its key.
pub(crate) fn document(tenant: &TenantId, kind: &str, id: &DocumentId) -> Key {
    Key::new(tenant.as_str(), format!("{kind}{id}"))
}

/// The partition of its versions.
pub(crate) fn document_partition(tenant: &TenantId, id: &DocumentId) -> String {
    format!("{tenant}#{id}")
}

/// One of its versions.
pub(crate) fn document_version(tenant: &TenantId, id: &DocumentId, version: u64) -> Key {
    Key::new(
        document_partition(tenant, id),
        format!("{VERSION_PREFIX}{version:09}"),
    )
}

/// The row of a campaign's preflight run.
pub(crate) fn preflight(tenant: &TenantId, campaign: &CampaignId) -> Key {
    Key::new(tenant.as_str(), format!("PREFLIGHT#{campaign}"))
}

/// The row of the content it checks.
pub(crate) fn preflight_content(tenant: &TenantId, campaign: &CampaignId) -> Key {
    Key::new(tenant.as_str(), format!("PREFLIGHT_CONTENT#{campaign}"))
}

/// The row of an import.
pub fn import(tenant: &TenantId, import: &ImportId) -> Key {
    Key::new(tenant.as_str(), format!("IMPORT#{import}"))
}

/// The row of a job.
pub(crate) fn job(tenant: &TenantId, job: &JobId) -> Key {
    Key::new(jobs_partition(tenant), job.to_string())
}

/// The partition of a tenant's jobs.
pub(crate) fn jobs_partition(tenant: &TenantId) -> String {
    format!("{tenant}#JOBS")
}

/// The partition of an import's findings.
pub(crate) fn refused_partition(tenant: &TenantId, import: &ImportId) -> String {
    format!("{tenant}#{import}")
}

/// A finding about a row: sorted by line, then by position within the row.
pub(crate) fn refused(tenant: &TenantId, import: &ImportId, line: u64, index: usize) -> Key {
    Key::new(
        refused_partition(tenant, import),
        format!("{REFUSED_PREFIX}{line:012}#{index:03}"),
    )
}

/// The row of a transport.
pub fn transport(tenant: &TenantId, transport: &TransportId) -> Key {
    Key::new(tenant.as_str(), format!("{TRANSPORT_PREFIX}{transport}"))
}

/// The row of a channel's routes.
pub(crate) fn routes(tenant: &TenantId, channel: Channel) -> Key {
    Key::new(tenant.as_str(), format!("{ROUTES_PREFIX}{channel}"))
}

/// The row of the identities a tenant may send as.
pub(crate) fn identities(tenant: &TenantId) -> Key {
    Key::new(format!("{tenant}#IDENTITIES"), "IDENTITIES")
}

/// The row of a provider account's rate limiter.
pub(crate) fn rate_limiter(tenant: &TenantId, transport: &TransportId) -> Key {
    Key::new(format!("{tenant}#GOVERNOR#{transport}"), "GOVERNOR")
}

/// The slow tenants that hold executions of a queue. Tenants share it, so it belongs to none.
pub(crate) fn slow_executions(queue: &str) -> Key {
    Key::new("EXECUTIONS", queue)
}

/// The count of a tenant's receivers enqueued on the normal queue in a minute of Unix time.
pub(crate) fn usual_lane(tenant: &TenantId, minute: i64) -> Key {
    Key::new(format!("{tenant}#SHARE"), format!("USUAL#{minute}"))
}

/// The counter of the numbers by which provider accounts know messages.
pub(crate) fn numbers(tenant: &TenantId, channel: Channel) -> Key {
    Key::new(format!("{tenant}#NUMBERS#{channel}"), "NUMBERS")
}

/// The delivery behind a vendor's name for a message.
pub(crate) fn message_name(tenant: &TenantId, name: &str) -> Key {
    Key::new(format!("{tenant}#NAME#{name}"), "NAME")
}

/// The row of a received callback, by the hash of its token. A campaign of a million has some million callbacks, most
/// of them within minutes, and each is a write.
pub(crate) fn heard(tenant: &TenantId, hash: &str) -> Key {
    Key::new(format!("{tenant}#HEARD#{}", &hash[..2]), hash)
}

/// The row of a tenant.
pub fn tenant(tenant: &TenantId) -> Key {
    Key::new(tenant.as_str(), TENANT)
}

/// The row of a response stored for an idempotency key, given as a hash.
pub(crate) fn idempotency(tenant: &TenantId, hash: &str) -> Key {
    Key::new(tenant.as_str(), format!("IDEMPOTENCY#{hash}"))
}

/// The count of a tenant's requests in a second of Unix time.
pub(crate) fn requests(tenant: &TenantId, second: i64) -> Key {
    Key::new(format!("{tenant}#SHARE"), format!("SECOND#{second}"))
}

/// A slot for a tenant's long-running request.
pub(crate) fn place(tenant: &TenantId, place: u8) -> Key {
    Key::new(format!("{tenant}#SHARE"), format!("PLACE#{place}"))
}

/// The row of an API key.
pub(crate) fn api_key(id: &KeyId) -> Key {
    Key::new(format!("KEY#{id}"), "KEY")
}

/// The partition of a tenant's API keys.
pub(crate) fn api_keys_partition(tenant: &TenantId) -> String {
    format!("{tenant}#KEYS")
}

/// The entry of an API key in its tenant's list.
pub(crate) fn api_key_of(tenant: &TenantId, id: &KeyId) -> Key {
    Key::new(api_keys_partition(tenant), format!("{KEY_PREFIX}{id}"))
}

/// The partition of a campaign's totals and fan-out progress.
pub(crate) fn progress_partition(tenant: &TenantId, campaign: &CampaignId) -> String {
    format!("{tenant}#{campaign}")
}

/// The totals of one shard.
pub(crate) fn totals(tenant: &TenantId, campaign: &CampaignId, shard: u16) -> Key {
    Key::new(
        progress_partition(tenant, campaign),
        format!("{TOTALS_PREFIX}{shard:05}"),
    )
}

/// The fan-out progress of one shard.
pub(crate) fn fanout(tenant: &TenantId, campaign: &CampaignId, generation: u32, shard: u16) -> Key {
    Key::new(
        progress_partition(tenant, campaign),
        format!("{}{shard:05}", fanout_prefix(generation)),
    )
}

/// The prefix of one generation's fan-out rows.
pub(crate) fn fanout_prefix(generation: u32) -> String {
    format!("FANOUT#{generation:06}#")
}

/// A campaign's last progress check.
pub(crate) fn look(tenant: &TenantId, campaign: &CampaignId) -> Key {
    Key::new(progress_partition(tenant, campaign), "LOOK")
}

/// A time as text that sorts chronologically: milliseconds are always written.
pub(crate) fn sortable(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// A row that the sweep finds once its time has come.
pub(crate) fn due(time: Timestamp, kind: &str, tenant: &TenantId, id: &str) -> Key {
    Key::new(
        DUE_PARTITION,
        format!("{}#{kind}#{tenant}#{id}", sortable(time)),
    )
}

/// A campaign that waits for an account.
pub(crate) fn waiting(
    minute: Timestamp,
    tenant: &TenantId,
    campaign: &CampaignId,
    generation: u32,
    what: &str,
) -> Key {
    Key::new(
        WAITING_PARTITION,
        format!(
            "{}#{tenant}#{campaign}#{generation}#{what}",
            sortable(minute)
        ),
    )
}

/// The partition of a tenant's dead letters.
pub(crate) fn dead_letters_partition(tenant: &TenantId) -> String {
    format!("{tenant}#DEAD")
}

/// A waiting dead letter. Read in reverse, waiting ones come before settled ones.
pub(crate) fn waiting_dead_letter(tenant: &TenantId, id: &DeadLetterId) -> Key {
    Key::new(
        dead_letters_partition(tenant),
        format!("{WAITING_PREFIX}{id}"),
    )
}

/// The same dead letter, once settled.
pub(crate) fn settled_dead_letter(tenant: &TenantId, id: &DeadLetterId) -> Key {
    Key::new(dead_letters_partition(tenant), format!("SETTLED#{id}"))
}

/// An unreadable dead letter.
pub(crate) fn unreadable_dead_letter(id: &DeadLetterId) -> Key {
    Key::new(DEAD_PARTITION, id.as_str())
}

/// One part of a tenant's suppressions: those whose hash begins with this hexadecimal digit. One part per digit keeps a
/// busy tenant from being limited to the throughput of one partition.
pub(crate) fn suppressions_partition(tenant: &TenantId, digit: &str) -> String {
    format!("{tenant}#SUPPRESSED#{digit}")
}

/// The window in which free text may be sent to an address.
pub(crate) fn window(tenant: &TenantId, address: &AddressHash) -> Key {
    let hash = address.as_str();
    Key::new(format!("{tenant}#WINDOW#{}", &hash[..1]), hash)
}

/// The prefix of a channel's suppressions.
pub(crate) fn suppressions_prefix(channel: Channel) -> String {
    format!("{channel}#")
}

/// The suppression of an address.
pub(crate) fn suppression(tenant: &TenantId, channel: Channel, address: &AddressHash) -> Key {
    let hash = address.as_str();
    Key::new(
        suppressions_partition(tenant, &hash[..1]),
        format!("{}{hash}", suppressions_prefix(channel)),
    )
}

/// The ledger partition of a campaign's shard.
pub fn ledger_partition(tenant: &TenantId, campaign: &CampaignId, shard: u16) -> String {
    format!("{tenant}#{campaign}#{shard}")
}

/// The row of a receiver.
pub fn receiver(
    tenant: &TenantId,
    campaign: &CampaignId,
    shard: u16,
    receiver: &ReceiverId,
) -> Key {
    Key::new(
        ledger_partition(tenant, campaign, shard),
        format!("{RECEIVER_PREFIX}{receiver}"),
    )
}

/// A receiver of a campaign, or a second address of one.
pub(crate) fn receiver_of(campaign: &Campaign, id: &ReceiverId) -> Key {
    let shard = id.shard(campaign.shards);
    receiver(&campaign.tenant, &campaign.id, shard, id)
}

/// The row of a delivery.
pub fn delivery(
    tenant: &TenantId,
    campaign: &CampaignId,
    shard: u16,
    receiver: &ReceiverId,
    channel: Channel,
) -> Key {
    Key::new(
        ledger_partition(tenant, campaign, shard),
        format!("D#{receiver}#{channel}"),
    )
}

/// A shard's partition in the index of rows that need attention. An index is throttled with its busiest partition, and
/// its table with it, so a campaign in which everything fails needs as many partitions as its ledger has.
pub(crate) fn attention_partition(tenant: &TenantId, campaign: &CampaignId, shard: u16) -> String {
    ledger_partition(tenant, campaign, shard)
}

/// The sort key in that index.
pub(crate) fn attention_order(state: State, channel: Channel, receiver: &ReceiverId) -> String {
    format!("{state}#{channel}#{receiver}")
}

/// A parsed sort key of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerRow {
    /// A receiver, or the second address of one.
    Receiver(ReceiverId),
    /// A delivery.
    Delivery(ReceiverId, Channel),
}

/// Parses a ledger key.
pub fn parse_ledger(partition: &str, sort: &str) -> Option<(TenantId, CampaignId, u16, LedgerRow)> {
    let mut parts = partition.split('#');
    let tenant = parts.next()?.parse().ok()?;
    let campaign = parts.next()?.parse().ok()?;
    let shard = parts.next()?.parse().ok()?;
    let row = match sort.split_once('#')? {
        ("R", receiver) => LedgerRow::Receiver(receiver.parse().ok()?),
        ("D", rest) => {
            let (receiver, channel) = rest.split_once('#')?;
            LedgerRow::Delivery(receiver.parse().ok()?, channel.parse().ok()?)
        }
        _ => return None,
    };
    parts
        .next()
        .is_none()
        .then_some((tenant, campaign, shard, row))
}

/// The parts of a kind of entity: one for each hexadecimal digit.
pub(crate) const ENTITY_PARTS: u16 = 16;

/// The row of the attributes that a tenant added to a kind of entity.
pub(crate) fn schema(tenant: &TenantId, kind: Kind) -> Key {
    Key::new(tenant.as_str(), format!("ATTRIBUTES#{kind}"))
}

/// The partition of the entities of a kind whose ids begin with a digit.
pub(crate) fn entities_partition(tenant: &TenantId, kind: Kind, part: &str) -> String {
    format!("{tenant}#E#{kind}#{part}")
}

/// The row of an entity.
pub(crate) fn entity(tenant: &TenantId, kind: Kind, id: &EntityId) -> Key {
    Key::new(entities_partition(tenant, kind, id.part()), id.as_str())
}

/// The partition of the relations that start from entities of a kind, or lead to them.
pub(crate) fn relations_partition(
    tenant: &TenantId,
    leads_to: bool,
    kind: Kind,
    part: &str,
) -> String {
    let direction = if leads_to { "I" } else { "R" };
    format!("{tenant}#{direction}#{kind}#{part}")
}

/// The prefix of the relations of an entity, in the partition of its kind.
pub(crate) fn relations_prefix(id: &EntityId) -> String {
    format!("{id}#")
}

/// The two rows of a relation: by the entity that it starts from, and by the one that it leads to.
pub(crate) fn relation(tenant: &TenantId, relation: &Relation) -> [Key; 2] {
    let Relation {
        relation,
        from_kind,
        from,
        to_kind,
        to,
        ..
    } = relation;
    let outgoing = relations_partition(tenant, false, *from_kind, from.part());
    let incoming = relations_partition(tenant, true, *to_kind, to.part());
    [
        Key::new(outgoing, format!("{from}#{relation}#{to_kind}#{to}")),
        Key::new(incoming, format!("{to}#{relation}#{from_kind}#{from}")),
    ]
}

/// The partition of words of one beginning.
pub(crate) fn words_partition(tenant: &TenantId, bucket: &str) -> String {
    format!("{tenant}#W#{bucket}")
}

/// The row of a word of an entity. Words have no `#`.
pub(crate) fn word(tenant: &TenantId, word: &Word, kind: Kind, id: &EntityId) -> Key {
    Key::new(
        words_partition(tenant, &word.bucket),
        format!("{}#{kind}#{id}", word.text),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledger_keys_read_back() {
        let tenant: TenantId = "demo".parse().unwrap();
        let campaign: CampaignId = "019a0000-0000-7000-8000-000000000000".parse().unwrap();
        let id: ReceiverId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let key = delivery(&tenant, &campaign, 7, &id, Channel::Sms);
        assert_eq!(
            parse_ledger(&key.partition, &key.sort),
            Some((
                tenant.clone(),
                campaign.clone(),
                7,
                LedgerRow::Delivery(id.clone(), Channel::Sms)
            ))
        );
        let key = receiver(&tenant, &campaign, 7, &id);
        assert_eq!(
            parse_ledger(&key.partition, &key.sort),
            Some((tenant, campaign, 7, LedgerRow::Receiver(id)))
        );
        assert_eq!(parse_ledger("a", "b"), None);
    }

    #[test]
    fn times_sort_as_text() {
        let early: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let late: Timestamp = "2026-11-21T09:00:00.5Z".parse().unwrap();
        assert!(sortable(early) < sortable(late));
    }
}
