//! Listing what an import found about rows.

use carillon_domain::{access::Context, id::ImportId};

use super::FoundRow;
use crate::{Page, PageRequest, Store, error::Error, item, keys};

impl Store {
    /// A page of the findings of an import about rows, by line.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn import_findings(
        &self,
        context: &Context,
        id: &ImportId,
        page: &PageRequest,
    ) -> Result<Page<FoundRow>, Error> {
        let partition = keys::refused_partition(&context.tenant, id);
        let prefix = keys::REFUSED_PREFIX;
        self.query_partition("list findings about rows", &self.catalog, partition, prefix)
            .page(page, |row| item::read("a finding about a row", row))
            .await
    }
}
