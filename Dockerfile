# The hub's image: hashed dependencies from requirements/runtime.lock, the four packages, nothing else.
FROM python:3.11.15-slim-trixie@sha256:90744cff8f32887f075c47d747a173ff333e9e98801667af93c357fa9f5e28ff AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/venv
COPY requirements/runtime.lock requirements/runtime.lock
RUN /opt/venv/bin/pip install --require-hashes --only-binary :all: -r requirements/runtime.lock

FROM python:3.11.15-slim-trixie@sha256:90744cff8f32887f075c47d747a173ff333e9e98801667af93c357fa9f5e28ff AS runtime
RUN groupadd --system --gid 10001 yzt \
    && useradd --system --uid 10001 --gid yzt --home-dir /app --shell /usr/sbin/nologin yzt \
    && install -d -o yzt -g yzt -m 0700 /data /keys
WORKDIR /app
# PYTHONPATH beats site-packages, so that no stranger's package of the same name is ever imported (docs/adr/0001).
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/venv /opt/venv
COPY --chmod=0755 deploy/yzt /opt/venv/bin/yzt
COPY exchange exchange
COPY certs certs
COPY catalog catalog
COPY adapters adapters
USER 10001:10001
EXPOSE 8339
CMD ["yzt", "serve"]
