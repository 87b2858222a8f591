//! Documents of operators: templates, wrappers and presets. Each has versions that can be shown and restored.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use carillon_domain::{
    access::Context,
    id::{DocumentId, TenantId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Page, PageRequest, Store,
    error::Error,
    item, keys,
    transact::{delete, put},
};

/// Versions kept per document; the oldest are deleted first.
pub const VERSIONS: u64 = 100;

/// A kind of document.
pub trait Document: Serialize + DeserializeOwned + Clone + Send + Sync {
    /// The prefix of its key.
    const PREFIX: &'static str;
    /// What a list shows besides its name.
    type About: Serialize + DeserializeOwned + Send;

    /// What a list shows besides its name.
    fn about(&self) -> Self::About;
}

/// A stored document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written<T> {
    /// Its id.
    pub id: DocumentId,
    /// Incremented on every change; the `ETag`.
    pub version: u64,
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When this version was written.
    pub updated_at: Timestamp,
    /// Who wrote this version: the id of an API key.
    pub updated_by: String,
    /// Its content.
    pub body: T,
}

/// A document as listed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Listed<A> {
    /// Its id.
    pub id: DocumentId,
    /// Its version.
    pub version: u64,
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its version was written.
    pub updated_at: Timestamp,
    /// Who wrote it.
    pub updated_by: String,
    /// Further listed fields.
    pub about: A,
}

/// Attributes read for a list.
const LISTED: &str = "id, version, #name, created_at, updated_at, updated_by, about, sk";

/// Outcome of creating a document.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateOutcome<T> {
    /// Created.
    New,
    /// Created earlier by the same request.
    Existing(Written<T>),
}

/// Outcome of changing a document.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateOutcome<T> {
    /// Changed.
    Done,
    /// Changed by another request; the current document.
    Stale(Box<Written<T>>),
    /// Not found.
    NotFound,
}

/// A row with the listed fields beside the body, and the lower-case name for search.
fn row<T: Document>(key: &keys::Key, written: &Written<T>) -> Result<item::Item, Error> {
    let mut row = item::write(key, "a document", written)?;
    let about = item::attribute("a document", &written.body.about())?;
    row.insert("about".to_owned(), about);
    row.insert(
        "searched".to_owned(),
        item::text(written.name.to_lowercase()),
    );
    Ok(row)
}

impl Store {
    /// Creates a document. Its id identifies a repeated request.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn make_document<T: Document>(
        &self,
        context: &Context,
        written: &Written<T>,
    ) -> Result<CreateOutcome<T>, Error> {
        const DOING: &str = "create a document";
        let tenant = &context.tenant;
        let writes = self.version_writes(DOING, tenant, written, None)?;
        if self.transact(DOING, writes).await? {
            return Ok(CreateOutcome::New);
        }
        let existing = self.document(context, &written.id).await?;
        existing
            .map(CreateOutcome::Existing)
            .ok_or(Error::Contended { doing: DOING })
    }

    /// The current version of a document.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn document<T: Document>(
        &self,
        context: &Context,
        id: &DocumentId,
    ) -> Result<Option<Written<T>>, Error> {
        let tenant = &context.tenant;
        let key = keys::document(tenant, T::PREFIX, id);
        let row = self
            .get_row("read a document", &self.catalog, &key, true)
            .await?;
        row.map(|row| item::read("a document", row)).transpose()
    }

    /// A version of a document, if it is still kept.
    ///
    /// # Errors
    /// If the read fails or the row cannot be decoded.
    pub async fn document_version<T: Document>(
        &self,
        context: &Context,
        id: &DocumentId,
        version: u64,
    ) -> Result<Option<Written<T>>, Error> {
        let tenant = &context.tenant;
        let key = keys::document_version(tenant, id, version);
        let row = self
            .get_row("read a version", &self.catalog, &key, true)
            .await?;
        row.map(|row| item::read("a document", row)).transpose()
    }

    /// A page of a tenant's documents of a kind whose name contains a text, newest first.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn documents<T: Document>(
        &self,
        context: &Context,
        name: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Listed<T::About>>, Error> {
        let partition = keys::tenant_partition(&context.tenant);
        self.list_documents(partition, T::PREFIX, name, page).await
    }

    /// A page of the kept versions of a document, newest first.
    ///
    /// # Errors
    /// If the read fails or a row cannot be decoded.
    pub async fn document_versions<T: Document>(
        &self,
        context: &Context,
        id: &DocumentId,
        page: &PageRequest,
    ) -> Result<Page<Listed<T::About>>, Error> {
        let partition = keys::document_partition(&context.tenant, id);
        self.list_documents(partition, keys::VERSION_PREFIX, None, page)
            .await
    }

    async fn list_documents<A: DeserializeOwned>(
        &self,
        partition: String,
        prefix: &str,
        name: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Listed<A>>, Error> {
        self.query_partition("list documents", &self.catalog, partition, prefix)
            .with(|query| {
                let query = query
                    .projection_expression(LISTED)
                    .expression_attribute_names("#name", "name")
                    .scan_index_forward(false);
                match name {
                    None => query,
                    Some(name) => query
                        .filter_expression("contains(searched, :name)")
                        .expression_attribute_values(":name", item::text(name.to_lowercase())),
                }
            })
            .page(page, |row| item::read("a document", row))
            .await
    }

    /// Writes a document's next version, if the previous one is still the latest.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn rewrite_document<T: Document>(
        &self,
        context: &Context,
        written: &Written<T>,
    ) -> Result<UpdateOutcome<T>, Error> {
        const DOING: &str = "change a document";
        let tenant = &context.tenant;
        let before = written.version - 1;
        let writes = self.version_writes(DOING, tenant, written, Some(before))?;
        if self.transact(DOING, writes).await? {
            return Ok(UpdateOutcome::Done);
        }
        Ok(match self.document(context, &written.id).await? {
            Some(now) => UpdateOutcome::Stale(Box::new(now)),
            None => UpdateOutcome::NotFound,
        })
    }

    fn version_writes<T: Document>(
        &self,
        doing: &'static str,
        tenant: &TenantId,
        written: &Written<T>,
        before: Option<u64>,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let key = keys::document(tenant, T::PREFIX, &written.id);
        let head = Put::builder()
            .table_name(&self.catalog)
            .set_item(Some(row(&key, written)?));
        let head = match before {
            None => head.condition_expression("attribute_not_exists(pk)"),
            Some(before) => head
                .condition_expression("version = :before")
                .expression_attribute_values(":before", item::number(before)),
        };
        let key = keys::document_version(tenant, &written.id, written.version);
        let version = Put::builder()
            .table_name(&self.catalog)
            .set_item(Some(row(&key, written)?));
        let mut writes = vec![put(doing, head)?, put(doing, version)?];
        if written.version > VERSIONS {
            let oldest = keys::document_version(tenant, &written.id, written.version - VERSIONS);
            let oldest = Delete::builder()
                .table_name(&self.catalog)
                .set_key(Some(item::key(&oldest)));
            writes.push(delete(doing, oldest)?);
        }
        Ok(writes)
    }

    /// Deletes a document and its versions, at a version if one is given.
    ///
    /// # Errors
    /// If the write fails.
    pub async fn delete_document<T: Document>(
        &self,
        context: &Context,
        id: &DocumentId,
        version: Option<u64>,
    ) -> Result<UpdateOutcome<T>, Error> {
        const DOING: &str = "delete a document";
        let tenant = &context.tenant;
        let Some(now) = self.document::<T>(context, id).await? else {
            return Ok(UpdateOutcome::NotFound);
        };
        let expected = version.unwrap_or(now.version);
        let head = Delete::builder()
            .table_name(&self.catalog)
            .set_key(Some(item::key(&keys::document(tenant, T::PREFIX, id))))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", item::number(expected));
        if !self.transact(DOING, vec![delete(DOING, head)?]).await? {
            return Ok(match self.document(context, id).await? {
                Some(now) => UpdateOutcome::Stale(Box::new(now)),
                None => UpdateOutcome::NotFound,
            });
        }
        // Versions are unreachable without the document, so leftovers are harmless.
        let oldest = now.version.saturating_sub(VERSIONS) + 1;
        for version in oldest..=now.version {
            self.dynamodb
                .delete_item()
                .table_name(&self.catalog)
                .set_key(Some(item::key(&keys::document_version(
                    tenant, id, version,
                ))))
                .send()
                .await
                .map_err(Error::call(DOING))?;
        }
        Ok(UpdateOutcome::Done)
    }
}
