//! Splitting a stream of bytes into rows, one at a time, in bounded memory.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{COLUMNS, FileProblem, ROW_BYTES};

/// How a file separates its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Separation {
    /// The delimiter.
    pub delimiter: u8,
    /// Whether the first line declares it and names no columns, as Excel writes it: `sep=;`.
    pub is_declared: bool,
}

/// The delimiters that are recognised.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl Separation {
    /// The delimiter that the first line declares, else its most frequent one: comma, semicolon (spreadsheets in much of Europe), tab or
    /// bar.
    pub fn detect(head: &[u8]) -> Self {
        let head = head.strip_prefix(&BYTE_ORDER_MARK).unwrap_or(head);
        if let Some(delimiter) = declared(head) {
            return Self {
                delimiter,
                is_declared: true,
            };
        }
        let mut quoted = false;
        let mut counts = DELIMITERS.map(|delimiter| (delimiter, 0_usize));
        let mut has_begun = false;
        for byte in head {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' | b'\r' if !quoted && has_begun => break,
                b'\n' | b'\r' => continue,
                byte if !quoted => {
                    if let Some((_, count)) =
                        counts.iter_mut().find(|(delimiter, _)| delimiter == byte)
                    {
                        *count += 1;
                    }
                }
                _ => {}
            }
            has_begun = true;
        }
        let most = counts.iter().map(|(_, count)| *count).max();
        let first = counts.iter().find(|(_, count)| Some(*count) == most);
        Self {
            delimiter: first.map_or(b',', |(delimiter, _)| *delimiter),
            is_declared: false,
        }
    }
}

/// The delimiter declared by a first line such as `sep=;`.
fn declared(head: &[u8]) -> Option<u8> {
    let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let (sign, rest) = line.split_at_checked(4)?;
    let (delimiter, rest) = rest.split_first()?;
    let is_declaration = sign.eq_ignore_ascii_case(b"sep=") && matches!(rest, b"" | b"\"");
    (is_declaration && DELIMITERS.contains(delimiter)).then_some(*delimiter)
}

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The position in the file right after it, where reading can continue.
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

    /// Whether all cells are empty, as in the lines that spreadsheets write below a table.
    pub fn is_blank(&self) -> bool {
        self.text.chars().all(char::is_whitespace)
    }
}

/// The result of reading.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The chunk is consumed; give the next one.
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

/// Tracks what the CSV parser does not report: the line, and the open quote.
struct Watch {
    delimiter: u8,
    /// The current line, from 1. A line ends with CR, LF, or both.
    line: u64,
    is_after_cr: bool,
    cell: Cell,
}

/// The position within a cell.
#[derive(Clone, Copy)]
enum Cell {
    Beginning,
    Bare,
    /// Inside a quote, with the line on which it was opened and whether a line has ended since.
    Quoted {
        line: u64,
        spans_lines: bool,
    },
    /// After a quote that closes the cell, unless another one follows.
    Closed {
        line: u64,
        spans_lines: bool,
    },
    /// In the blanks between a closed quote and the delimiter.
    Blank {
        line: u64,
        spans_lines: bool,
    },
}

impl Watch {
    /// Processes the next byte.
    ///
    /// # Errors
    /// If a quote that spans several lines is closed in the middle of text. Then it was left open by mistake, and this one opens another
    /// cell.
    fn see(&mut self, byte: u8) -> Result<(), FileProblem> {
        let is_line_end = matches!(byte, b'\r' | b'\n');
        self.cell = match self.cell {
            Cell::Beginning if byte == b'"' => Cell::Quoted {
                line: self.line,
                spans_lines: false,
            },
            Cell::Quoted { line, spans_lines } if byte == b'"' => {
                Cell::Closed { line, spans_lines }
            }
            Cell::Quoted { line, spans_lines } => Cell::Quoted {
                line,
                spans_lines: spans_lines || is_line_end,
            },
            Cell::Closed { line, spans_lines } if byte == b'"' => {
                Cell::Quoted { line, spans_lines }
            }
            _ if is_line_end || byte == self.delimiter => Cell::Beginning,
            Cell::Closed { line, spans_lines } | Cell::Blank { line, spans_lines }
                if byte == b' ' =>
            {
                Cell::Blank { line, spans_lines }
            }
            Cell::Closed { line, spans_lines } | Cell::Blank { line, spans_lines }
                if spans_lines =>
            {
                return Err(FileProblem::UnclosedQuote { line });
            }
            _ => Cell::Bare,
        };
        if is_line_end && !(byte == b'\n' && self.is_after_cr) {
            self.line += 1;
        }
        self.is_after_cr = byte == b'\r';
        Ok(())
    }

    /// The line of the open quote.
    fn open_quote(&self) -> Option<u64> {
        match self.cell {
            Cell::Quoted { line, .. } => Some(line),
            _ => None,
        }
    }
}

/// Reads rows from chunks of bytes.
pub struct RowReader {
    core: Reader,
    output: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    cells: usize,
    /// Whether a row has begun; one that begins with a quote has no output yet.
    has_begun: bool,
    /// The first line of the current row.
    line: u64,
    watch: Watch,
    /// Whether the row ended with a CR, and it is not known yet whether an LF follows.
    awaits_lf: bool,
    offset: u64,
    /// The first bytes of a file, held back until it is known whether they are a byte-order mark.
    head: Option<Vec<u8>>,
}

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

impl RowReader {
    /// A reader that starts, or continues, at a position right after a row.
    pub fn new(delimiter: u8, offset: u64, line: u64) -> Self {
        let mut core = ReaderBuilder::new().delimiter(delimiter).build();
        // The parser removes a byte-order mark wherever it starts reading, not only at the beginning of the file, if one chunk contains
        // all of it. So it starts with a byte of ours and no room for a mark.
        let _ = core.read_record(b"\n", &mut [], &mut []);
        Self {
            core,
            output: vec![0; ROW_BYTES],
            written: 0,
            ends: vec![0; COLUMNS],
            cells: 0,
            has_begun: false,
            line,
            watch: Watch {
                delimiter,
                line,
                is_after_cr: false,
                cell: Cell::Beginning,
            },
            awaits_lf: false,
            offset,
            head: (offset == 0).then(Vec::new),
        }
    }

    /// The line on which the next row begins, from 1.
    pub fn line(&self) -> u64 {
        self.watch.line
    }

    /// Continues reading, and removes the consumed bytes from the front of the chunk. `last` means that no chunk follows.
    ///
    /// # Errors
    /// Why the file is unusable.
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
        // The held bytes are not a mark: they are read like any others, before the chunk.
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
        if self.awaits_lf {
            return self.end_line(chunk, last);
        }
        if !self.has_begun {
            self.skip_line_ends(chunk)?;
            self.line = self.watch.line;
        }
        if chunk.is_empty() {
            if !last {
                return Ok(Progress::NeedsInput);
            }
            if let Some(line) = self.watch.open_quote() {
                return Err(FileProblem::UnclosedQuote { line });
            }
        }
        let (result, used, written, cells) = self.core.read_record(
            chunk,
            &mut self.output[self.written..],
            &mut self.ends[self.cells..],
        );
        self.take(chunk, used)?;
        self.has_begun |= used > 0;
        self.written += written;
        self.cells += cells;
        match result {
            ReadRecordResult::InputEmpty => Ok(Progress::NeedsInput),
            ReadRecordResult::OutputFull => Err(match self.watch.open_quote() {
                Some(line) => FileProblem::UnclosedQuote { line },
                None => FileProblem::RowTooLong { line: self.line },
            }),
            ReadRecordResult::OutputEndsFull => {
                Err(FileProblem::TooManyColumns { line: self.line })
            }
            ReadRecordResult::End => Ok(Progress::End),
            ReadRecordResult::Record => self.end_line(chunk, last),
        }
    }

    /// Ends a row after its line end, whose LF may come with the next chunk: a reader that continues after the row must not take it for
    /// an empty line.
    fn end_line(&mut self, chunk: &mut &[u8], last: bool) -> Result<Progress, FileProblem> {
        self.awaits_lf = self.watch.is_after_cr && chunk.is_empty() && !last;
        if self.awaits_lf {
            return Ok(Progress::NeedsInput);
        }
        if self.watch.is_after_cr && chunk.first() == Some(&b'\n') {
            self.take(chunk, 1)?;
        }
        Ok(Progress::Row)
    }

    /// Removes the consumed bytes from the front of a chunk.
    fn take(&mut self, chunk: &mut &[u8], used: usize) -> Result<(), FileProblem> {
        let (taken, rest) = chunk.split_at(used);
        *chunk = rest;
        self.offset += u64::try_from(used).unwrap_or_default();
        taken.iter().try_for_each(|byte| self.watch.see(*byte))
    }

    fn row(&mut self) -> Result<Step<'_>, FileProblem> {
        let ends = &self.ends[..self.cells];
        let length = ends.last().copied().unwrap_or_default();
        (self.written, self.cells, self.has_begun) = (0, 0, false);
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

    /// Skips blank lines, which belong to no row.
    fn skip_line_ends(&mut self, chunk: &mut &[u8]) -> Result<(), FileProblem> {
        let blank = chunk
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        self.take(chunk, blank)
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
        let mut reader = RowReader::new(Separation::detect(bytes).delimiter, offset, line);
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
    fn quotes_line_breaks_blank_lines_and_the_byte_order_mark_are_handled() {
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
    fn a_quoted_cell_may_begin_with_line_ends_or_be_empty_with_any_chunks() {
        let file = "h\n\n\"\n\nb\"\n\"\"\nc\n";
        let rows = [(1, "h"), (3, "\n\nb"), (6, ""), (7, "c")];
        for chunk in 1..20 {
            let read = read_all(file.as_bytes(), chunk, 0, 1).unwrap();
            let read: Vec<_> = read.iter().map(|it| (it.0, it.2[0].as_str())).collect();
            assert_eq!(read, rows, "chunks of {chunk}");
        }
    }

    #[test]
    fn a_byte_order_mark_counts_only_at_the_start_of_the_file() {
        let file = "\u{feff}\u{feff}h\n\u{feff}b\n".as_bytes();
        let whole = read_all(file, 1_000, 0, 1).unwrap();
        let cells: Vec<_> = whole.iter().map(|row| row.2[0].as_str()).collect();
        assert_eq!(cells, ["\u{feff}h", "\u{feff}b"]);
        for chunk in 1..12 {
            assert_eq!(read_all(file, chunk, 0, 1).unwrap(), whole, "{chunk}");
        }
        let after = usize::try_from(whole[0].1).unwrap();
        let rest = read_all(&file[after..], 1_000, whole[0].1, 2).unwrap();
        assert_eq!(rest, whole[1..]);
    }

    #[test]
    fn reading_continues_after_any_row() {
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
    fn unusable_files_are_refused_with_their_line() {
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
            Err(FileProblem::UnclosedQuote { line: 2 })
        );
        let long = format!("email,name\na@example.com,{}", "x".repeat(5 * 1024 * 1024));
        assert_eq!(
            read_all(long.as_bytes(), 65_536, 0, 1),
            Err(FileProblem::RowTooLong { line: 2 })
        );
        assert_eq!(
            read_all(",".repeat(300).as_bytes(), 1_000, 0, 1),
            Err(FileProblem::TooManyColumns { line: 1 })
        );
    }

    #[test]
    fn an_open_quote_is_refused_with_its_line_and_swallows_no_rows() {
        for (file, line) in [
            // It extends to the end of the file.
            (
                "email,company\nann@example.com,\"Acme\nbo@example.com,Bo\n",
                2,
            ),
            (
                "email,company\nann@example.com,Acme\nbo@example.com,\"Bo",
                3,
            ),
            (
                "email,company\r\nann@example.com,\"Acme\r\nbo@example.com,Bo\r\n",
                2,
            ),
            (
                "email,company\rann@example.com,Acme\rbo@example.com,\"Bo\rcy@example.com,Cy\r",
                3,
            ),
            // It extends to the next quoted cell.
            (
                "email,company\nann@example.com,\"Acme\nbo@example.com,\"Bo\"\ncy@example.com,Cy\n",
                2,
            ),
            (
                "email,company\nann@example.com,\"Acme\nbo@example.com,5\" pipes\n",
                2,
            ),
            // An escaped quote does not close a cell.
            (
                "email,company\nann@example.com,\"Acme \"\"Ltd\nbo@example.com,Bo\n",
                2,
            ),
            // The quote is not on the line on which its row begins.
            (
                "email,note,company\nann@example.com,\"two\nlines\",\"Acme\nbo@example.com,,Bo\n",
                3,
            ),
        ] {
            for chunk in [1, 7, 1_000] {
                assert_eq!(
                    read_all(file.as_bytes(), chunk, 0, 1),
                    Err(FileProblem::UnclosedQuote { line }),
                    "{file:?}"
                );
            }
        }
        // A quote inside a cell is literal, and text after a closing quote on its line belongs to the cell.
        let lenient = "email,company\nann@example.com,5\" pipes\nbo@example.com,\"Bo\" & Co\ncy@example.com,\"two\nlines\" \n";
        let rows = read_all(lenient.as_bytes(), 5, 0, 1).unwrap();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[1].2[1], "5\" pipes");
        assert_eq!(rows[2].2[1], "Bo & Co");
    }

    #[test]
    fn lines_are_counted_by_the_files_own_line_ends() {
        for end in ["\n", "\r\n", "\r"] {
            let file = ["h,h", "a,1", "", "b,\"x", "y\"", "c,3", "", "", "d,4", ""].join(end);
            let whole = read_all(file.as_bytes(), 1_000, 0, 1).unwrap();
            let lines: Vec<u64> = whole.iter().map(|row| row.0).collect();
            assert_eq!(lines, [1, 2, 4, 6, 9], "{end:?}");
            for chunk in 1..12 {
                assert_eq!(
                    read_all(file.as_bytes(), chunk, 0, 1).unwrap(),
                    whole,
                    "{end:?}"
                );
            }
            // Reading continues elsewhere with the line that the reader reports, for any chunks.
            for chunk in 1..12 {
                for at in 0..whole.len() {
                    let mut reader = RowReader::new(b',', 0, 1);
                    let mut chunks = file.as_bytes().chunks(chunk);
                    let (mut current, mut last): (&[u8], bool) = (&[], false);
                    let mut seen = 0;
                    let place = loop {
                        let step = reader.read(&mut current, last).unwrap();
                        let row_end = match &step {
                            Step::Row(row) => Some(row.end),
                            _ => None,
                        };
                        if let Some(end) = row_end {
                            if seen == at {
                                break usize::try_from(end).unwrap();
                            }
                            seen += 1;
                        } else if let Some(chunk) = chunks.next() {
                            current = chunk;
                        } else {
                            last = true;
                        }
                    };
                    let rest = read_all(
                        &file.as_bytes()[place..],
                        chunk,
                        u64::try_from(place).unwrap(),
                        reader.line(),
                    );
                    let rest: Vec<u64> = rest.unwrap().iter().map(|row| row.0).collect();
                    assert_eq!(
                        rest,
                        lines[at + 1..],
                        "{end:?} after row {at} in chunks of {chunk}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_delimiter_is_declared_or_detected() {
        for (head, delimiter, is_declared) in [
            ("sep=;\r\nemail;name\r\n", b';', true),
            ("\u{feff}SEP=,\nemail,a;b;c;d\n", b',', true),
            ("\"sep=;\"\nemail\n", b';', true),
            ("sep=\t\nemail\n", b'\t', true),
            ("sep=x\nemail,name\n", b',', false),
            ("sep=;;\nemail,name\n", b';', false),
            ("email;name\n", b';', false),
            ("\r\n\r\nemail\tname\r\na,b,c,d\ts\n", b'\t', false),
            ("email|name\n", b'|', false),
            ("email\n", b',', false),
        ] {
            let expected = Separation {
                delimiter,
                is_declared,
            };
            assert_eq!(Separation::detect(head.as_bytes()), expected, "{head:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000), chunk in 1_usize..100) {
            let _ = read_all(&bytes, chunk, 0, 1);
        }

        #[test]
        fn written_rows_are_read_back(rows in prop::collection::vec(prop::collection::vec("[^\u{0}\r\n]{1,20}", 2..4), 1..10), chunk in 1_usize..50) {
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
