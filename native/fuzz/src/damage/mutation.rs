//! One hostile change to the content of a container.

use crate::container_bytes::ContainerBytes;
use crate::random::Random;
use crate::subject::Subject;
use maxsimd_core::index::sections as id;

/// Sections that hold JSON.
const JSON: [u32; 4] = [id::PROVENANCE, id::ATTRIBUTES, id::FIELDS, id::MANIFEST];

/// Bytes of one value of a section.
fn width(section: u32) -> usize {
    match section {
        id::META
        | id::MEAN
        | id::GRAPH_BASE
        | id::GRAPH_CENTROIDS
        | id::GRAPH_DOWN
        | id::GRAPH_LINKS
        | id::LIST_DOCS
        | id::CODEBOOKS
        | id::TOKEN_CENTROIDS
        | id::TYPE_IDS
        | id::TYPE_CENTROIDS
        | id::GROUP_OFFSETS
        | id::GROUP_MEMBERS
        | id::ROTATION
        | id::LIST_CENTROIDS => 4,
        id::DOC_OFFSETS
        | id::GRAPH_LEVEL_NODES
        | id::LIST_OFFSETS
        | id::TYPE_COUNTS
        | id::TYPE_SPREADS
        | id::DOC_ID_OFFSETS
        | id::COLUMNS
        | id::FIELD_OFFSETS
        | id::TRAINED_WITH
        | id::TRAINED_ERRORS => 8,
        id::VECTORS | id::CENTROIDS | id::NORMS | id::GROUP_VECTORS => 2,
        _ => 1,
    }
}

/// A number at which arithmetic goes wrong: 0, 1, powers of two and their neighbours, not-a-numbers, infinities, or one near `count`.
pub(super) fn extreme(random: &mut Random, count: usize) -> u64 {
    let near = (count as u64).wrapping_add(random.below(5) as u64).wrapping_sub(2);
    let power = 1_u64 << random.below(64);
    *random.of(&[
        0,
        1,
        2,
        near,
        near / 2,
        power,
        power.wrapping_sub(1),
        power.wrapping_add(1),
        u64::from(u32::MAX),
        u64::from(u32::MAX) - 1,
        1 << 63,
        u64::MAX,
        // f16, f32 and f64: not a number, infinity, minus infinity, the largest number.
        0x7e00,
        0x7c00,
        0xfc00,
        0x7bff,
        0x7fc0_0000,
        0x7f80_0000,
        0xff80_0000,
        0x7f7f_ffff,
        0x7ff8_0000_0000_0000,
        0x7ff0_0000_0000_0000,
        0x7fef_ffff_ffff_ffff,
    ])
}

/// Changes the content once, and says how.
pub(super) fn mutate(content: &mut ContainerBytes, subjects: &[Subject], random: &mut Random) -> String {
    if content.sections.is_empty() {
        return "nothing".into();
    }
    let at = random.below(content.sections.len());
    let section = content.sections[at].0;
    let name = id::name(section);
    match random.below(16) {
        0 => {
            content.sections.remove(at);
            format!("without {name}")
        }
        1 => {
            let other = 1 + random.below(id::COUNT + 2) as u32;
            content.sections[at].0 = other;
            format!("{name} becomes {}", id::name(other))
        }
        2 => from_another(content, at, subjects, random),
        3 | 4 => counts(content, random),
        5 => {
            let bytes = &mut content.sections[at].1;
            let step = width(section);
            let length = match random.below(4) {
                0 => bytes.len().saturating_sub(step),
                1 => bytes.len() + step,
                2 => random.below(bytes.len() + 1),
                _ => bytes.len() + random.below(256),
            };
            bytes.resize(length, random.bits() as u8);
            format!("{name} has {length} bytes")
        }
        _ if JSON.contains(&section) => json(&mut content.sections[at].1, name, random),
        _ => values(&mut content.sections[at].1, width(section), name, random),
    }
}

/// Changes values of a section, which keeps its length.
fn values(bytes: &mut [u8], width: usize, name: &str, random: &mut Random) -> String {
    let count = bytes.len() / width;
    if count == 0 {
        return format!("{name} is empty");
    }
    // A part of one kind inside a section of another, as the bitmaps in columns, has narrower values.
    let width = if random.chance(6) { 1 } else { width };
    let count = count.max(bytes.len() / width);
    let place = match random.below(4) {
        0 => random.below(4.min(count)),
        1 => count - 1 - random.below(4.min(count)),
        _ => random.below(count),
    };
    let range = place * width..(place + 1) * width;
    match random.below(6) {
        0 | 1 => {
            let value = extreme(random, count);
            bytes[range].copy_from_slice(&value.to_le_bytes()[..width]);
            format!("{name}[{place}] = {value:#x}")
        }
        2 => {
            let mut value = [0; 8];
            value[..width].copy_from_slice(&bytes[range.clone()]);
            let step = random.below(9) as u64;
            let value = u64::from_le_bytes(value).wrapping_add(step).wrapping_sub(4);
            bytes[range].copy_from_slice(&value.to_le_bytes()[..width]);
            format!("{name}[{place}] becomes {value:#x}")
        }
        3 => {
            let other = random.below(count);
            for byte in 0..width {
                bytes.swap(place * width + byte, other * width + byte);
            }
            format!("{name}[{place}] and [{other}] swapped")
        }
        4 => {
            let other = random.below(count);
            let length = (1 + random.below(8)).min(count - place.max(other));
            bytes.copy_within(other * width..(other + length) * width, place * width);
            format!("{name}[{other}..] copied to [{place}..], {length} values")
        }
        _ => {
            let value = extreme(random, count);
            let length = (1 + random.below(count)).min(count - place);
            for at in place..place + length {
                bytes[at * width..(at + 1) * width].copy_from_slice(&value.to_le_bytes()[..width]);
            }
            format!("{length} values of {name} from [{place}] on = {value:#x}")
        }
    }
}

/// Replaces a section by that of another file, or puts one in that the file lacks.
fn from_another(
    content: &mut ContainerBytes,
    at: usize,
    subjects: &[Subject],
    random: &mut Random,
) -> String {
    let subject = random.of(subjects);
    let Some(other) = ContainerBytes::read(&random.of(&subject.files).1) else { return "nothing".into() };
    let (section, bytes) = random.of(&other.sections).clone();
    let name = id::name(section);
    match content.section(section) {
        Some(own) => *own = bytes,
        None => content.sections.insert(at, (section, bytes)),
    }
    format!("{name} of another file ({})", subject.name)
}

/// Changes a count; once in two times also the lengths of the sections that follow from it, so that the sizes agree again.
fn counts(content: &mut ContainerBytes, random: &mut Random) -> String {
    // Offsets of documents, tokens, centroids and list entries, and the sections with one value for each, with its bytes.
    const DOCUMENTS: (usize, &[u32]) = (40, &[id::DOC_OFFSETS, id::DOC_ID_OFFSETS, id::FIELD_OFFSETS]);
    const TOKENS: (usize, &[u32]) = (48, &[id::TOKEN_CENTROIDS, id::NORMS, id::CODES, id::VECTORS]);
    const CENTROIDS: (usize, &[u32]) =
        (56, &[id::CENTROIDS, id::GRAPH_BASE, id::LIST_OFFSETS, id::GROUP_MEMBERS]);
    const ENTRIES: (usize, &[u32]) = (64, &[id::LIST_DOCS]);
    const TYPES: (usize, &[u32]) =
        (72, &[id::TYPE_IDS, id::TYPE_CENTROIDS, id::TYPE_COUNTS, id::TYPE_SPREADS]);
    let Some(meta) = content.section(id::META) else { return "no counts".into() };
    if meta.len() != 80 {
        return "no counts".into();
    }
    if random.chance(2) {
        let at = if random.chance(2) { 4 * random.below(10) } else { 40 + 8 * random.below(5) };
        let width = if at < 40 { 4 } else { 8 };
        let value = extreme(random, 100);
        meta[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        return format!("meta[{at}] = {value}");
    }
    let (at, sections) = *random.of(&[DOCUMENTS, TOKENS, CENTROIDS, ENTRIES, TYPES]);
    let mut old = [0; 8];
    old.copy_from_slice(&meta[at..at + 8]);
    let old = u64::from_le_bytes(old);
    if old > 1 << 32 {
        return "counts that are extreme already".into();
    }
    let new = if random.chance(2) { old / 2 } else { old + 1 + random.below(64) as u64 };
    meta[at..at + 8].copy_from_slice(&new.to_le_bytes());
    for &section in sections {
        let Some(bytes) = content.section(section) else { continue };
        // Offsets have one value more than there are things.
        let values = old + u64::from(!(bytes.len() as u64).is_multiple_of(old.max(1)));
        let each = bytes.len() as u64 / values.max(1);
        let length = bytes.len() as u64 - (old.min(values) * each) + new * each;
        let last = bytes.len().saturating_sub(each as usize);
        let value: Vec<u8> = bytes[last..].to_vec();
        while (bytes.len() as u64) < length && !value.is_empty() {
            bytes.extend_from_slice(&value);
        }
        bytes.truncate(length as usize);
    }
    format!("meta[{at}] = {new} instead of {old}, with its sections")
}

/// Changes JSON: a number, a character, or a word of the format.
fn json(bytes: &mut Vec<u8>, name: &str, random: &mut Random) -> String {
    const WORDS: [&str; 6] = ["integer", "keyword", "keywords", "float", "boolean", "timestamp"];
    let text = String::from_utf8_lossy(bytes).into_owned();
    let digits: Vec<usize> = (0..text.len())
        .filter(|&i| {
            text.as_bytes()[i].is_ascii_digit() && (i == 0 || !text.as_bytes()[i - 1].is_ascii_alphanumeric())
        })
        .collect();
    match random.below(5) {
        0 | 1 if !digits.is_empty() => {
            let start = *random.of(&digits);
            let length = text[start..].bytes().take_while(u8::is_ascii_digit).count();
            let value = extreme(random, 100);
            *bytes = format!("{}{value}{}", &text[..start], &text[start + length..]).into_bytes();
            format!("{name}: {value} at {start}")
        }
        2 => {
            let (from, to) = (random.of(&WORDS), random.of(&WORDS));
            *bytes = text.replacen(from, to, 1).into_bytes();
            format!("{name}: {from} becomes {to}")
        }
        3 if text.len() > 4 => {
            // The first of a list twice, as segments and columns are.
            let first = text.find("{\"").unwrap_or(0);
            let end = text[first..].find('}').map_or(text.len(), |end| first + end + 1);
            if text.is_char_boundary(first) && text.is_char_boundary(end) {
                *bytes = format!("{},{}{}", &text[..end], &text[first..end], &text[end..]).into_bytes();
            }
            format!("{name}: an object twice")
        }
        _ if !bytes.is_empty() => {
            let place = random.below(bytes.len());
            let value = *random.of(b"\0\"{}[],:0-e\\ \xff");
            bytes[place] = value;
            format!("{name}: byte {place} = {value:#x}")
        }
        _ => "nothing".into(),
    }
}
