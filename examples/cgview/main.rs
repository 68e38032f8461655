//! `cgview`: `/proc` as a container should see it, and the log records of containers, on the command line.

mod cli;
mod explain;
mod files;
mod human;
mod man;
mod ring;
mod show;
mod stats;
mod table;
mod view;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use std::io::{self, Write};
use std::process::ExitCode;
use view::{Failure, complain, output};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(exit) => exit,
        // Whoever read the output has seen enough, as `head` does.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Show { view, files } => view::with_machine(&view, show::Show { names: &files }),
        Command::Stats { view, format, repeat } => {
            view::with_machine(&view, stats::Stats { json: format.json, repeat: &repeat })
        }
        Command::Explain { view, file, field } => {
            let explain = explain::Explain { name: &file, field: field.as_deref() };
            view::with_machine(&view, explain)
        }
        Command::Mbuf { command } => ring::run(command),
        Command::Completions { shell } => {
            // clap_complete stops the program where it cannot write; a buffer always takes it.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "cgview", &mut script);
            print_all(&script)
        }
        Command::Man => print_all(&man::page(Cli::command())?),
    }
}

fn print_all(text: &[u8]) -> Result<ExitCode, Failure> {
    let mut out = output();
    out.write_all(text)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
