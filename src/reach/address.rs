//! Addresses and ports as policies write them, read the way Go's `net/netip` and `strconv` do.

use std::net::IpAddr;

/// A block of addresses; bits beyond the prefix are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    address: IpAddr,
    bits: u8,
}

impl Block {
    /// Reads an address or a CIDR block. `None` for all else (istio
    /// pilot/pkg/serviceregistry/ambient/authorization.go, `stringToIP`).
    pub fn read(text: &str) -> Option<Self> {
        let Some((address, bits)) = text.split_once('/') else {
            let address: IpAddr = without_zone(text).parse().ok()?;
            return Some(Block { address, bits: width(address) });
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = decimal(bits).filter(|_| bits == "0" || !bits.starts_with('0'))?;
        Some(Block { address, bits: u8::try_from(bits).ok().filter(|bits| *bits <= width(address))? })
    }

    /// An address that it holds.
    pub fn first(&self) -> IpAddr {
        self.address
    }

    /// A block of one family never holds an address of the other; the caller gives canonical addresses
    /// (ztunnel src/socket.rs, `to_canonical`).
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

/// The blocks of a list; entries that are none are dropped. `None` if nothing remains.
pub(super) fn blocks(values: &[String]) -> Option<Vec<Block>> {
    let blocks: Vec<Block> = values.iter().filter_map(|value| Block::read(value)).collect();
    (!blocks.is_empty()).then_some(blocks)
}

/// An address that is not known is in no block.
pub(super) fn any_contains(blocks: &[Block], address: Option<IpAddr>) -> bool {
    address.is_some_and(|address| blocks.iter().any(|block| block.contains(address)))
}

/// A port number, 0 to 65535: no name, no range, no sign (`stringToPort` of the same file).
pub(super) fn port(text: &str) -> Option<u16> {
    decimal(text).and_then(|port| u16::try_from(port).ok())
}

/// The ports of a list; entries that are none are dropped. `None` if nothing remains.
pub(super) fn ports(values: &[String]) -> Option<Vec<u16>> {
    let ports: Vec<u16> = values.iter().filter_map(|value| port(value)).collect();
    (!ports.is_empty()).then_some(ports)
}

/// Rust's own parser would take a leading `+`.
fn decimal(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// An IPv6 zone is read and forgotten; in a CIDR block it is an error.
fn without_zone(text: &str) -> &str {
    match text.split_once('%') {
        Some((address, zone)) if address.contains(':') && !zone.is_empty() => address,
        _ => text,
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_ignore_host_bits_and_never_cross_families() {
        let holds =
            |block: &str, address: &str| Block::read(block).unwrap().contains(address.parse().unwrap());
        assert!(holds("10.0.0.7/24", "10.0.0.200") && !holds("10.0.0.7/24", "10.0.1.1"));
        assert!(holds("10.0.0.7", "10.0.0.7") && !holds("10.0.0.7", "10.0.0.8"));
        assert!(holds("0.0.0.0/0", "1.2.3.4") && !holds("0.0.0.0/0", "::1") && !holds("::/0", "1.2.3.4"));
        assert!(holds("2001:db8::1/32", "2001:db8:ffff::") && holds("fe80::1%eth0", "fe80::1"));
    }

    #[test]
    fn what_go_refuses_is_refused() {
        let bad =
            ["", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0", "010.0.0.1", "fe80::%e/64", "x"];
        assert!(bad.iter().all(|text| Block::read(text).is_none()));
        assert!(["+80", "8080-8090", "http", "65536", "", "-1"].iter().all(|text| port(text).is_none()));
        assert_eq!((port("080"), port("0"), port("65535")), (Some(80), Some(0), Some(65535)));
    }
}
