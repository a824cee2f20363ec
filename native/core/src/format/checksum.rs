//! BLAKE3, over several threads where the input is long enough to pay for them.

/// From here on threads are worth starting (the library's own recommendation).
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
