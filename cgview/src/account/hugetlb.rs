//! `hugetlb`: huge pages of the machine's default size.

use super::Scope;
use crate::error::Error;
use crate::hierarchy::Version;
use crate::level::{Level, Reader};
use crate::source::{CgroupFile, Source};
use crate::units::{Bytes, Kibibytes};
use std::ops::ControlFlow;

/// The account of a container's huge pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hugetlb {
    pub(crate) scope: Scope,
    pub(crate) usage: Bytes,
    /// The tightest limit of the container and its ancestors.
    pub(crate) limit: Option<Bytes>,
}

/// Use and limit files for a page size: v1, then v2.
const fn files(page: Kibibytes, version: Version) -> Option<(CgroupFile, CgroupFile)> {
    use CgroupFile as F;
    Some(match (page.0, version) {
        (64, Version::V1) => (F::Hugetlb64KbUsage, F::Hugetlb64KbLimit),
        (64, Version::V2) => (F::Hugetlb64KbCurrent, F::Hugetlb64KbMax),
        (1024, Version::V1) => (F::Hugetlb1MbUsage, F::Hugetlb1MbLimit),
        (1024, Version::V2) => (F::Hugetlb1MbCurrent, F::Hugetlb1MbMax),
        (2048, Version::V1) => (F::Hugetlb2MbUsage, F::Hugetlb2MbLimit),
        (2048, Version::V2) => (F::Hugetlb2MbCurrent, F::Hugetlb2MbMax),
        (16_384, Version::V1) => (F::Hugetlb16MbUsage, F::Hugetlb16MbLimit),
        (16_384, Version::V2) => (F::Hugetlb16MbCurrent, F::Hugetlb16MbMax),
        (32_768, Version::V1) => (F::Hugetlb32MbUsage, F::Hugetlb32MbLimit),
        (32_768, Version::V2) => (F::Hugetlb32MbCurrent, F::Hugetlb32MbMax),
        (524_288, Version::V1) => (F::Hugetlb512MbUsage, F::Hugetlb512MbLimit),
        (524_288, Version::V2) => (F::Hugetlb512MbCurrent, F::Hugetlb512MbMax),
        (1_048_576, Version::V1) => (F::Hugetlb1GbUsage, F::Hugetlb1GbLimit),
        (1_048_576, Version::V2) => (F::Hugetlb1GbCurrent, F::Hugetlb1GbMax),
        _ => return None,
    })
}

impl Hugetlb {
    /// Reads the account for the machine's default page size.
    pub(crate) fn read<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        page: Kibibytes,
    ) -> Result<(), Error> {
        *self = Self::default();
        let Some((usage, limit)) = files(page, own.version) else { return Ok(()) };
        let mut found = false;
        own.climb(|up, level| {
            if level.root {
                if !found {
                    self.scope = Scope::Machine;
                }
                return Ok(ControlFlow::Break(()));
            }
            if !found {
                let Some(usage) = reader.value(level, usage)? else { return Ok(ControlFlow::Continue(())) };
                self.usage = Bytes(usage);
                self.scope = Scope::Cgroup { up };
                found = true;
            }
            if let Some(limit) = reader.value(level, limit)?.map(Bytes) {
                self.limit = Some(self.limit.map_or(limit, |tightest| tightest.min(limit)));
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}
