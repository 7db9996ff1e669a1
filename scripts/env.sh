# Sourced by make's recipes: where tools and builds are kept, outside the tree.
#
# Each tool lives in a directory named after what it is made from, so that two checkouts share what is
# equal and never disturb each other.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
for bin in "$HOME/.cargo/bin" /usr/local/go/bin; do
  case ":$PATH:" in *":$bin:"*) ;; *) [ -d "$bin" ] && PATH="$PATH:$bin" ;; esac
done
export PATH

key() { cat "$@" | sha256sum | cut -c1-16; }

LIVETAPE_CACHE=${LIVETAPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/livetape}
LIVETAPE_RIG_SERVER=${LIVETAPE_RIG_SERVER:-$LIVETAPE_CACHE/livekit-$(key "$root"/tests/rig/livekit/go.{mod,sum})/livekit-server}
LIVETAPE_RIG_PYTHON=${LIVETAPE_RIG_PYTHON:-$LIVETAPE_CACHE/venv-$(key "$root/tests/rig/requirements.txt")/bin/python}
LIVETAPE_RIG_WHIP=${LIVETAPE_RIG_WHIP:-$LIVETAPE_CACHE/whip-$(key "$root"/tests/rig/whip/*)/whip}
LIVETAPE_RIG_CLIPS=${LIVETAPE_RIG_CLIPS:-$LIVETAPE_CACHE/clips-$(key "$root"/tests/rig/{clips,truth}.py)}
LIVETAPE_RIG_WEB_SDK=${LIVETAPE_RIG_WEB_SDK:-$LIVETAPE_CACHE/web-sdk-$(key "$root/tests/rig/chromium/package-lock.json")/node_modules/livekit-client/dist}
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$LIVETAPE_CACHE/target}
export LIVETAPE_CACHE LIVETAPE_RIG_SERVER LIVETAPE_RIG_PYTHON LIVETAPE_RIG_WHIP LIVETAPE_RIG_CLIPS LIVETAPE_RIG_WEB_SDK CARGO_TARGET_DIR

# Cargo tells the packages of two checkouts apart by time stamps alone: what another one built here is
# stale, however new it is. Dependencies from the registry stay.
if [ "$(cat "$CARGO_TARGET_DIR/checkout" 2>/dev/null || true)" != "$root" ]; then
  if [ -d "$CARGO_TARGET_DIR/release" ]; then
    cargo clean --quiet --release --locked --manifest-path "$root/Cargo.toml" \
      -p livetape -p livetape-rtc -p livetape-rig -p libwebrtc
  fi
  mkdir -p "$CARGO_TARGET_DIR"
  echo "$root" >"$CARGO_TARGET_DIR/checkout"
fi
