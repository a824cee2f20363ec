//! Changes of an input.

use crate::random::Random;

/// Longest input.
const MOST_BYTES: usize = 1 << 16;

/// A seed after one to six changes.
pub(super) fn change(seeds: &[Vec<u8>], words: &[&str], random: &mut Random) -> Vec<u8> {
    let mut input = random.of(seeds).clone();
    for _ in 0..=random.below(6) {
        change_once(&mut input, seeds, words, random);
    }
    input.truncate(MOST_BYTES);
    input
}

fn change_once(input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(24)).min(input.len());
    match random.below(10) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = random.bits() as u8,
        2 => drop(input.drain(at..end)),
        3 => {
            let part = input[at..end].to_vec();
            for _ in 0..=random.below(40) {
                input.splice(at..at, part.iter().copied());
            }
        }
        4 => {
            // The end of another seed, or a part of it.
            let other = random.of(seeds);
            let from = random.below(other.len() + 1);
            input.splice(at.., other[from..].iter().copied());
        }
        5 | 6 if !words.is_empty() => {
            let word = random.of(words).as_bytes();
            let end = if random.chance(2) { at } else { (at + word.len()).min(input.len()) };
            input.splice(at..end, word.iter().copied());
        }
        7 => {
            // A number in decimal digits.
            let digits: Vec<usize> = (0..input.len()).filter(|&i| input[i].is_ascii_digit()).collect();
            if !digits.is_empty() {
                let start = *random.of(&digits);
                let length = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number = number(random).to_string();
                input.splice(start..start + length, number.into_bytes());
            }
        }
        _ => {
            // A number in bytes, aligned as numbers of formats often are.
            let width = *random.of(&[2, 4, 8]);
            let at = if random.chance(2) { at / width * width } else { at };
            if let Some(place) = input.get_mut(at..at + width) {
                place.copy_from_slice(&number(random).to_le_bytes()[..width]);
            }
        }
    }
}

/// A number at which arithmetic goes wrong.
fn number(random: &mut Random) -> u64 {
    let power = 1_u64 << random.below(64);
    *random.of(&[
        0,
        1,
        power,
        power.wrapping_sub(1),
        power.wrapping_add(1),
        u64::MAX,
        1 << 63,
        u64::from(u32::MAX),
        100,
    ])
}
