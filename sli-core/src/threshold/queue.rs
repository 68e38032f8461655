//! Events that wait for their readers.

use super::{Event, Sink};
use std::collections::VecDeque;

/// Keeps events until every reader has had them.
///
/// When it is full it takes no more, so that what nobody has read yet is never written over, and counts what it could not
/// take. It begins to keep events at once: who subscribes gets what is still there. A subscription that nobody reads fills
/// it; give it back with [`unsubscribe`](Self::unsubscribe).
#[derive(Debug)]
pub struct EventQueue<K> {
    events: VecDeque<Event<K>>,
    /// The number of the first of them, of all that were ever taken.
    first: u64,
    capacity: usize,
    lost: u64,
    /// What each reader reads next, and how many were lost when it was last told.
    readers: Vec<Option<Place>>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    next: u64,
    lost: u64,
}

/// A place in an [`EventQueue`].
#[derive(Debug)]
pub struct Subscription(usize);

impl<K> EventQueue<K> {
    /// One for so many events.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { events: VecDeque::with_capacity(capacity), first: 0, capacity, lost: 0, readers: Vec::new() }
    }

    /// A place of its own for one more reader, at the first event that is still there.
    pub fn subscribe(&mut self) -> Subscription {
        let place = Some(Place { next: self.first, lost: self.lost });
        if let Some(free) = self.readers.iter().position(Option::is_none) {
            if let Some(to) = self.readers.get_mut(free) {
                *to = place;
            }
            return Subscription(free);
        }
        self.readers.push(place);
        Subscription(self.readers.len() - 1)
    }

    /// Takes a reader's place away, and with it what only that reader had not read.
    pub fn unsubscribe(&mut self, subscription: Subscription) {
        if let Some(place) = self.readers.get_mut(subscription.0) {
            *place = None;
        }
        if self.readers.iter().any(Option::is_some) {
            self.forget();
        }
    }

    /// The next event of this reader; none if it has had all.
    pub fn read(&mut self, subscription: &Subscription) -> Option<Event<K>>
    where
        K: Clone,
    {
        let place = self.readers.get_mut(subscription.0)?.as_mut()?;
        let at = usize::try_from(place.next.checked_sub(self.first)?).ok()?;
        let event = self.events.get(at)?.clone();
        place.next += 1;
        self.forget();
        Some(event)
    }

    /// How many events this reader has still to read.
    #[must_use]
    pub fn unread(&self, subscription: &Subscription) -> usize {
        let place = self.readers.get(subscription.0).copied().flatten();
        let end = self.first.saturating_add(self.events.len() as u64);
        place.map_or(0, |place| usize::try_from(end.saturating_sub(place.next)).unwrap_or(usize::MAX))
    }

    /// How many events were lost since this reader last asked, or since it subscribed.
    pub fn take_lost(&mut self, subscription: &Subscription) -> u64 {
        let lost = self.lost;
        let place = self.readers.get_mut(subscription.0).and_then(Option::as_mut);
        place.map_or(0, |place| lost.saturating_sub(std::mem::replace(&mut place.lost, lost)))
    }

    /// How many events were lost ever.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Drops what every reader has had.
    fn forget(&mut self) {
        let needed = self.readers.iter().flatten().map(|place| place.next).min().unwrap_or(self.first);
        while self.first < needed && self.events.pop_front().is_some() {
            self.first += 1;
        }
    }
}

impl<K> Sink<K> for EventQueue<K> {
    fn event(&mut self, event: Event<K>) {
        if self.events.len() >= self.capacity {
            self.lost = self.lost.saturating_add(1);
        } else {
            self.events.push_back(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Target;
    use super::*;
    use crate::histogram::Bounds;
    use crate::latency::{Latency, Quality};

    fn event(container: u64) -> Event<u64> {
        Event {
            container,
            target: Target::Each(Latency::Wait),
            start: 0,
            end: 1,
            count: Bounds::exactly(1),
            total: Bounds::exactly(1),
            longest: Bounds::exactly(1),
            task: None,
            previous: None,
            stack: None,
            quality: Quality::Exact,
        }
    }

    fn read(queue: &mut EventQueue<u64>, reader: &Subscription) -> Vec<u64> {
        std::iter::from_fn(|| queue.read(reader)).map(|event| event.container).collect()
    }

    #[test]
    fn every_reader_gets_every_event() {
        let mut queue = EventQueue::new(4);
        queue.event(event(1));
        let early = queue.subscribe();
        let late = queue.subscribe();
        queue.event(event(2));
        assert_eq!(read(&mut queue, &early), [1, 2]);
        assert_eq!((queue.unread(&early), queue.unread(&late)), (0, 2));
        queue.event(event(3));
        assert_eq!(read(&mut queue, &late), [1, 2, 3]);
        assert_eq!(read(&mut queue, &early), [3]);
        assert!(queue.events.is_empty());
    }

    #[test]
    fn what_is_unread_is_never_written_over() {
        let mut queue = EventQueue::new(2);
        let slow = queue.subscribe();
        let quick = queue.subscribe();
        for n in 1..=5 {
            queue.event(event(n));
            read(&mut queue, &quick);
        }
        assert_eq!((queue.lost(), queue.take_lost(&slow), queue.take_lost(&slow)), (3, 3, 0));
        assert_eq!(read(&mut queue, &slow), [1, 2]);
        queue.event(event(6));
        queue.event(event(7));
        queue.unsubscribe(slow);
        assert_eq!(read(&mut queue, &quick), [6, 7]);
        let again = queue.subscribe();
        assert_eq!((queue.unread(&again), queue.take_lost(&quick), queue.take_lost(&again)), (0, 3, 0));
        queue.unsubscribe(again);
        queue.unsubscribe(quick);
        queue.event(event(8));
        let new = queue.subscribe();
        assert_eq!(read(&mut queue, &new), [8], "it is kept for whoever comes");
    }
}
