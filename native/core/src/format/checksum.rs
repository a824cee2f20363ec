//! BLAKE3, over several threads if the input is long enough to benefit.

/// Length in bytes from which several threads are faster (the library's own recommendation).
const PARALLEL_FROM: usize = 128 << 10;

/// Feeds `bytes` to `hasher`. Runs in the current rayon pool.
pub(super) fn update(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    if bytes.len() >= PARALLEL_FROM {
        hasher.update_rayon(bytes);
    } else {
        hasher.update(bytes);
    }
}

/// The 64 hexadecimal digits of a checksum, for messages.
pub(super) fn hex(checksum: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*checksum).to_hex().to_string()
}
