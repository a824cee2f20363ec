//! Ranking keys: a similarity and an id in one integer, whose order is the ranking.

/// The key of a candidate. The larger key has the larger similarity or, if they are equal, the smaller id.
pub(crate) fn key(similarity: f32, id: u32) -> u64 {
    let bits = similarity.to_bits();
    // The bits of negative floats are in reverse order, so all are inverted. Others get the highest bit, which puts them above.
    let ordered = if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 };
    u64::from(ordered) << 32 | u64::from(!id)
}

/// The id in a key.
pub(crate) fn id(key: u64) -> u32 {
    !(key as u32)
}

/// The similarity in a key.
pub(crate) fn similarity(key: u64) -> f32 {
    let ordered = (key >> 32) as u32;
    f32::from_bits(if ordered >> 31 == 1 { ordered & 0x7FFF_FFFF } else { !ordered })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn keys_order_as_similarity_then_smaller_id(a in -1e30_f32..1e30, b in -1e30_f32..1e30, i: u32, j: u32) {
            let expected = a.total_cmp(&b).then(j.cmp(&i));
            prop_assert_eq!(key(a, i).cmp(&key(b, j)), expected);
            prop_assert_eq!(key(a, i).cmp(&key(a, j)), j.cmp(&i));
            prop_assert_eq!((similarity(key(a, i)).to_bits(), id(key(a, i))), (a.to_bits(), i));
        }
    }
}
