//! The thin binary: everything is in the library's `shell`.

fn main() -> std::process::ExitCode {
    fleetc::shell::run(std::env::args_os())
}
