//! What the command line may say, and the help that goes with it.

use crate::files::FileName;
use crate::ring::cli::{MBUF_EXAMPLES, Mbuf};
use cgview::{Policy, Subject};
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  cgview show                                      every file, as my own container should see it
  cgview show --pid 4711 proc/meminfo              one file: its bytes and nothing else
  cgview show --cgroup /kubepods/pod1 proc/stat    by cgroup instead of by process
  cgview stats --pod 4711 --watch 2                the whole pod, every two seconds, with rates
  cgview stats --pid 4711 --json                   numbers for a program
  cgview explain --pid 4711 proc/meminfo MemTotal  where does this value come from?
  cgview show --root ./bundle --pid 4711           from a captured tree, not from this machine
  cgview mbuf cat /run/mbuf                        log records in shared memory: `cgview mbuf --help`

Exit status:
  0  all went well
  1  something asked for cannot be had; standard error says what, a line for each
  2  wrong usage";

const SHOW_EXAMPLES: &str = "\
Examples:
  cgview show --pid 4711 proc/meminfo
  cgview show --pid 4711 proc/meminfo proc/swaps
  cgview show --cgroup /sys/fs/cgroup/system.slice/nginx.service sys/devices/system/cpu/online
  cgview show --pid 4711 --policy lxcfs,cpu=quota proc/cpuinfo";

const STATS_EXAMPLES: &str = "\
Examples:
  cgview stats --pid 4711
  cgview stats --pid 4711 --watch 0.5 --count 10
  cgview stats --cgroup /kubepods --json --watch 10 >> kubepods.jsonl";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  cgview explain --pid 4711 proc/meminfo
  cgview explain --pid 4711 proc/meminfo MemAvailable";

/// Shows /proc as a container should see it.
///
/// Linux accounts for containers in cgroups, yet /proc shows the whole machine to everyone. cgview reads the
/// cgroups (version 1, version 2, or both at once) and shows /proc/meminfo, /proc/stat and their like with the
/// container's own limits and use; it counts what the container consumes; and it explains where each number
/// comes from. It only reads.
#[derive(Debug, Parser)]
#[command(name = "cgview", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print files of /proc and /sys as the container should see them.
    ///
    /// One FILE is printed as it is, and nothing else. Several are each printed under a header, and so are all
    /// of them when none is named. Of all, those that the running kernel does not have are left out.
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        #[command(flatten)]
        view: View,
        /// The files, as in the real tree, with or without the leading slash.
        #[arg(value_name = "FILE", value_parser = FileName)]
        files: Vec<String>,
    },
    /// Print what the container uses: CPU, memory, swap, disks, processes, pressure.
    ///
    /// Without --json it is a table for people: a readable number with the exact one beside it, "no limit"
    /// where nothing limits, "-" and the reason where nothing is known.
    #[command(after_help = STATS_EXAMPLES)]
    Stats {
        #[command(flatten)]
        view: View,
        #[command(flatten)]
        format: Format,
        #[command(flatten)]
        repeat: Repeat,
    },
    /// Tell where the values of a file come from: the kernel's files, their numbers, and the rule.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        #[command(flatten)]
        view: View,
        /// The file, as in the real tree, with or without the leading slash.
        #[arg(value_name = "FILE", value_parser = FileName)]
        file: String,
        /// One value of it, such as MemTotal; without it, all of them.
        #[arg(value_name = "FIELD")]
        field: Option<String>,
    },
    /// Log records of containers in shared memory: make a ring, write into it, read it, follow it.
    ///
    /// A ring is a file that holds the newest log records of many containers, one slot for each. Any number of
    /// programs write into it at the same time; none waits for another, and none that dies, at whatever moment, takes
    /// more with it than the record that it was writing. What is full forgets its oldest records. Reading disturbs
    /// nobody and uses nothing up, and the file that a crashed program left behind reads just the same.
    #[command(after_help = MBUF_EXAMPLES)]
    Mbuf {
        #[command(subcommand)]
        command: Mbuf,
    },
    /// Print the script that lets a shell complete this program's arguments.
    #[command(after_help = "Examples:\n  cgview completions bash > /etc/bash_completion.d/cgview")]
    Completions {
        /// The shell.
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual page.
    #[command(after_help = "Examples:\n  cgview man > /usr/local/share/man/man1/cgview.1")]
    Man,
}

/// Whose view it is, of which machine, and by which choices.
#[derive(Debug, Args)]
pub(crate) struct View {
    #[command(flatten)]
    whose: Whose,
    /// Read a captured tree (DIR/proc/..., DIR/sys/fs/cgroup/...) instead of this machine.
    ///
    /// Processes and cgroups are looked up in it, and your own container is that of whoever captured it. Links
    /// that lead out of it are not followed.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// What to show where there is more than one good answer.
    #[arg(long, value_name = "WORDS", long_help = policy_help())]
    policy: Option<Policy>,
}

/// At most one of these.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Whose {
    /// The container of this process [default: your own container].
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    pid: Option<u32>,
    /// The pod of this process: all that is beside its container, and the container.
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    pod: Option<u32>,
    /// Exactly this cgroup, with or without the mount point before it: /kubepods/pod1,
    /// /sys/fs/cgroup/kubepods/pod1.
    #[arg(long, value_name = "PATH")]
    cgroup: Option<String>,
}

/// How to print numbers.
#[derive(Debug, Args)]
pub(crate) struct Format {
    /// Print one JSON object a line for each sample.
    ///
    /// Each name ends with its unit. What is not known is null, and so are the rates of the first sample; a limit
    /// that is not set is 18446744073709551615, the largest of 64 bits.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whether to print again.
#[derive(Debug, Args)]
pub(crate) struct Repeat {
    /// Print a sample every so many seconds (0.5 is allowed) until interrupted; from the second on with rates.
    #[arg(long = "watch", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) every: Option<Duration>,
    /// Stop after so many samples.
    #[arg(long, value_name = "N", requires = "every", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
}

impl View {
    pub(crate) fn subject(&self) -> Subject {
        match &self.whose {
            Whose { pid: Some(pid), .. } => Subject::Pid(*pid),
            Whose { pod: Some(pid), .. } => Subject::Pod(*pid),
            Whose { cgroup: Some(path), .. } => Subject::Cgroup(path.clone()),
            _ => Subject::Own,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        self.policy.unwrap_or_default()
    }
}

fn policy_help() -> String {
    format!(
        "What to show where there is more than one good answer; the later word wins, as in \"lxcfs,cpu=quota\".\n\n\
         Words: {}",
        Policy::WORDS
    )
}

fn seconds(given: &str) -> Result<Duration, String> {
    let seconds = given.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        // /proc/uptime, which dates the samples, counts hundredths: rates over less would be wrong by more than
        // a tenth.
        Ok(every) if every >= Duration::from_millis(100) => Ok(every),
        _ => Err("must be at least 0.1 seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_made() {
        Cli::command().debug_assert();
    }

    #[test]
    fn parts_of_a_second() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert!(seconds("0.1").is_ok());
        for wrong in ["0", "0.09", "-1", "inf", "nan", "1e300", "1s", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
