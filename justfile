# The developers' menu; `just` alone lists it. Every recipe is one line that works without just too.

[private]
default:
    @just --list --unsorted

# Install the servers that the tests and the sandbox need
servers:
    scripts/servers

# Run the tests on real servers; ARGS go to cargo test
test *ARGS:
    scripts/test {{ ARGS }}

# Format the code
fmt:
    cargo fmt

# Lint as CI does
lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings

# Audit the app's queries; ARGS go to aura-db audit
audit *ARGS:
    cargo run --release --locked -- audit {{ ARGS }}

# Fuzz a reader for some minutes; without arguments, list them
fuzz *ARGS:
    scripts/fuzz {{ ARGS }}

# Everything that CI checks
ci:
    .ci/run
