# One service of the lab: docker build --build-arg SERVICE=Decoder .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG SERVICE
# Cpu or Gpu: which build of ONNX Runtime the service loads.
ARG ONNX_RUNTIME=Cpu
WORKDIR /source
COPY Directory.Build.props Directory.Packages.props .editorconfig ./
COPY protos protos
COPY src src
RUN dotnet publish src/GenAiLab.${SERVICE} -c Release -p:OnnxRuntime=${ONNX_RUNTIME} -p:UseAppHost=false -o /published \
 && printf '#!/bin/sh\nexec dotnet /app/GenAiLab.%s.dll\n' "${SERVICE}" > /published/start \
 && chmod +x /published/start

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /published .
# What the service of preferences keeps; a volume that is mounted here gets this owner.
RUN mkdir /data && chown $APP_UID /data
USER $APP_UID
ENTRYPOINT ["/app/start"]
