//! Runs the command line and turns its result into the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    stopgap::cli::run(std::env::args_os())
}
