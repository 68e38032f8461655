//! Who may write into a lane: one word, of which all else follows.

/// The word that says whose a lane is, and whose records it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The generation of the slot whose records the lane holds.
    pub(crate) generation: u32,
    /// Who has it; nobody while it is free.
    pub(crate) owner: OwnerTag,
    pub(crate) state: State,
}

/// An owner number, and how often it had been given out when this process got it: a process that has the number after
/// another one died is not that other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerTag(u32);

impl OwnerTag {
    pub(crate) const NOBODY: Self = Self(0);
    const EPOCHS: u32 = 1 << 14;

    /// The epoch counts modulo 2^14.
    pub(crate) const fn new(number: u16, epoch: u32) -> Self {
        Self((epoch % Self::EPOCHS) << 16 | number as u32)
    }

    pub(crate) const fn number(self) -> u16 {
        self.0 as u16
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Anybody may take it.
    Free,
    /// A writer's own, for as long as the writer lives.
    Owned,
    /// A common lane that is being written, for as long as one record takes.
    Busy,
    /// Still its writer's, but the slot went to somebody else: to be given back.
    Revoked,
}

impl Claim {
    pub(crate) const fn free(generation: u32) -> Self {
        Self { generation, owner: OwnerTag::NOBODY, state: State::Free }
    }

    pub(crate) const fn owned(generation: u32, owner: OwnerTag) -> Self {
        Self { generation, owner, state: State::Owned }
    }

    pub(crate) const fn busy(generation: u32, owner: OwnerTag) -> Self {
        Self { generation, owner, state: State::Busy }
    }

    pub(crate) const fn revoked(generation: u32, owner: OwnerTag) -> Self {
        Self { generation, owner, state: State::Revoked }
    }

    /// Whether it is of a generation before this one. They go on from 0 after 2^32, of which no two that are more than
    /// half of that apart are ever met.
    pub(crate) const fn is_older_than(self, generation: u32) -> bool {
        self.generation != generation && generation.wrapping_sub(self.generation) < 1 << 31
    }

    /// Generation in the upper half, then the owner, then the state in two bits.
    pub(crate) const fn word(self) -> u64 {
        (self.generation as u64) << 32 | (self.owner.0 as u64) << 2 | self.state as u64
    }

    /// Any word is a claim.
    pub(crate) const fn of(word: u64) -> Self {
        let state = match word & 3 {
            0 => State::Free,
            1 => State::Owned,
            2 => State::Busy,
            _ => State::Revoked,
        };
        Self { generation: (word >> 32) as u32, owner: OwnerTag((word >> 2) as u32 & 0x3fff_ffff), state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_survives_its_word() {
        let (one, other) = (OwnerTag::new(1, 0), OwnerTag::new(u16::MAX, OwnerTag::EPOCHS - 1));
        for claim in
            [Claim::free(7), Claim::owned(1, one), Claim::busy(u32::MAX, other), Claim::revoked(0, one)]
        {
            assert_eq!(Claim::of(claim.word()), claim);
        }
        assert_eq!(Claim::of(0), Claim::free(0), "a zeroed file is free");
    }
}
