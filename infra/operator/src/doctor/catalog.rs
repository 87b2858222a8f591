//! The transports of all tenants, which determine what else is checked.

use std::collections::BTreeMap;

use carillon_domain::{
    access::Context,
    id::TenantId,
    transports::{Transport, Vendor},
};
use carillon_store::{AllTransports, Store};
use jiff::Timestamp;

use super::{
    report::{Area, Finding},
    stack::Deployed,
    unanswered::Unanswered,
};

/// The maximum that a scan reads: a gigabyte, which costs about 2 cents in us-east-1
/// (https://aws.amazon.com/dynamodb/pricing/on-demand/: a page is at most 1 MiB, and half a unit reads 4 KB).
const PAGES: usize = 1_000;

/// The transports, as far as they could be read.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// The transports read, each with its tenant.
    pub(super) transports: Vec<(TenantId, Transport)>,
    /// Whether there may be more.
    pub(super) incomplete: bool,
}

impl Catalog {
    /// A catalog that was not read.
    pub(super) fn unknown() -> Self {
        Self {
            transports: Vec::new(),
            incomplete: true,
        }
    }

    /// A vendor's transports, with their labels in the report.
    pub(super) fn of(&self, vendor: Vendor) -> impl Iterator<Item = (String, &Transport)> {
        self.transports
            .iter()
            .filter(move |(_, transport)| transport.vendor == vendor)
            .map(|(tenant, transport)| (format!("{tenant}/{}", transport.id), transport))
    }

    /// Whether a vendor's account must be checked: a transport uses it, or an unread one might.
    pub(super) fn may_use(&self, vendor: Vendor) -> bool {
        self.incomplete || self.of(vendor).next().is_some()
    }
}

pub(super) async fn examine(
    dynamodb: aws_sdk_dynamodb::Client,
    stack: &Deployed,
    tenants: &[TenantId],
) -> (Catalog, Vec<Finding>) {
    const CHECK: &str = "transports";
    let tables = ["CatalogTable", "DirectoryTable", "LedgerTable"].map(|name| stack.output(name));
    let [Some(catalog), Some(directory), Some(ledger)] = tables else {
        let finding = Finding::not_checked(
            Area::Catalog,
            CHECK,
            "the stack has no output CatalogTable, DirectoryTable or LedgerTable",
            "Deploy this version: cd infra && sam build && cargo local console-package && sam deploy",
        );
        return (Catalog::unknown(), vec![finding]);
    };
    let store = Store::new(dynamodb, catalog, directory, ledger);
    match read(&store, tenants).await {
        Ok(read) => {
            let findings = vec![found(&read)];
            let catalog = Catalog {
                incomplete: !read.complete || read.unreadable > 0,
                transports: read.transports,
            };
            (catalog, findings)
        }
        Err(unanswered) => (
            Catalog::unknown(),
            vec![unanswered.finding(Area::Catalog, CHECK)],
        ),
    }
}

async fn read(store: &Store, tenants: &[TenantId]) -> Result<AllTransports, Unanswered> {
    if tenants.is_empty() {
        let all = store.transports_of_all(PAGES).await;
        return all.map_err(|error| Unanswered::by_store("dynamodb:Scan", error));
    }
    let mut all = AllTransports {
        complete: true,
        ..AllTransports::default()
    };
    for tenant in tenants {
        let context = Context::operator(tenant, Timestamp::now());
        let setup = store.setup(&context).await;
        let setup = setup.map_err(|error| Unanswered::by_store("dynamodb:Query", error))?;
        let transports = setup.transports.into_values();
        all.transports
            .extend(transports.map(|transport| (tenant.clone(), transport)));
    }
    Ok(all)
}

fn found(read: &AllTransports) -> Finding {
    const CHECK: &str = "transports";
    let mut vendors: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, transport) in &read.transports {
        *vendors.entry(transport.vendor.as_str()).or_default() += 1;
    }
    let vendors: Vec<String> = vendors
        .iter()
        .map(|(vendor, count)| format!("{count} {vendor}"))
        .collect();
    let vendors = vendors.join(", ");
    if read.unreadable > 0 {
        return Finding::warning(
            Area::Catalog,
            CHECK,
            format!(
                "{} cannot be read by this version; the others: {vendors}",
                read.unreadable
            ),
            "Use the doctor of the deployed version, or set the transports again with PUT /v1/transports/{id}.",
        );
    }
    if !read.complete {
        return Finding::warning(
            Area::Catalog,
            CHECK,
            format!("{vendors} in the first {PAGES} MiB of the catalog; the rest was not read"),
            "Pass --tenant for the tenants you care about; they are read without a scan.",
        );
    }
    if read.transports.is_empty() {
        return Finding::warning(
            Area::Catalog,
            CHECK,
            "none, so nothing can be sent",
            "Create a tenant (docs/deploying.md) and its transports with PUT /v1/transports/{id}.",
        );
    }
    Finding::ok(Area::Catalog, CHECK, vendors)
}

#[cfg(test)]
mod tests {
    use super::{super::report::Status, *};

    #[test]
    fn an_unread_part_of_the_catalog_may_use_any_vendor() {
        let mut read = AllTransports {
            transports: vec![
                ("acme".parse().unwrap(), Transport::new(Vendor::Ses)),
                ("beta".parse().unwrap(), Transport::new(Vendor::Ses)),
                ("beta".parse().unwrap(), Transport::new(Vendor::Sns)),
            ],
            unreadable: 0,
            complete: true,
        };
        let all = found(&read);
        assert_eq!(
            (all.status, all.found.as_str()),
            (Status::Ok, "2 ses, 1 sns")
        );
        read.complete = false;
        assert_eq!(found(&read).status, Status::Warning);
        assert_eq!(
            found(&AllTransports {
                complete: true,
                ..AllTransports::default()
            })
            .status,
            Status::Warning
        );
        let catalog = Catalog {
            transports: read.transports,
            incomplete: false,
        };
        assert!(catalog.may_use(Vendor::Sns) && !catalog.may_use(Vendor::EndUserMessaging));
        assert!(Catalog::unknown().may_use(Vendor::EndUserMessaging));
    }
}
