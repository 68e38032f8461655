//! A slot of a ring, by number and generation.

use crate::abi::Failure;
use mbuf::SlotId;

/// A slot of a ring while it belongs to somebody, such as one container. Its generation tells one owner from the next:
/// whoever has the slot of an earlier one is refused with `-ESTALE`. A plain value, in any process's hands.
///
/// @since 0.1
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct cgview_mbuf_slot {
    /// Which slot, from 0.
    pub number: u32,
    /// How often it had been taken.
    pub generation: u32,
}

impl From<cgview_mbuf_slot> for SlotId {
    fn from(slot: cgview_mbuf_slot) -> Self {
        Self { slot: slot.number as usize, generation: slot.generation }
    }
}

impl From<SlotId> for cgview_mbuf_slot {
    fn from(id: SlotId) -> Self {
        // No ring has more slots than 2^20.
        Self { number: u32::try_from(id.slot).unwrap_or(u32::MAX), generation: id.generation }
    }
}

/// A number of slots as C gives it.
pub(crate) fn count(slots: u64) -> Result<usize, Failure> {
    usize::try_from(slots).map_err(|_| Failure::Invalid("slots: more than a region holds"))
}
