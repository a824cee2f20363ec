//! Times the check that follows each operation over an index: `cargo run --release --example intact -- FILE [REPEATS]`.

use maxsimd_core::index::{Check, Index};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("give an index file")?;
    let repeats: u32 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let index = Index::open(path, Check::Quick)?;
    let began = Instant::now();
    for _ in 0..repeats {
        index.check_intact()?;
    }
    let each = began.elapsed() / repeats;
    #[allow(clippy::print_stdout, reason = "a program's output")]
    {
        println!("{} files: {each:?}", index.files().len());
    }
    Ok(())
}
