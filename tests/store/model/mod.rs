//! A model of the ledger, and random operations applied to both the model and the real store.
//!
//! The model is a map from receiver and channel to a row, with the rules of the design. Owners with
//! possibly stale views, an operator, the reconciler and a provider write to both sides, in any order
//! and possibly twice. After each write the results and all rows must be equal, and the invariants
//! must hold. `MODEL_CASES=1000` runs longer, and `MODEL_SEED` repeats a run.

mod calls;
mod case;
mod compare;
mod invariants;
mod ledger;
mod operations;
mod owners;
mod receipts;
mod statistics;
mod steps;
mod table;
mod totals;
mod writes;
mod wrong;

use std::cell::RefCell;

use carillon_domain::channel::Channel;
use carillon_store::environment::variable;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use self::{
    case::{Ended, play},
    ledger::NOT_KEPT,
    operations::scenario,
    statistics::Statistics,
};
use crate::support::{World, eventually};

/// The channels of the model's campaigns: two with separate addresses.
pub(super) const CHANNELS: [Channel; 2] = [Channel::Email, Channel::Sms];
/// Default number of cases.
const CASES: u32 = 32;
/// Maximum operations per case.
const OPERATIONS: usize = 50;
/// Attempts to shrink a failing case.
const SHRINKS: u32 = 500;

#[test]
fn the_store_behaves_like_the_model_of_the_ledger() {
    let cases = number("MODEL_CASES").map_or(CASES, |cases| u32::try_from(cases).unwrap());
    let seed = number("MODEL_SEED").unwrap_or_else(|| fastrand::u64(..));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(World::new());
    let statistics = RefCell::new(Statistics::default());
    let ended = RefCell::new(Vec::new());
    let mut runner = TestRunner::new(Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: SHRINKS,
        ..Config::default()
    });
    let began = std::time::Instant::now();
    let result = runner.run(&scenario(OPERATIONS), |scenario| {
        let mut case = runtime
            .block_on(play(&world, &scenario, &NOT_KEPT))
            .map_err(TestCaseError::fail)?;
        statistics
            .borrow_mut()
            .add(std::mem::take(&mut case.statistics));
        ended.borrow_mut().push(case);
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, scenario)) => {
            panic!("MODEL_SEED={seed} MODEL_CASES={cases} repeats this.\n{scenario:?}\n{why}")
        }
        Err(TestError::Abort(why)) => panic!("MODEL_SEED={seed}: {why}"),
    }
    let statistics = statistics.into_inner();
    println!("{statistics:?} in {:?}", began.elapsed());
    assert_eq!(statistics.missing(), [""; 0], "MODEL_SEED={seed}");
    runtime.block_on(compare_with_the_tally(&ended.into_inner()));
    println!("with the tally {:?}", began.elapsed());
}

/// The totals counted from the stream finally equal the model's.
async fn compare_with_the_tally(ended: &[Ended<'_>]) {
    for case in ended {
        let expected = totals::totals(&case.rows, case.status);
        eventually("the tally has counted all that the model has", async || {
            let counted = case.table.counted(case.status).await.unwrap();
            (counted == expected).then_some(())
        })
        .await;
    }
}

fn number(name: &'static str) -> Option<u64> {
    let text = variable(name).ok()?;
    Some(text.parse().expect("it is a number"))
}
