//! The system's randomness.

use ring::rand::{SecureRandom, SystemRandom};
use rsa::rand_core::{TryCryptoRng, TryRng};

use crate::shell::trouble::Trouble;

/// So many random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], Trouble> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Trouble::new("the system gives no random bytes"))?;
    Ok(bytes)
}

/// The same for libraries that ask by a trait.
#[derive(Debug, Clone, Copy)]
pub struct Source;

impl TryRng for Source {
    type Error = Unavailable;

    fn try_next_u32(&mut self) -> Result<u32, Unavailable> {
        bytes().map(u32::from_le_bytes).map_err(|_| Unavailable)
    }

    fn try_next_u64(&mut self) -> Result<u64, Unavailable> {
        bytes().map(u64::from_le_bytes).map_err(|_| Unavailable)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Unavailable> {
        SystemRandom::new().fill(bytes).map_err(|_| Unavailable)
    }
}

impl TryCryptoRng for Source {}

/// The system gives no randomness.
#[derive(Debug)]
pub struct Unavailable;

impl std::fmt::Display for Unavailable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the system gives no random bytes")
    }
}

impl std::error::Error for Unavailable {}
