# The model folders, for the pods' init containers: docker build -f deploy/models.Dockerfile -t genailab/models:0.1.0 models
FROM busybox:1.37-musl
COPY . /models
USER 1654:1654
