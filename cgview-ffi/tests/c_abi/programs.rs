//! The programs in C, by each compiler, in C and in C++, with sanitizers, under valgrind and linked statically.

use crate::c::{self, Build, GCC, compile, compilers, library, run};
use std::process::Command;

/// Runs a program in a directory of its own; `arguments` come behind the directory.
fn test(mut runner: Command, arguments: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    run(runner.arg(directory.path()).args(arguments));
}

fn by_each_compiler(name: &str) {
    for compiler in compilers() {
        let directory = tempfile::tempdir().unwrap();
        let program = compile(name, compiler, Build::Sanitized, directory.path());
        // A sanitizer that was not linked finds nothing.
        let symbols = run(Command::new("nm").arg(&program));
        assert!(symbols.contains("__asan_init"), "{compiler}: no sanitizer in {name}");
        test(Command::new(&program), &[]);
    }
    let directory = tempfile::tempdir().unwrap();
    test(Command::new(compile(name, GCC, Build::Static, directory.path())), &[]);
    if let Some(mut valgrind) = c::valgrind() {
        valgrind.arg(compile(name, GCC, Build::Plain, directory.path()));
        test(valgrind, &[]);
    }
}

#[test]
fn every_function() {
    by_each_compiler("api");
}

#[test]
fn after_fork() {
    by_each_compiler("fork");
}

#[test]
fn signal_handlers_write() {
    let directory = tempfile::tempdir().unwrap();
    for compiler in compilers() {
        let program = compile("signals", compiler, Build::Sanitized, directory.path());
        run(Command::new(program).arg("100"));
    }
    let program = compile("signals", GCC, Build::Plain, directory.path());
    run(Command::new(&program).arg("50"));
    if let Some(mut valgrind) = c::valgrind() {
        // There a handler takes a while.
        run(valgrind.arg(&program).arg("20000"));
    }
}

/// As lxcfs does it with its library, and iSulad with its engine.
#[test]
fn loaded_and_unloaded_a_thousand_times() {
    let directory = tempfile::tempdir().unwrap();
    let library = library().join("libcgview.so");
    let library = library.to_str().unwrap();
    let sanitized = compile("reload", GCC, Build::LoadingSanitized, directory.path());
    test(Command::new(&sanitized), &[library, "1000"]);
    if let Some(mut valgrind) = c::valgrind() {
        // What is lost once is found here.
        valgrind.arg(compile("reload", GCC, Build::Loading, directory.path()));
        test(valgrind, &[library, "5"]);
    }
}
