//! For any file of receivers: reading it ends without a panic, and gives the same rows for any chunk size.

#![no_main]

use carillon_domain::receivers::import::{FileProblem, RowReader, Step};
use libfuzzer_sys::fuzz_target;

/// A row: its line, its end position, and its cells.
type Row = (u64, u64, Vec<String>);

fn read(file: &[u8], chunk: usize) -> Result<Vec<Row>, FileProblem> {
    let mut reader = RowReader::new(b',', 0, 1);
    let mut rows = Vec::new();
    let mut chunks = file.chunks(chunk).peekable();
    let mut current: &[u8] = chunks.next().unwrap_or_default();
    loop {
        match reader.read(&mut current, chunks.peek().is_none())? {
            Step::NeedsInput => current = chunks.next().unwrap_or_default(),
            Step::Row(row) => {
                let cells = row.cells().map(str::to_owned).collect();
                rows.push((row.line, row.end, cells));
            }
            Step::End => return Ok(rows),
        }
    }
}

fuzz_target!(|file: &[u8]| {
    if file.len() > 8 * 1024 {
        return;
    }
    let whole = read(file, file.len().max(1));
    if let Ok(rows) = &whole {
        let mut before = 0;
        for (_, end, _) in rows {
            assert!(*end > before && *end <= file.len() as u64);
            before = *end;
        }
    }
    for chunk in [1, 7] {
        assert_eq!(whole, read(file, chunk));
    }
});
