//! Base64 as it is found in the wild: both alphabets, any alignment, no padding asked for.

/// The six bits of a character of either alphabet.
pub(super) fn bits(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Decodes all whole bytes; characters outside the alphabets are skipped.
pub(super) fn decode(text: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let (mut held, mut count) = (0_u32, 0_u32);
    let mut decoded = Vec::new();
    for value in text.into_iter().filter_map(bits) {
        held = (held << 6 | value) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push((held >> count & 0xff) as u8);
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn decodes_both_alphabets() {
        assert_eq!(decode(*b"aGVsbG8gd29ybGQ="), b"hello world");
        assert_eq!(decode(*b"-_8"), decode(*b"+/8"));
    }
}
