//! Release binaries of the functions for Amazon Linux, as deployed.

use std::{
    io::{Cursor, Write},
    path::PathBuf,
    process::Command,
};

use carillon_local::stack::workspace;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The binary of a function.
pub(crate) fn program(name: &str) -> PathBuf {
    workspace::root()
        .join("target/lambda")
        .join(name)
        .join("bootstrap")
}

/// Builds these functions as for AWS. The local stack's Python environment has cargo-lambda and zig.
pub(crate) fn build(names: &[&str]) {
    let tools = workspace::local_directory().join("python/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(tools.clone()).chain(std::env::split_paths(&path));
    let architecture = match cfg!(target_arch = "aarch64") {
        true => "--arm64",
        false => "--x86-64",
    };
    let mut command = Command::new(tools.join("cargo-lambda"));
    command
        .args(["lambda", "build", "--release", architecture])
        .args(names.iter().flat_map(|name| ["--bin", name]))
        .current_dir(workspace::root())
        .env("PATH", std::env::join_paths(paths).unwrap());
    println!("Building {} functions for Amazon Linux …", names.len());
    assert!(command.status().unwrap().success(), "cargo-lambda failed");
}

/// The size of a function's package, in bytes.
pub(crate) fn package_bytes(name: &str) -> usize {
    let code = std::fs::read(program(name)).unwrap();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .unix_permissions(0o755);
    zip.start_file("bootstrap", options).unwrap();
    zip.write_all(&code).unwrap();
    zip.finish().unwrap().into_inner().len()
}
