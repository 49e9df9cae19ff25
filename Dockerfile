# Build: docker build -t interest-transfer-studio .      Run: docker compose up
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN apt-get update && apt-get install -y --no-install-recommends gcc g++ && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/venv
ENV PATH="/opt/venv/bin:$PATH"
COPY requirements.txt constraints.txt ./
# PyTorch's own index of CPU builds, as its installation page documents it. Another index (a mirror, a CUDA build):
# --build-arg TORCH_INDEX=ADDRESS. With an empty value pip's default index is used, whose Linux builds need CUDA.
ARG TORCH_INDEX="https://download.pytorch.org/whl/cpu"
RUN if [ -n "$TORCH_INDEX" ]; then \
        pip install --no-deps --index-url "$TORCH_INDEX" "$(grep '^torch==' constraints.txt)"; \
    fi && pip install --constraint constraints.txt --requirement requirements.txt

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 studio && mkdir /data && chown studio /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY app.py LICENSE ./
COPY pages pages
COPY ui ui
COPY recsys recsys
COPY sample_data sample_data
COPY .streamlit .streamlit
USER studio
ENV PATH="/opt/venv/bin:$PATH" STUDIO_HOME=/data PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/tmp/numba
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s CMD ["python", "-m", "ui.shell.health", "--port", "8501"]
# The loopback address of a container can't be reached from outside: listen on all of its interfaces.
# compose.yaml publishes the port on this machine only.
CMD ["streamlit", "run", "app.py", "--server.port=8501", "--server.address=0.0.0.0"]
