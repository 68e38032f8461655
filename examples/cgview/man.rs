//! The manual page: one for the program and all of its subcommands.

use clap::Command;
use clap_mangen::Man;
use std::io::{self, Write};

/// The page as roff.
pub(crate) fn page(command: Command) -> io::Result<Vec<u8>> {
    // Without `help`, which would list every subcommand a second time.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    let program = Man::new(command.clone());
    program.render_title(&mut page)?;
    program.render_name_section(&mut page)?;
    program.render_synopsis_section(&mut page)?;
    program.render_description_section(&mut page)?;
    program.render_options_section(&mut page)?;
    sections("CGVIEW", &command, &mut page)?;
    verbatim(&command, &mut page)?;
    program.render_version_section(&mut page)?;
    Ok(page)
}

/// A section for each subcommand, and for each of its own.
fn sections(above: &str, command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    for subcommand in command.get_subcommands() {
        let name = format!("{above} {}", subcommand.get_name().to_uppercase());
        writeln!(page, ".SH \"{name}\"")?;
        page.extend_from_slice(&subsections(subcommand)?);
        sections(&name, subcommand, page)?;
    }
    Ok(())
}

/// What a page of its own would say about a subcommand, its sections one step lower.
fn subsections(subcommand: &Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let man = Man::new(subcommand.clone());
    man.render_description_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_options_section(&mut text)?;
    verbatim(subcommand, &mut text)?;
    let text = String::from_utf8_lossy(&text).replace(".SH ", ".SS ");
    Ok(text.into_bytes())
}

/// The text behind the help, whose paragraphs begin with their own headings, line by line.
fn verbatim(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let Some(text) = command.get_after_help() else { return Ok(()) };
    for paragraph in text.to_string().split("\n\n") {
        let (heading, lines) = paragraph.split_once(":\n").unwrap_or(("Notes", paragraph));
        writeln!(page, ".SH \"{}\"\n.nf", heading.to_uppercase())?;
        for line in lines.lines() {
            writeln!(page, "{}", line.trim_start().replace('\\', "\\e").replace('-', "\\-"))?;
        }
        writeln!(page, ".fi")?;
    }
    Ok(())
}
