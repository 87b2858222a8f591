//! The clock of the harness's stack.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use carillon_local::stack::workspace;
use jiff::{SignedDuration, Timestamp};

/// A settable clock for processes that were started with one of its views.
pub(crate) struct Clock {
    library: PathBuf,
    directory: PathBuf,
    ahead: AtomicI64,
    faces: Mutex<Vec<Arc<Face>>>,
}

/// One view of the clock, ahead or behind by a fixed time.
pub(crate) struct Face {
    library: PathBuf,
    path: PathBuf,
    file: File,
    apart: i64,
    /// Its time in milliseconds.
    pub(crate) ahead: Arc<AtomicI64>,
}

impl Clock {
    /// Builds the library and sets the clock to the real time.
    pub(crate) fn create(directory: &Path) -> Self {
        std::fs::create_dir_all(directory).unwrap();
        Self {
            library: build(),
            directory: directory.to_path_buf(),
            ahead: AtomicI64::new(0),
            faces: Mutex::default(),
        }
    }

    /// A view that is ahead of the others by this many milliseconds, or behind.
    pub(crate) fn face(&self, apart: i64) -> Arc<Face> {
        let mut faces = self.faces.lock().unwrap();
        if let Some(face) = faces.iter().find(|face| face.apart == apart) {
            return Arc::clone(face);
        }
        let path = self.directory.join(format!("clock{apart:+}"));
        let face = Arc::new(Face {
            library: self.library.clone(),
            file: File::create(&path).unwrap(),
            path,
            apart,
            ahead: Arc::default(),
        });
        face.set(self.ahead.load(Ordering::SeqCst));
        faces.push(Arc::clone(&face));
        face
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_millis(self.ahead.load(Ordering::SeqCst))
    }

    pub(crate) fn advance(&self, time: SignedDuration) {
        let milliseconds = i64::try_from(time.as_millis()).unwrap();
        let ahead = self.ahead.fetch_add(milliseconds, Ordering::SeqCst) + milliseconds;
        for face in self.faces.lock().unwrap().iter() {
            face.set(ahead);
        }
    }
}

impl Face {
    fn set(&self, ahead: i64) {
        let ahead = ahead + self.apart;
        self.file.write_all_at(&ahead.to_ne_bytes(), 0).unwrap();
        self.ahead.store(ahead, Ordering::SeqCst);
    }

    /// The environment variables that make a process use this view.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        [
            ("LD_PRELOAD", text(&self.library)),
            ("CLOCK_OFFSET_FILE", text(&self.path)),
        ]
    }
}

/// Builds the library: nothing links it, so building the harness does not build it.
fn build() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let directory = program.parent().and_then(Path::parent).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // The whole workspace, so that features are unified as in other builds.
    command
        .current_dir(workspace::root())
        .args(["build", "--quiet", "--workspace", "--lib"]);
    if let Some(profile) = directory.file_name().filter(|name| *name != "debug") {
        command.arg("--profile").arg(profile);
    }
    assert!(command.status().unwrap().success(), "cargo build failed");
    directory.join("libcarillon_clock.so")
}
