//! Cutting a stream of bytes into rows, one at a time, in bounded memory.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{COLUMNS, FileProblem, ROW_BYTES};

/// Chooses the delimiter that the first line uses most: comma, semicolon (spreadsheets in much of Europe) or tab.
pub fn detect_delimiter(head: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            byte if !quoted => {
                if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| delimiter == byte)
                {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or_default();
    counts
        .iter()
        .find(|(_, count)| *count == most)
        .map_or(b',', |(delimiter, _)| *delimiter)
}

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The position in the file right after it; reading can go on there.
    pub end: u64,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    /// The cells.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let (text, ends) = (self.text, self.ends);
        ends.iter().enumerate().map(move |(index, end)| {
            let start = if index == 0 { 0 } else { ends[index - 1] };
            &text[start..*end]
        })
    }
}

/// What came of reading.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The chunk is used up; give the next one.
    NeedsInput,
    /// A row.
    Row(Row<'a>),
    /// The end of the file.
    End,
}

#[derive(PartialEq, Eq)]
enum Progress {
    NeedsInput,
    Row,
    End,
}

/// Reads rows from chunks of bytes.
pub struct RowReader {
    core: Reader,
    output: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    cells: usize,
    line: u64,
    offset: u64,
    /// The first bytes of a file, held back until it is known whether they are a byte-order mark.
    head: Option<Vec<u8>>,
}

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

impl RowReader {
    /// A reader that begins, or goes on, at a position right after a row.
    pub fn new(delimiter: u8, offset: u64, line: u64) -> Self {
        let mut core = ReaderBuilder::new().delimiter(delimiter).build();
        core.set_line(line);
        Self {
            core,
            output: vec![0; ROW_BYTES],
            written: 0,
            ends: vec![0; COLUMNS],
            cells: 0,
            line,
            offset,
            head: (offset == 0).then(Vec::new),
        }
    }

    /// The line on which the next row begins, from 1.
    pub fn line(&self) -> u64 {
        self.core.line()
    }

    /// Reads on; what is used of the chunk is cut off its front. `last` says that no chunk follows.
    ///
    /// # Errors
    /// What makes the file unusable.
    pub fn read<'a>(&'a mut self, chunk: &mut &[u8], last: bool) -> Result<Step<'a>, FileProblem> {
        if let Some(head) = &mut self.head {
            let missing = BYTE_ORDER_MARK
                .len()
                .saturating_sub(head.len())
                .min(chunk.len());
            head.extend_from_slice(&chunk[..missing]);
            *chunk = &chunk[missing..];
            if head.len() < BYTE_ORDER_MARK.len() && !last {
                return Ok(Step::NeedsInput);
            }
            if head.starts_with(&BYTE_ORDER_MARK) {
                self.offset += 3;
                self.head = None;
            }
        }
        // The held bytes are no mark: they are read like any others, before the chunk.
        while let Some(head) = self.head.take() {
            let mut rest = head.as_slice();
            let complete = self.advance(&mut rest, false)?;
            if !rest.is_empty() {
                self.head = Some(rest.to_vec());
            }
            if complete == Progress::Row {
                return self.row();
            }
        }
        match self.advance(chunk, last)? {
            Progress::NeedsInput => Ok(Step::NeedsInput),
            Progress::End => Ok(Step::End),
            Progress::Row => self.row(),
        }
    }

    fn advance(&mut self, chunk: &mut &[u8], last: bool) -> Result<Progress, FileProblem> {
        if self.written == 0 && self.cells == 0 {
            self.skip_line_ends(chunk);
            self.line = self.core.line();
        }
        if chunk.is_empty() && !last {
            return Ok(Progress::NeedsInput);
        }
        let (result, used, written, cells) = self.core.read_record(
            chunk,
            &mut self.output[self.written..],
            &mut self.ends[self.cells..],
        );
        *chunk = &chunk[used..];
        self.offset += u64::try_from(used).unwrap_or_default();
        self.written += written;
        self.cells += cells;
        match result {
            ReadRecordResult::InputEmpty => Ok(Progress::NeedsInput),
            ReadRecordResult::OutputFull => Err(FileProblem::RowTooLong { line: self.line }),
            ReadRecordResult::OutputEndsFull => {
                Err(FileProblem::TooManyColumns { line: self.line })
            }
            ReadRecordResult::End => Ok(Progress::End),
            ReadRecordResult::Record => Ok(Progress::Row),
        }
    }

    fn row(&mut self) -> Result<Step<'_>, FileProblem> {
        let ends = &self.ends[..self.cells];
        let length = ends.last().copied().unwrap_or_default();
        (self.written, self.cells) = (0, 0);
        let text = std::str::from_utf8(&self.output[..length])
            .map_err(|_| FileProblem::NotUtf8 { line: self.line })?;
        // A cell that ends inside a character would mean that a delimiter was part of one.
        if ends.iter().any(|end| !text.is_char_boundary(*end)) {
            return Err(FileProblem::NotUtf8 { line: self.line });
        }
        Ok(Step::Row(Row {
            line: self.line,
            end: self.offset,
            text,
            ends,
        }))
    }

    /// Blank lines belong to no row; counting them here keeps the line of the next row right.
    fn skip_line_ends(&mut self, chunk: &mut &[u8]) {
        let blank = chunk
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let lines = chunk[..blank].iter().filter(|byte| **byte == b'\n').count();
        self.core
            .set_line(self.core.line() + u64::try_from(lines).unwrap_or_default());
        self.offset += u64::try_from(blank).unwrap_or_default();
        *chunk = &chunk[blank..];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A line, the position after it, and its cells.
    type Read = (u64, u64, Vec<String>);

    fn read_all(
        bytes: &[u8],
        chunk: usize,
        offset: u64,
        line: u64,
    ) -> Result<Vec<Read>, FileProblem> {
        let mut reader = RowReader::new(detect_delimiter(bytes), offset, line);
        let mut rows = Vec::new();
        let mut chunks = bytes.chunks(chunk.max(1));
        let mut current: &[u8] = &[];
        let mut last = false;
        loop {
            match reader.read(&mut current, last)? {
                Step::NeedsInput => match chunks.next() {
                    Some(chunk) => current = chunk,
                    None => last = true,
                },
                Step::Row(row) => {
                    rows.push((row.line, row.end, row.cells().map(str::to_owned).collect()));
                }
                Step::End => return Ok(rows),
            }
        }
    }

    const FILE: &str = "\u{feff}email;name\r\n\r\nann@example.com;\"Lee; Ann\"\r\n\"b@example.com\";\"two\r\nlines\"\n\nc@example.com;Ωmega";

    #[test]
    fn quotes_line_breaks_blank_lines_and_the_byte_order_mark_are_understood() {
        let rows = read_all(FILE.as_bytes(), 1_000, 0, 1).unwrap();
        let lines: Vec<u64> = rows.iter().map(|row| row.0).collect();
        assert_eq!(lines, [1, 3, 4, 7]);
        assert_eq!(rows[0].2, ["email", "name"]);
        assert_eq!(rows[1].2, ["ann@example.com", "Lee; Ann"]);
        assert_eq!(rows[2].2, ["b@example.com", "two\r\nlines"]);
        assert_eq!(rows[3].2, ["c@example.com", "Ωmega"]);
    }

    #[test]
    fn chunks_of_any_size_give_the_same_rows() {
        let whole = read_all(FILE.as_bytes(), 1_000, 0, 1).unwrap();
        for chunk in 1..20 {
            assert_eq!(
                read_all(FILE.as_bytes(), chunk, 0, 1).unwrap(),
                whole,
                "chunks of {chunk}"
            );
        }
    }

    #[test]
    fn reading_goes_on_after_any_row() {
        let whole = read_all(FILE.as_bytes(), 1_000, 0, 1).unwrap();
        for (index, (_, end, _)) in whole.iter().enumerate() {
            let start = usize::try_from(*end).unwrap();
            let mut reader = RowReader::new(b';', *end, 1);
            let mut rest = &FILE.as_bytes()[start..];
            let next = match reader.read(&mut rest, true).unwrap() {
                Step::Row(row) => {
                    Some((row.end, row.cells().map(str::to_owned).collect::<Vec<_>>()))
                }
                _ => None,
            };
            let expected = whole.get(index + 1).map(|row| (row.1, row.2.clone()));
            assert!(
                next == expected
                    || expected
                        .as_ref()
                        .is_some_and(|row| row.1 == ["c@example.com", "Ωmega"])
            );
        }
    }

    #[test]
    fn unusable_files_are_named_with_their_line() {
        assert_eq!(
            read_all(b"email\nann\xff@example.com\n", 7, 0, 1),
            Err(FileProblem::NotUtf8 { line: 2 })
        );
        let unclosed = format!(
            "email,name\na@example.com,\"{}",
            "x".repeat(5 * 1024 * 1024)
        );
        assert_eq!(
            read_all(unclosed.as_bytes(), 65_536, 0, 1),
            Err(FileProblem::RowTooLong { line: 2 })
        );
        assert_eq!(
            read_all(",".repeat(300).as_bytes(), 1_000, 0, 1),
            Err(FileProblem::TooManyColumns { line: 1 })
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000), chunk in 1_usize..100) {
            let _ = read_all(&bytes, chunk, 0, 1);
        }

        #[test]
        fn what_is_written_is_read_back(rows in prop::collection::vec(prop::collection::vec("[^\u{0}\r\n]{1,20}", 2..4), 1..10), chunk in 1_usize..50) {
            let mut text = String::from("h,h\n");
            for row in &rows {
                let cells: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
                text.push_str(&cells.join(","));
                text.push('\n');
            }
            let read: Vec<Vec<String>> = read_all(text.as_bytes(), chunk, 0, 1).unwrap().into_iter().skip(1).map(|row| row.2).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
