//! The real binary as a process: started, asked, killed, and gone afterwards.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take on a busy machine before a test gives up.
const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(20);

/// A place for one installation.
pub struct Site {
    root: tempfile::TempDir,
    below: String,
}

/// A running `gridpass serve`.
pub struct Server {
    child: Child,
    data_dir: PathBuf,
    /// Base address of the staff listener.
    pub staff: String,
}

impl Site {
    pub fn new() -> Self {
        Self::at("")
    }

    /// One whose data directory lies `below` a temporary directory.
    pub fn at(below: &str) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        Self {
            root,
            below: below.to_owned(),
        }
    }

    /// The data directory; absent at first.
    pub fn data_dir(&self) -> PathBuf {
        self.root.path().join(&self.below).join("data")
    }

    /// A command on this site with free ports and nothing from outside.
    pub fn command(&self, command: &[&str]) -> Command {
        let mut process = Command::new(env!("CARGO_BIN_EXE_gridpass"));
        process
            .args(command)
            .env("GRIDPASS_DATA_DIR", self.data_dir())
            .env("GRIDPASS_PUBLIC_ADDR", "127.0.0.1:0")
            .env("GRIDPASS_STAFF_ADDR", "127.0.0.1:0")
            .env("GRIDPASS_LOG", "info")
            .env_remove("DATABASE_URL")
            .env_remove("GRIDPASS_PG_BIN")
            .env_remove("GRIDPASS_MODE")
            .env_remove("GRIDPASS_SECRETS_FILE")
            .env_remove("GRIDPASS_KEYS")
            .env_remove("GRIDPASS_KEYS_COMMAND")
            .env_remove("GRIDPASS_SUITE")
            .env_remove("GRIDPASS_TLS_CERT")
            .env_remove("GRIDPASS_TLS_KEY")
            .stdin(Stdio::null());
        process
    }

    /// Starts the server and waits until it says it is ready.
    pub fn serve(&self, more: &[&str]) -> Server {
        let said = self.root.path().join("stdout");
        let out = std::fs::File::create(&said).unwrap();
        let log = std::fs::File::create(self.root.path().join("stderr")).unwrap();
        let mut child = self
            .command(&[&["serve"], more].concat())
            .stdout(out)
            .stderr(log)
            .spawn()
            .expect("the server's binary");
        let line = wait_for("the server is ready", || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the server ended: {status}: {}", self.log());
            }
            let text = std::fs::read_to_string(&said).unwrap();
            text.ends_with('\n').then_some(text)
        });
        let staff = line.trim().rsplit(' ').next().unwrap().to_owned();
        Server {
            child,
            data_dir: self.data_dir(),
            staff,
        }
    }

    /// What the server logged last.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.root.path().join("stderr")).unwrap_or_default()
    }

    /// Runs a command that is to be refused, and returns its one sentence
    /// after checking the exit code.
    pub fn refusal(&self, mut command: Command, code: i32) -> String {
        let output = end_of(&mut command);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        let sentences: Vec<_> = stderr
            .lines()
            .filter_map(|line| line.strip_prefix("gridpass: "))
            .collect();
        assert_eq!(sentences.len(), 1, "{stderr}");
        assert!(!sentences[0].contains('\n'));
        sentences[0].to_owned()
    }
}

impl Server {
    /// The number of the server's process.
    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// The number of the main database process.
    pub fn postmaster(&self) -> i32 {
        wait_for("a lock file of the database", || {
            let text = std::fs::read_to_string(self.data_dir.join("postgres/postmaster.pid"));
            text.ok()?.lines().next()?.parse().ok()
        })
    }

    /// Answers whether the server says that it is ready.
    pub async fn is_ready(&self) -> bool {
        let answer = reqwest::get(format!("{}/readyz", self.staff)).await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Kills the server alone, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the server to stop and waits for it.
    pub fn terminate(mut self) -> ExitStatus {
        send(self.child.id().cast_signed(), Signal::TERM);
        wait_for("the end of the server", || self.child.try_wait().unwrap())
    }
}

impl Drop for Server {
    /// A failed test leaves no server; the watchdog ends the database then.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ended_meanwhile = self.child.kill();
            let _status = self.child.wait();
        }
    }
}

/// Sends a signal to a process that this test started.
pub fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// Numbers of the database processes that live in `data_dir`.
pub fn database_processes(data_dir: &Path) -> Vec<i32> {
    let cluster = data_dir.canonicalize().unwrap().join("postgres");
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let cwd = std::fs::read_link(entry.path().join("cwd")).ok()?;
            (cwd == cluster).then_some(())?;
            entry.file_name().to_str()?.parse().ok()
        })
        .collect()
}

/// Runs a command to its end and collects what it said.
pub fn end_of(command: &mut Command) -> Output {
    command.output().expect("the server's binary")
}

/// Polls until `check` has an answer.
pub fn wait_for<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = check() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(POLL);
    }
}
