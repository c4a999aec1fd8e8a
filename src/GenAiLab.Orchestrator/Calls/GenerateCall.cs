using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Calls;

/// <summary>
/// The Generate RPC, for the calls that are made of it: what it checks, how it fails and what telemetry sees of it
/// are the same wherever a generation begins.
/// </summary>
internal delegate Task GenerateCall(GenerateRequest request, IServerStreamWriter<GenerateResponse> responses, ServerCallContext context);
