# The agent on Debian bookworm. Build: docker build -t livetape .
# `scripts/clean-root` runs the last stage's steps in a bare root without Docker.

FROM rust:1.95-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends cmake pkg-config libgstreamer1.0-dev \
      libgstreamer-plugins-base1.0-dev libpango1.0-dev libcairo2-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin livetape

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
      gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
      gstreamer1.0-plugins-ugly gstreamer1.0-libav \
      libpango-1.0-0 libpangocairo-1.0-0 libcairo2 \
      fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --home-dir /var/lib/livetape --uid 10001 livetape
COPY --from=build /src/target/release/livetape /usr/local/bin/livetape
USER livetape
WORKDIR /var/lib/livetape
ENTRYPOINT ["livetape"]
