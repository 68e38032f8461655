//! Rules on how long tasks may wait, and the events when they wait longer.
//!
//! A [`Monitor`] has the rules of each container and kind, and is told what happened: each time as it is measured
//! ([`Monitor::observe`]), or what a histogram got since it was last looked at ([`Monitor::observe_difference`]). The caller
//! ticks it with a monotonic time; when a container's period is over, what its rules found goes to a [`Sink`].
//!
//! ```
//! use sli_core::Latency;
//! use sli_core::threshold::{EventQueue, Monitor, Rule, Sample, Setting};
//!
//! let millisecond = 1_000_000;
//! let mut monitor = Monitor::<u64>::new();
//! monitor.defaults_mut().period = Setting::On(1000 * millisecond);
//! monitor.defaults_mut().set_each(Latency::RunDelay, Setting::On(Rule { threshold: 24 * millisecond, count: 2 }));
//! monitor.add(7, None, 0);
//!
//! let mut queue = EventQueue::new(64);
//! let reader = queue.subscribe();
//! monitor.observe(7, &Sample::new(Latency::RunDelay, 30 * millisecond));
//! monitor.observe(7, &Sample::new(Latency::RunDelay, 50 * millisecond));
//! monitor.tick(1000 * millisecond, &mut queue);
//! let event = queue.read(&reader).unwrap();
//! assert_eq!((event.container, event.count.lower, event.longest.upper), (7, 2, 50 * millisecond));
//! ```
//!
//! The rules mean what they mean in OpenCloudOS' `sli.control` ([`Rules::apply`] takes its commands), but
//!
//! - every container with a period is looked at, idle or not, whatever the root's settings are;
//! - rules that a container does not have are its parent's of now, not of when it was created;
//! - there is an event only if something was found, and none is written over or discarded: a full [`EventQueue`] counts
//!   what it could not take, and each reader has its own place in it;
//! - a period over which nobody looked is one longer window, told as such, and not thrown away;
//! - long-term rules are for every kind.

mod event;
mod message;
mod monitor;
mod queue;
mod rules;
mod state;
mod tally;

pub use crate::text::control::Target;
pub use event::{Event, Sample, Sink, Task};
pub use message::Message;
pub use monitor::Monitor;
pub use queue::{EventQueue, Subscription};
pub use rules::{Rule, Rules, Setting};
