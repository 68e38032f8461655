//! The CPU lines of one container over time: counters that only grow, whatever happens to its limits.
//!
//! Cgroups say how much time was used, not how much was left, and on v2 not on which CPU. [`CpuView`] keeps what
//! is needed to turn one reading after the other into the lines of `/proc/stat`.

use crate::account::cpu::Quota;
use crate::account::cpuset::CpuList;
use crate::error::Error;
use crate::units::{Nanoseconds, Ticks};

/// One CPU line of `/proc/stat`, in ticks. The columns that no cgroup accounts for are always 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) user: Ticks,
    pub(crate) nice: Ticks,
    pub(crate) system: Ticks,
    pub(crate) idle: Ticks,
    pub(crate) steal: Ticks,
    /// Ticks since the last reading, for the computation only.
    busy: u64,
}

impl Line {
    fn plus(self, other: Self) -> Self {
        Self {
            user: self.user.plus(other.user),
            nice: self.nice.plus(other.nice),
            system: self.system.plus(other.system),
            idle: self.idle.plus(other.idle),
            steal: self.steal.plus(other.steal),
            busy: 0,
        }
    }
}

/// One reading of what a container used and was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample<'a> {
    /// Time since the machine's boot.
    pub(crate) now: Nanoseconds,
    /// When the container began, on the same clock.
    pub(crate) started: Option<Nanoseconds>,
    /// `nice` included.
    pub(crate) user: Nanoseconds,
    pub(crate) nice: Nanoseconds,
    pub(crate) system: Nanoseconds,
    pub(crate) throttled: Nanoseconds,
    /// All time used by the machine's CPUs, or empty where the kernel does not tell. Then `user` and `system`
    /// say only how it divides.
    pub(crate) per_cpu: &'a [Nanoseconds],
    /// The machine's CPUs that the container sees, in the order in which it sees them.
    pub(crate) cpus: &'a CpuList,
    pub(crate) quota: Option<Quota>,
    pub(crate) ticks_per_second: u64,
}

impl Sample<'_> {
    fn used(&self) -> Nanoseconds {
        if self.per_cpu.is_empty() {
            self.user.plus(self.system)
        } else {
            self.per_cpu.iter().fold(Nanoseconds::ZERO, |sum, time| sum.plus(*time))
        }
    }
}

/// The part of `ticks` that is user time. Without a division all of it is.
fn share(ticks: u64, user: Nanoseconds, system: Nanoseconds) -> u64 {
    let both = u128::from(user.0) + u128::from(system.0);
    let part = (u128::from(ticks) * u128::from(user.0)).checked_div(both);
    part.map_or(ticks, |part| u64::try_from(part).unwrap_or(ticks))
}

/// The history behind a container's CPU lines. It belongs to the caller, who may save it with
/// [`CpuView::export`] and take it up again with [`CpuView::import`], so that a restart loses nothing.
///
/// Takes about 40 bytes for each CPU that the container sees, on v1 8 more for each CPU of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuView {
    ticked: Option<Nanoseconds>,
    /// When it was last seen to use so much that a quota may have held it back.
    busy_at: Nanoseconds,
    used: Nanoseconds,
    throttled: Nanoseconds,
    idle: Nanoseconds,
    steal: Nanoseconds,
    /// Time used beyond what was given, which the next idle time pays back: the kernel accounts in batches.
    debt: Nanoseconds,
    seen: Seen,
    lines: Vec<Line>,
    seen_per_cpu: Vec<Ticks>,
    /// Where the next odd tick goes.
    next: u64,
}

/// The ticks of a counter that have been shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    user: Ticks,
    nice: Ticks,
    system: Ticks,
}

/// The bounds that the kernel sets to `cpu.cfs_period_us`: a millisecond and a second.
const SHORTEST_PERIODS_A_SECOND: u64 = 1000;
const LONGEST_PERIOD: Nanoseconds = Nanoseconds(1_000_000_000);

/// Never more debt than this: a second of one CPU, many times the kernel's batches.
const MOST_DEBT: Nanoseconds = Nanoseconds(1_000_000_000);

impl CpuView {
    /// A container not seen yet. What it used before counts from its first tick.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// When it was last ticked, since the machine's boot.
    #[must_use]
    pub const fn ticked(&self) -> Option<Nanoseconds> {
        self.ticked
    }

    /// Whether a quota cannot have held the container back since the last reading: it used too little, and has
    /// for longer than any period lasts, so that whatever held it back before is over and accounted for.
    pub(crate) fn is_quiet(&self, now: Nanoseconds, used: Nanoseconds, quota: Quota) -> bool {
        self.ticked.is_some()
            && self.uses_little(used, quota)
            && now.minus(self.busy_at) > Nanoseconds(2 * LONGEST_PERIOD.0)
    }

    /// Less than half of what the quota grants in the shortest period.
    const fn uses_little(&self, used: Nanoseconds, quota: Quota) -> bool {
        used.minus(self.used).0 < quota.0 / SHORTEST_PERIODS_A_SECOND / 2
    }

    /// Time held back, as of the last reading.
    pub(crate) const fn throttled(&self) -> Nanoseconds {
        self.throttled
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The sum of the lines.
    pub(crate) fn total(&self) -> Line {
        self.lines.iter().fold(Line::default(), |sum, line| sum.plus(*line))
    }

    /// Takes in a reading.
    pub(crate) fn tick(&mut self, sample: &Sample<'_>) {
        self.resize(sample.cpus.count().max(1) as usize);
        let first = self.ticked.is_none();
        let since = self.ticked.or(sample.started).unwrap_or(sample.now);
        let elapsed = sample.now.minus(since);
        // A clock that went backwards (a restored snapshot) starts a new interval, without idle time.
        self.ticked = Some(sample.now);
        self.add_used(sample);
        self.add_unused(sample, elapsed, first);
    }

    /// Makes as many lines as there are CPUs. What a line that goes away had counted is spread over the
    /// others, so that the sum stays.
    fn resize(&mut self, count: usize) {
        let mut gone = Line::default();
        for line in self.lines.drain(count.min(self.lines.len())..) {
            gone = gone.plus(line);
        }
        // Seldom more later, and then without spare room.
        self.lines.reserve_exact(count.saturating_sub(self.lines.len()));
        self.lines.resize(count, Line::default());
        for line in &mut self.lines {
            line.busy = 0;
        }
        self.spread(gone.user.0, |line| &mut line.user);
        self.spread(gone.nice.0, |line| &mut line.nice);
        self.spread(gone.system.0, |line| &mut line.system);
        self.spread(gone.idle.0, |line| &mut line.idle);
        self.spread(gone.steal.0, |line| &mut line.steal);
    }

    /// Adds ticks evenly; the odd ones go round.
    fn spread(&mut self, ticks: u64, column: impl Fn(&mut Line) -> &mut Ticks) {
        let count = self.lines.len() as u64;
        let (Some(each), Some(odd)) = (ticks.checked_div(count), ticks.checked_rem(count)) else { return };
        if ticks == 0 {
            return;
        }
        let first = self.next % count;
        for (index, line) in (0u64..).zip(&mut self.lines) {
            let place = (index + count - first) % count;
            let share = each + u64::from(place < odd);
            let value = column(line);
            *value = value.plus(Ticks(share));
        }
        self.next = (first + odd) % count;
    }

    fn add_used(&mut self, sample: &Sample<'_>) {
        if !sample.per_cpu.is_empty() {
            self.add_used_per_cpu(sample);
            return;
        }
        let rate = sample.ticks_per_second;
        let now = Seen {
            user: sample.user.minus(sample.nice).ticks(rate),
            nice: sample.nice.ticks(rate),
            system: sample.system.ticks(rate),
        };
        // Spread as it is, the time leaves every line equally busy.
        self.spread(now.user.minus(self.seen.user).0, |line| &mut line.user);
        self.spread(now.nice.minus(self.seen.nice).0, |line| &mut line.nice);
        self.spread(now.system.minus(self.seen.system).0, |line| &mut line.system);
        self.seen = now;
    }

    /// v1 tells where the time was used. That of CPUs the container does not see (any more) is spread.
    fn add_used_per_cpu(&mut self, sample: &Sample<'_>) {
        let rate = sample.ticks_per_second;
        if self.seen_per_cpu.len() < sample.per_cpu.len() {
            self.seen_per_cpu.reserve_exact(sample.per_cpu.len() - self.seen_per_cpu.len());
            self.seen_per_cpu.resize(sample.per_cpu.len(), Ticks::ZERO);
        }
        let mut elsewhere = 0u64;
        let mut shown = 0u64;
        for ((cpu, time), seen) in (0u32..).zip(sample.per_cpu).zip(&mut self.seen_per_cpu) {
            let now = time.ticks(rate);
            let used = now.minus(*seen).0;
            *seen = now;
            shown = shown.saturating_add(now.0);
            match sample.cpus.position(cpu).and_then(|place| self.lines.get_mut(place as usize)) {
                Some(line) => line.busy = line.busy.saturating_add(used),
                None => elsewhere = elsewhere.saturating_add(used),
            }
        }
        self.spread_busy(elsewhere);
        self.divide_busy(share(shown, sample.user, sample.system));
    }

    /// Adds ticks to what the lines were busy, evenly; the odd ones go round.
    fn spread_busy(&mut self, ticks: u64) {
        let count = self.lines.len() as u64;
        let (Some(each), Some(odd)) = (ticks.checked_div(count), ticks.checked_rem(count)) else { return };
        let first = self.next % count;
        for (index, line) in (0u64..).zip(&mut self.lines) {
            let place = (index + count - first) % count;
            line.busy = line.busy.saturating_add(each + u64::from(place < odd));
        }
        self.next = (first + odd) % count;
    }

    /// Divides what the lines were busy into user and system time, so that all user time comes near `user`.
    fn divide_busy(&mut self, user: u64) {
        let busy: u64 = self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.busy));
        let wanted = user.saturating_sub(self.total().user.0).min(busy);
        // Each line gets its part of the sum so far, less what the lines before it got: exact in the sum, and
        // never more than the line was busy.
        let (mut reached, mut given) = (0u64, 0u64);
        for line in &mut self.lines {
            reached = reached.saturating_add(line.busy);
            let up_to = u128::from(wanted) * u128::from(reached) / u128::from(busy.max(1));
            let up_to = u64::try_from(up_to).unwrap_or(wanted);
            let part = up_to.saturating_sub(given);
            given = up_to;
            line.user = line.user.plus(Ticks(part));
            line.system = line.system.plus(Ticks(line.busy.saturating_sub(part)));
        }
    }

    /// Idle time is what was given and not used; stolen time what the quota held back, as far as the clock
    /// leaves room for it.
    fn add_unused(&mut self, sample: &Sample<'_>, elapsed: Nanoseconds, first: bool) {
        let cpus = self.lines.len() as u64;
        let room = Nanoseconds(elapsed.0.saturating_mul(cpus));
        let given = match sample.quota {
            Some(quota) => {
                let nanos = u128::from(elapsed.0) * u128::from(quota.0) / u128::from(Quota::ONE_CPU);
                Nanoseconds(u64::try_from(nanos).unwrap_or(u64::MAX).min(room.0))
            }
            None => room,
        };
        let used_now = sample.used();
        if first || sample.quota.is_none_or(|quota| !self.uses_little(used_now, quota)) {
            self.busy_at = sample.now;
        }
        let used = used_now.minus(self.used);
        let held_back = sample.throttled.minus(self.throttled);
        self.used = used_now;
        self.throttled = sample.throttled;

        let left = given.minus(used).minus(self.debt);
        let debt = used.plus(self.debt).minus(given);
        // What was used before the container began (its cgroup may be older) is nobody's debt.
        self.debt = if first { Nanoseconds::ZERO } else { debt.min(MOST_DEBT) };
        let stolen = held_back.min(room.minus(used).minus(left));

        let idle = self.grow(left, sample.ticks_per_second, |view| &mut view.idle);
        let steal = self.grow(stolen, sample.ticks_per_second, |view| &mut view.steal);
        self.pour(idle, |line| &mut line.idle);
        self.pour(steal, |line| &mut line.steal);
    }

    /// Adds to an exact time and says by how many ticks it grew.
    fn grow(
        &mut self,
        time: Nanoseconds,
        ticks_per_second: u64,
        field: impl Fn(&mut Self) -> &mut Nanoseconds,
    ) -> Ticks {
        let exact = field(self);
        let before = exact.ticks(ticks_per_second);
        *exact = exact.plus(time);
        exact.ticks(ticks_per_second).minus(before)
    }

    /// Gives ticks to the lines that have least in this interval, so that all lines grow alike, and none faster
    /// than the clock.
    fn pour(&mut self, ticks: Ticks, column: impl Fn(&mut Line) -> &mut Ticks) {
        let mut left = ticks.0;
        let count = self.lines.len() as u64;
        if left == 0 || count == 0 {
            return;
        }
        // The level to which lines are filled up; it sinks as the fuller lines drop out.
        let mut level = u64::MAX;
        loop {
            let (mut sum, mut below) = (left, 0u64);
            for line in self.lines.iter().filter(|line| line.busy < level) {
                sum = sum.saturating_add(line.busy);
                below += 1;
            }
            let new = sum.checked_div(below).unwrap_or(0);
            if below == 0 || new >= level {
                break;
            }
            level = new;
        }
        for line in &mut self.lines {
            let share = level.saturating_sub(line.busy).min(left);
            let value = column(line);
            *value = value.plus(Ticks(share));
            line.busy = line.busy.saturating_add(share);
            left -= share;
        }
        self.spread(left, column);
    }

    const MAGIC: [u8; 4] = *b"cgvC";
    const VERSION: u16 = 1;

    /// Appends the state as bytes: the same on every machine, with a version.
    pub fn export(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&Self::MAGIC);
        into.extend_from_slice(&Self::VERSION.to_le_bytes());
        let mut number = |number: u64| into.extend_from_slice(&number.to_le_bytes());
        number(u64::from(self.ticked.is_some()));
        number(self.ticked.unwrap_or_default().0);
        for time in [self.busy_at, self.used, self.throttled, self.idle, self.steal, self.debt] {
            number(time.0);
        }
        for ticks in [self.seen.user, self.seen.nice, self.seen.system] {
            number(ticks.0);
        }
        number(self.next);
        number(self.lines.len() as u64);
        number(self.seen_per_cpu.len() as u64);
        for line in &self.lines {
            for ticks in [line.user, line.nice, line.system, line.idle, line.steal] {
                number(ticks.0);
            }
        }
        for seen in &self.seen_per_cpu {
            number(seen.0);
        }
    }

    /// Takes up exported state.
    ///
    /// # Errors
    /// [`Error::State`] for bytes that are no state, of another version, or cut off.
    pub fn import(bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |reason| Error::State { what: "CPU view", reason };
        let rest = bytes.strip_prefix(&Self::MAGIC).ok_or_else(|| wrong("it does not begin as one"))?;
        let (version, rest) = rest.split_at_checked(2).ok_or_else(|| wrong("it is cut off"))?;
        if version != Self::VERSION.to_le_bytes() {
            return Err(wrong("it is of another version"));
        }
        let mut numbers = rest.chunks_exact(8).map(|chunk| chunk.try_into().map_or(0, u64::from_le_bytes));
        if !rest.len().is_multiple_of(8) {
            return Err(wrong("it is cut off"));
        }
        let mut number = || numbers.next().ok_or_else(|| wrong("it is cut off"));
        // Beyond any real uptime times any number of CPUs; sums of such numbers cannot overflow.
        let bounded = |number: u64| {
            if number < 1 << 56 { Ok(number) } else { Err(wrong("a number in it is out of range")) }
        };
        let is_ticked = number()? != 0;
        let at = Nanoseconds(number()?);
        let mut view = Self { ticked: is_ticked.then_some(at), ..Self::default() };
        view.busy_at = Nanoseconds(number()?);
        view.used = Nanoseconds(number()?);
        view.throttled = Nanoseconds(number()?);
        view.idle = Nanoseconds(number()?);
        view.steal = Nanoseconds(number()?);
        view.debt = Nanoseconds(number()?).min(MOST_DEBT);
        let mut ticks = || bounded(number()?).map(Ticks);
        view.seen = Seen { user: ticks()?, nice: ticks()?, system: ticks()? };
        view.next = ticks()?.0;
        let (lines, cpus) = (ticks()?.0, ticks()?.0);
        let expected = lines.saturating_mul(5).saturating_add(cpus).saturating_add(14);
        if expected != rest.len() as u64 / 8 {
            return Err(wrong("its length does not fit its counts"));
        }
        for _ in 0..lines {
            let (user, nice, system, idle, steal) = (ticks()?, ticks()?, ticks()?, ticks()?, ticks()?);
            view.lines.push(Line { user, nice, system, idle, steal, busy: 0 });
        }
        for _ in 0..cpus {
            view.seen_per_cpu.push(ticks()?);
        }
        Ok(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn cpus(count: u32) -> CpuList {
        let mut list = CpuList::default();
        list.set_first(count);
        list
    }

    fn sample(cpus: &CpuList, seconds: u64, user: u64, system: u64) -> Sample<'_> {
        Sample {
            now: Nanoseconds(seconds * SECOND),
            started: Some(Nanoseconds::ZERO),
            user: Nanoseconds(user),
            nice: Nanoseconds::ZERO,
            system: Nanoseconds(system),
            throttled: Nanoseconds::ZERO,
            per_cpu: &[],
            cpus,
            quota: None,
            ticks_per_second: 100,
        }
    }

    #[test]
    fn the_first_reading_counts_from_the_start_of_the_container() {
        let two = cpus(2);
        let mut view = CpuView::new();
        view.tick(&sample(&two, 10, 3 * SECOND + 10_000_000, SECOND));
        let total = view.total();
        assert_eq!((total.user, total.system, total.idle), (Ticks(301), Ticks(100), Ticks(1599)));
        assert_eq!(view.lines()[0].user.0 + view.lines()[1].user.0, 301);
    }

    #[test]
    fn a_container_that_uses_its_whole_quota_is_never_idle() {
        let one = cpus(1);
        let mut view = CpuView::new();
        let half = Some(Quota(Quota::ONE_CPU / 2));
        for second in 1..=20 {
            let used = second * SECOND / 2;
            let throttled = Nanoseconds(used);
            view.tick(&Sample { quota: half, throttled, ..sample(&one, second, used, 0) });
        }
        let total = view.total();
        assert_eq!((total.user, total.idle, total.steal), (Ticks(1000), Ticks(0), Ticks(1000)));
    }

    #[test]
    fn throttled_time_of_many_cpus_does_not_outgrow_the_clock() {
        let two = cpus(2);
        let mut view = CpuView::new();
        let quota = Some(Quota(Quota::ONE_CPU * 3 / 2));
        let throttled = Nanoseconds(145 * SECOND);
        view.tick(&Sample { quota, throttled, ..sample(&two, 10, 15 * SECOND, 0) });
        let total = view.total();
        assert_eq!((total.user, total.idle, total.steal), (Ticks(1500), Ticks(0), Ticks(500)));
    }

    #[test]
    fn who_uses_little_for_long_was_not_held_back() {
        let one = cpus(1);
        let half = Quota(Quota::ONE_CPU / 2);
        let mut view = CpuView::new();
        let at = |second: u64| Nanoseconds(second * SECOND);
        assert!(!view.is_quiet(at(1), Nanoseconds::ZERO, half));
        for second in [1, 2, 4] {
            view.tick(&Sample { quota: Some(half), ..sample(&one, second, SECOND, 0) });
        }
        assert!(view.is_quiet(at(5), Nanoseconds(SECOND + 100_000), half));
        assert!(!view.is_quiet(at(5), Nanoseconds(SECOND + 300_000), half));
        view.tick(&Sample { quota: Some(half), ..sample(&one, 5, 2 * SECOND, 0) });
        assert!(!view.is_quiet(at(6), Nanoseconds(2 * SECOND), half));
    }

    #[test]
    fn v1_tells_the_cpu_and_hidden_ones_are_spread() {
        let mut seen = CpuList::default();
        assert!(seen.set(b"1,3"));
        let per_cpu = [2, 5, 0, 1].map(|seconds| Nanoseconds(seconds * SECOND));
        let mut view = CpuView::new();
        view.tick(&Sample { per_cpu: &per_cpu, ..sample(&seen, 10, 6 * SECOND, 2 * SECOND) });
        let used = |line: Line| (line.user, line.system);
        assert_eq!(used(view.lines()[0]), (Ticks(450), Ticks(150)));
        assert_eq!(used(view.lines()[1]), (Ticks(150), Ticks(50)));
        // Idle time fills both lines up to the same height.
        assert_eq!(view.lines()[0].idle, Ticks(400));
        assert_eq!(view.lines()[1].idle, Ticks(800));
    }

    #[test]
    fn no_line_outruns_the_clock() {
        let two = cpus(2);
        let per_cpu = [20, 25].map(|seconds| Nanoseconds(seconds * SECOND));
        let mut view = CpuView::new();
        let quota = Some(Quota(Quota::ONE_CPU * 3 / 2));
        let throttled = Nanoseconds(15 * SECOND);
        let used = sample(&two, 30, 45 * SECOND, 0);
        view.tick(&Sample { per_cpu: &per_cpu, quota, throttled, ..used });
        for line in view.lines() {
            assert_eq!(line.user.0 + line.idle.0 + line.steal.0, 3000, "{line:?}");
        }
    }

    #[test]
    fn limits_may_change_and_no_counter_runs_backwards() {
        let mut view = CpuView::new();
        let mut before = Line::default();
        for (second, count) in [(1, 4), (2, 1), (3, 2), (4, 8), (5, 1)] {
            let visible = cpus(count);
            view.tick(&sample(&visible, second, second * SECOND / 3, second * SECOND / 7));
            let now = view.total();
            assert!(now.user >= before.user && now.system >= before.system && now.idle >= before.idle);
            before = now;
        }
        assert_eq!(before.user, Ticks(166));
    }

    #[test]
    fn counters_that_are_reset_stand_still() {
        let one = cpus(1);
        let mut view = CpuView::new();
        view.tick(&sample(&one, 10, 5 * SECOND, 0));
        view.tick(&sample(&one, 11, 0, 0));
        assert_eq!(view.total().user, Ticks(500));
        view.tick(&sample(&one, 12, SECOND, 0));
        assert_eq!(view.total().user, Ticks(600));
    }

    #[test]
    fn state_survives_a_restart_and_garbage_is_refused() {
        let two = cpus(2);
        let mut view = CpuView::new();
        view.tick(&sample(&two, 10, 3 * SECOND, SECOND));
        let mut bytes = Vec::new();
        view.export(&mut bytes);
        let mut again = CpuView::import(&bytes).unwrap();
        for view in [&mut view, &mut again] {
            view.tick(&sample(&two, 11, 4 * SECOND, SECOND));
        }
        assert_eq!(view, again);
        for length in 0..bytes.len() {
            assert!(CpuView::import(&bytes[..length]).is_err(), "{length}");
        }
        bytes[4] = 9;
        let error = CpuView::import(&bytes).unwrap_err().to_string();
        assert_eq!(error, "saved CPU view cannot be used: it is of another version");
    }
}
