//! Reading an uploaded file from S3, row by row, in bounded memory.

use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
    primitives::{ByteStream, ByteStreamError},
};
use carillon_domain::receivers::import::{FileProblem, Row, RowReader, Separation, Step};

/// Why a file cannot be read now, or at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("could not get the file from S3")]
    Get(#[source] Box<SdkError<GetObjectError>>),
    #[error("the download broke off")]
    Stream(#[source] ByteStreamError),
    #[error("the file was replaced after it had been checked")]
    Replaced,
    #[error("the file does not exist")]
    Gone,
    #[error("the file cannot be used")]
    Unusable(#[source] FileProblem),
}

/// The leading bytes used to detect the delimiter: more than any header line.
const HEAD_BYTES: usize = 64 * 1024;

/// An open file.
pub(crate) struct File {
    body: ByteStream,
    chunk: Vec<u8>,
    used: usize,
    last: bool,
    reader: RowReader,
    pub(crate) entity_tag: Option<String>,
    pub(crate) separation: Separation,
    /// The size of the file as read, which differs from the notification's if the file was
    /// replaced.
    pub(crate) bytes: Option<u64>,
}

/// Where to resume in a file that was read before.
pub(crate) struct Place {
    pub(crate) delimiter: u8,
    pub(crate) offset: u64,
    pub(crate) line: u64,
    pub(crate) bytes: u64,
    pub(crate) entity_tag: Option<String>,
}

impl File {
    /// Opens a file at its start and detects its delimiter.
    pub(crate) async fn open(client: &Client, bucket: &str, key: &str) -> Result<Self, FileError> {
        let answer = client
            .get_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .map_err(get_error)?;
        let mut file = Self {
            body: answer.body,
            chunk: Vec::new(),
            used: 0,
            last: false,
            reader: RowReader::new(b',', 0, 1),
            entity_tag: answer.e_tag,
            separation: Separation::detect(&[]),
            bytes: answer
                .content_length
                .and_then(|bytes| u64::try_from(bytes).ok()),
        };
        while file.chunk.len() < HEAD_BYTES && !file.chunk.contains(&b'\n') && !file.last {
            match file.body.next().await {
                Some(bytes) => file
                    .chunk
                    .extend_from_slice(&bytes.map_err(FileError::Stream)?),
                None => file.last = true,
            }
        }
        file.separation = Separation::detect(&file.chunk);
        file.reader = RowReader::new(file.separation.delimiter, 0, 1);
        Ok(file)
    }

    /// Opens a file where reading stopped. It must be the same file.
    pub(crate) async fn open_at(
        client: &Client,
        bucket: &str,
        key: &str,
        place: &Place,
    ) -> Result<Self, FileError> {
        let reader = RowReader::new(place.delimiter, place.offset, place.line);
        let mut file = Self {
            body: ByteStream::default(),
            chunk: Vec::new(),
            used: 0,
            last: true,
            reader,
            entity_tag: place.entity_tag.clone(),
            separation: Separation {
                delimiter: place.delimiter,
                is_declared: false,
            },
            bytes: Some(place.bytes),
        };
        // S3 responds 416 to a range that starts at the end.
        if place.offset < place.bytes {
            let answer = client
                .get_object()
                .bucket(bucket)
                .key(key)
                .range(format!("bytes={}-", place.offset))
                .set_if_match(place.entity_tag.clone())
                .send()
                .await
                .map_err(get_error)?;
            file.body = answer.body;
            file.last = false;
        }
        Ok(file)
    }

    /// Passes the next row to a function; `None` at the end.
    pub(crate) async fn next_row<T>(
        &mut self,
        use_row: impl FnOnce(&Row<'_>) -> T,
    ) -> Result<Option<T>, FileError> {
        loop {
            let mut rest = &self.chunk[self.used..];
            let before = rest.len();
            let step = self
                .reader
                .read(&mut rest, self.last)
                .map_err(FileError::Unusable)?;
            self.used += before - rest.len();
            match step {
                Step::Row(row) => return Ok(Some(use_row(&row))),
                Step::End => return Ok(None),
                Step::NeedsInput => {}
            }
            match self.body.next().await {
                Some(bytes) => {
                    self.chunk.clear();
                    self.chunk
                        .extend_from_slice(&bytes.map_err(FileError::Stream)?);
                    self.used = 0;
                }
                None => self.last = true,
            }
        }
    }

    /// The line on which the next row begins.
    pub(crate) fn line(&self) -> u64 {
        self.reader.line()
    }
}

fn get_error(error: SdkError<GetObjectError>) -> FileError {
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    match (status, error.code()) {
        (Some(412), _) => FileError::Replaced,
        (Some(404), _) | (_, Some("NoSuchKey")) => FileError::Gone,
        _ => FileError::Get(Box::new(error)),
    }
}
