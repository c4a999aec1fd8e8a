# One service of the lab, in an image without shell, package manager or root: docker build --build-arg SERVICE=Decoder .
# For an NVIDIA GPU: docker build --build-arg SERVICE=Decoder --build-arg ONNX_RUNTIME=Gpu --target gpu .

# The CUDA and cuDNN libraries of the major versions that Microsoft.ML.OnnxRuntime.Gpu was built for.
ARG CUDA_IMAGE=nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ARG SERVICE
# Cpu or Gpu: which build of ONNX Runtime the service loads.
ARG ONNX_RUNTIME=Cpu
WORKDIR /source
COPY Directory.Build.props Directory.Packages.props .editorconfig ./
COPY protos protos
COPY src src
# The program gets one name for all services: without a shell, entry point and health check cannot look it up.
RUN dotnet publish src/GenAiLab.${SERVICE} -c Release -p:OnnxRuntime=${ONNX_RUNTIME} -o /published \
 && mv /published/GenAiLab.${SERVICE} /published/service

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble AS runtime

FROM ${CUDA_IMAGE} AS gpu
COPY --from=runtime /usr/share/dotnet /usr/share/dotnet
ENV DOTNET_ROOT=/usr/share/dotnet
WORKDIR /app
COPY --from=build /published .
USER 1654:1654
ENTRYPOINT ["/app/service"]

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled AS cpu
WORKDIR /app
COPY --from=build /published .
USER 1654:1654
ENTRYPOINT ["/app/service"]
