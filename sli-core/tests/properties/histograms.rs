//! Histograms and load averages.

use super::{histogram, short_time, time};
use proptest::collection::vec;
use proptest::prelude::*;
use sli_core::error::Error;
use sli_core::histogram::{BucketCounts, Buckets, Edges, Eight, Histogram, LogLinear, Recorder, Shared};
use sli_core::load_average::{Averages, FIXED_1, LoadAverages, Period, TaskCounts};

fn merged<B: Buckets>(one: &Histogram<B>, other: &Histogram<B>) -> Histogram<B> {
    let mut both = one.clone();
    both.merge(other);
    both
}

fn merging<B: Buckets>(a: &[u64], b: &[u64], c: &[u64]) -> Result<(), TestCaseError> {
    let [one, two, three] = [a, b, c].map(histogram::<B>);
    prop_assert_eq!(merged(&one, &two), merged(&two, &one));
    prop_assert_eq!(merged(&merged(&one, &two), &three), merged(&one, &merged(&two, &three)));
    prop_assert_eq!(merged(&one, &two), histogram(&[a, b].concat()));
    prop_assert_eq!(merged(&one, &Histogram::new()), one);
    Ok(())
}

fn undoing<B: Buckets>(a: &[u64], b: &[u64]) -> Result<(), TestCaseError> {
    let (one, two) = (histogram::<B>(a), histogram::<B>(b));
    let difference = merged(&one, &two).since(&one);
    prop_assert_eq!((difference.counts(), difference.sum()), (two.counts(), two.sum()));
    prop_assert!(difference.max().is_none_or(|max| Some(max) == two.max()));
    let (Some(of_difference), Some(of_two)) = (difference.quantile(1.0), two.quantile(1.0)) else {
        return Ok(());
    };
    prop_assert!(of_difference.lower == of_two.lower && of_difference.upper >= of_two.upper);
    Ok(())
}

proptest! {
    #[test]
    fn merging_is_recording_together(a in vec(time(), 0..40), b in vec(time(), 0..40), c in vec(time(), 0..40)) {
        merging::<Eight>(&a, &b, &c)?;
        merging::<LogLinear>(&a, &b, &c)?;
    }

    #[test]
    fn a_difference_undoes_a_merge(a in vec(short_time(), 0..40), b in vec(short_time(), 0..40)) {
        undoing::<Eight>(&a, &b)?;
        undoing::<LogLinear>(&a, &b)?;
    }

    #[test]
    fn quantiles_hold_what_they_should(mut times in vec(time(), 1..100), shares in vec(0.0..=1.0, 2..10)) {
        let histogram = histogram::<LogLinear>(&times);
        times.sort_unstable();
        let mut shares = shares;
        shares.sort_by(f64::total_cmp);
        let mut before = 0;
        for share in shares {
            let rank = ((share * times.len() as f64).ceil() as usize).clamp(1, times.len());
            let (exact, bounds) = (times[rank - 1], histogram.quantile(share).unwrap());
            prop_assert!(bounds.lower <= exact && exact <= bounds.upper, "{exact} {bounds:?}");
            if exact < 1 << 39 {
                prop_assert!(bounds.upper - bounds.lower <= bounds.lower / 8, "{bounds:?}");
            }
            prop_assert!(bounds.lower >= before);
            before = bounds.lower;
        }
    }

    #[test]
    fn what_is_bounded_lies_within(times in vec(short_time(), 0..60), threshold in time()) {
        let histogram = histogram::<Eight>(&times);
        let passed = times.iter().filter(|time| **time >= threshold).count() as u64;
        let count = histogram.count_from(threshold);
        prop_assert!(count.lower <= passed && passed <= count.upper);
        let counted = Histogram::<Eight>::from_counts(histogram.counts(), None, histogram.max()).unwrap();
        let (sum, exact) = (counted.sum_bounds(), histogram.sum().unwrap());
        prop_assert!(sum.lower <= exact && exact <= sum.upper);
        if let (Some(mean), Some(least)) = (histogram.mean(), times.iter().min()) {
            prop_assert!(mean.is_exact() && mean.lower >= *least && Some(mean.upper) <= histogram.max());
        }
    }

    #[test]
    fn extremes_saturate(times in vec((time(), any::<u64>()), 0..20)) {
        let mut histogram = Histogram::<LogLinear>::new();
        for (time, count) in times {
            histogram.record_many(time, count);
        }
        let all = merged(&histogram, &histogram);
        prop_assert!(all.count() >= histogram.count() && all.sum() >= histogram.sum());
        prop_assert!(all.quantile(1.0).is_none_or(|bounds| bounds.lower <= bounds.upper));
        let _ = (all.since(&histogram), all.mean(), all.sum_bounds(), all.count_from(u64::MAX));
        let _ = BucketCounts::from(&all).to_edges(&Edges::EIGHT).unwrap().count();
    }

    #[test]
    fn live_histograms_are_what_was_recorded(times in vec(time(), 0..60)) {
        let (mut recorder, shared) = (Recorder::<LogLinear>::new(), Shared::<LogLinear>::new());
        for time in &times {
            recorder.record(*time);
            shared.record(*time);
        }
        let (plain, mut seen) = (histogram(&times), Histogram::new());
        recorder.reader().snapshot(&mut seen);
        prop_assert_eq!(&seen, &plain);
        shared.snapshot(&mut seen);
        prop_assert_eq!((seen.counts(), seen.max()), (plain.counts(), plain.max()));
        let exact = times.iter().map(|time| u128::from(*time)).sum::<u128>();
        let sum = seen.sum_bounds();
        prop_assert!(u128::from(sum.lower) <= exact && (exact <= u128::from(sum.upper) || sum.upper == u64::MAX));
    }

    #[test]
    fn conversions_count_in_the_right_bucket(times in vec(time(), 0..60)) {
        let fine = BucketCounts::from(&histogram::<LogLinear>(&times));
        let mut coarse = BucketCounts::new(Edges::EIGHT);
        times.iter().for_each(|time| coarse.record(*time));
        let converted = fine.to_edges(&Edges::EIGHT).unwrap();
        prop_assert_eq!(converted.counts(), coarse.counts());
        for edges in [Edges::SEVEN, Edges::FOURTEEN, Edges::FIFTEEN, Edges::GOPHER] {
            prop_assert!(matches!(coarse.to_edges(&edges).unwrap_err(), Error::Buckets { .. }), "refused");
        }
    }

    #[test]
    fn averages_stay_between_what_they_average(
        start in 0_u64..1000,
        tasks in vec((0_u64..1000, 1_u64..200), 1..60),
    ) {
        let mut averages = Averages([start * FIXED_1; 3]);
        let (mut least, mut most) = (start, start);
        for (tasks, periods) in tasks {
            (least, most) = (least.min(tasks), most.max(tasks));
            averages.steps(tasks, periods);
            for average in averages.0 {
                prop_assert!((least * FIXED_1..=most * FIXED_1).contains(&average));
            }
        }
    }

    #[test]
    fn load_never_overflows_and_survives_a_restart(
        hz in any::<u64>(),
        ticks in vec((any::<u64>(), any::<u64>(), any::<u64>()), 0..20),
    ) {
        let mut load = LoadAverages::new(Period::of_hz(hz));
        for (now, running, blocked) in ticks {
            load.tick(now, TaskCounts { running, blocked });
            let _ = (load.all.to_string(), load.is_due(now));
        }
        let mut bytes = Vec::new();
        load.export(&mut bytes);
        prop_assert_eq!(LoadAverages::import(&bytes).unwrap(), load);
    }
}
