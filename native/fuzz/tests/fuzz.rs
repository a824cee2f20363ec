//! The promise: no parser panics, loops or takes much memory, whatever it is given. A share of `npm run fuzz`.

use maxsimd_fuzz::damage::quiet_panics;
use maxsimd_fuzz::memory::Counting;
use maxsimd_fuzz::targets::{Until, fuzz};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn changed_inputs_of_every_parser_give_results_or_typed_errors() {
    quiet_panics();
    let outcome = fuzz(&[], 1, 0, Until::Cases(2_000)).unwrap();
    assert!(outcome.pass, "{}", serde_json::to_string_pretty(&outcome).unwrap());
}
