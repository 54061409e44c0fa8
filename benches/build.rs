//! Placeholder until the benchmark of issue one stands.
fn main() {}
