//! Decompression of messages from others.

use crate::job::{Job, job};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use maxsimd_core::{Error, Result};
use napi::bindgen_prelude::{AsyncTask, Uint8Array};
use napi_derive::napi;
use std::io::Read;

/// Decompresses bytes in the format of gzip, or else of zlib. Resolves to null if they are more than `most` decompressed: no more than that is
/// ever in memory. Rejects with INVALID_INPUT if they are not whole, or in another format.
#[napi(ts_return_type = "Promise<Uint8Array | null>")]
pub fn inflate(data: Uint8Array, gzip: bool, most: u32) -> AsyncTask<Job<Option<Uint8Array>>> {
    job(None, move || {
        let most = most as usize;
        let whole = if gzip {
            read_up_to(MultiGzDecoder::new(&data[..]), most)
        } else {
            read_up_to(ZlibDecoder::new(&data[..]), most)
        };
        Ok(whole?.map(Uint8Array::new))
    })
}

/// Reads to the end; none if there are more than `most` bytes.
fn read_up_to(reader: impl Read, most: usize) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(most as u64 + 1).read_to_end(&mut bytes).map_err(|fault| Error::Input {
        input: "data".into(),
        what: "compressed bytes",
        expected: "a whole stream".into(),
        got: fault.to_string(),
    })?;
    Ok((bytes.len() <= most).then_some(bytes))
}
