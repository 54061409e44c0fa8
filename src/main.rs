//! The thin binary: everything is in the library's `shell`.

fn main() {}
