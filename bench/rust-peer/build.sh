#!/usr/bin/env bash
# Builds the Rust peer of the load benchmark into target/rust-peer.wasm.
#   build.sh            build with what is here; one sentence and exit 3 when there is no toolchain
#   build.sh --install  first install Debian's rustc, cargo, wasm32 library and linker
set -euo pipefail
cd "$(dirname "$0")"
target=wasm32-unknown-unknown

if [[ ${1:-} == --install ]]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rustc cargo libstd-rust-dev-wasm32 lld >/dev/null
fi

has_target() { [[ -x $1 && -d $("$1" --print sysroot)/lib/rustlib/$target/lib ]]; }

if has_target "$(command -v rustc || true)"; then
  rustc=$(command -v rustc)
  cargo=$(command -v cargo)
elif has_target /usr/bin/rustc; then
  rustc=/usr/bin/rustc
  cargo=/usr/bin/cargo
else
  echo "rust-peer: skipped, no Rust compiler with the $target target here (bench/rust-peer/build.sh --install brings Debian's)" >&2
  exit 3
fi

# Debian's cargo 1.65 knows only the registry's git index; any newer cargo here fetches the sources for it.
newest_cargo=$(command -v cargo)
"$newest_cargo" vendor --quiet --locked --versioned-dirs vendor >/dev/null
RUSTC=$rustc "$cargo" build --quiet --release --frozen --target $target \
  --config 'source.crates-io.replace-with="vendor"' --config 'source.vendor.directory="vendor"'
cp target/$target/release/rust_peer.wasm target/rust-peer.wasm
echo "rust-peer: $("$rustc" --version), $(stat -c %s target/rust-peer.wasm) bytes"
