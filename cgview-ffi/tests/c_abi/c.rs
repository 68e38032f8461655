//! The library as cargo builds it, and C programs built against it.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// A directory with the library under the names that linkers and loaders look for.
pub(crate) fn library() -> &'static Path {
    static LIBRARY: OnceLock<TempDir> = OnceLock::new();
    LIBRARY.get_or_init(install).path()
}

/// Cargo does not build a `cdylib` for the tests of its package, so that it is asked to. Little is left to be built.
fn install() -> TempDir {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "cgview-ffi", "--lib", "--message-format", "json-render-diagnostics"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = run(cargo.current_dir(env!("CARGO_MANIFEST_DIR")));
    let artifacts = built.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let library = artifacts
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == "cgview")
        .find(|message| message["target"]["crate_types"].as_array().unwrap().contains(&"cdylib".into()))
        .expect("cargo names the library that it built");
    let directory = tempfile::tempdir().unwrap();
    for file in library["filenames"].as_array().unwrap() {
        let file = Path::new(file.as_str().unwrap());
        // A copy, because the next build replaces what it was.
        std::fs::copy(file, directory.path().join(file.file_name().unwrap())).unwrap();
    }
    symlink("libcgview.so", directory.path().join("libcgview.so.0")).unwrap();
    directory
}

/// How a program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// With the address and undefined behaviour sanitizers.
    Sanitized,
    /// As it is, for valgrind.
    Plain,
    /// Against the static library.
    Static,
    /// Without the library, which the program loads by itself; with the sanitizers.
    LoadingSanitized,
    /// The same as it is.
    Loading,
}

/// A compiler with the language that it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compiler {
    command: &'static str,
    language: &'static [&'static str],
}

pub(crate) const GCC: Compiler = Compiler { command: "gcc", language: &["-std=c99"] };
const COMPILERS: [Compiler; 4] = [
    GCC,
    Compiler { command: "g++", language: &["-std=c++17", "-x", "c++"] },
    Compiler { command: "clang", language: &["-std=c99"] },
    Compiler { command: "clang++", language: &["-std=c++17", "-x", "c++"] },
];

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.command, self.language.first().unwrap_or(&""))
    }
}

/// Those compilers that are installed; of the others it is said that they are not.
pub(crate) fn compilers() -> impl Iterator<Item = Compiler> {
    COMPILERS
        .into_iter()
        .filter(|compiler| is_installed(compiler.command, "C programs") && can_sanitize(compiler.command))
}

pub(crate) fn is_installed(command: &str, what: &str) -> bool {
    let is = Command::new(command).arg("--version").output().is_ok_and(|output| output.status.success());
    if !is {
        skipped(what, &format!("{command} is not installed"));
    }
    is
}

/// Debian has clang's sanitizers in a package of their own.
fn can_sanitize(command: &str) -> bool {
    let mut compiler = Command::new(command);
    compiler.args(["-fsanitize=address,undefined", "-x", "c", "-", "-o", "/dev/null"]).stdin(Stdio::piped());
    let mut compiler = compiler.stderr(Stdio::null()).spawn().unwrap();
    compiler.stdin.take().unwrap().write_all(b"int main(void) { return 0; }\n").unwrap();
    let can = compiler.wait().unwrap().success();
    if !can {
        skipped("C programs", &format!("{command} has no sanitizers"));
    }
    can
}

/// Past the test's captured output: what was skipped has to be seen also where all else passed.
fn skipped(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}: {why}");
}

/// Builds `tests/c/NAME.c` into the directory; where the program is.
pub(crate) fn compile(name: &str, compiler: Compiler, build: Build, to: &Path) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = to.join(name);
    let mut command = Command::new(compiler.command);
    command.args(compiler.language).args([
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-g",
        "-D_GNU_SOURCE",
    ]);
    if matches!(build, Build::Sanitized | Build::LoadingSanitized) {
        command.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    }
    command.arg("-I").arg(package.join("../include"));
    command.arg(package.join("tests/c").join(name).with_extension("c"));
    command.args(["-x", "none", "-o"]).arg(&program);
    match build {
        Build::Sanitized | Build::Plain => {
            let path = library().display();
            command.args([format!("-L{path}"), "-lcgview".into(), format!("-Wl,-rpath,{path}")]);
        }
        Build::Static => {
            command.arg(library().join("libcgview.a")).args(["-ldl", "-lm"]);
        }
        Build::Loading | Build::LoadingSanitized => {
            command.arg("-ldl");
        }
    }
    run(command.arg("-pthread"));
    program
}

/// Runs a command that has to succeed; says what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{command:?}: {status}\n{stdout}{}", String::from_utf8_lossy(&stderr));
    stdout
}

/// The command that runs a program under valgrind, if that is installed.
pub(crate) fn valgrind() -> Option<Command> {
    is_installed("valgrind", "C programs under valgrind").then(|| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args([
            "-q",
            "--leak-check=full",
            "--error-exitcode=9",
            "--errors-for-leak-kinds=definite,possible",
        ]);
        valgrind
    })
}
