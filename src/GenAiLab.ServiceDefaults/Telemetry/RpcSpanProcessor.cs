using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using OpenTelemetry;

namespace GenAiLab.ServiceDefaults.Telemetry;

/// <summary>
/// Puts what gRPC for .NET writes on its spans (<c>grpc.method</c>, <c>grpc.status_code</c>) into the words
/// of the OpenTelemetry RPC conventions, on both sides of a call.
/// </summary>
internal sealed class RpcSpanProcessor : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("grpc.method") is not string method)
        {
            return;
        }

        var name = method.TrimStart('/');
        data.DisplayName = name;
        data.SetTag("grpc.method", null)
            .SetTag("rpc.system.name", "grpc")
            .SetTag("rpc.method", name);
        // Absent where the call was cut off before there was a status.
        if (data.GetTagItem("grpc.status_code") is string number && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            var status = (StatusCode)code;
            data.SetTag("grpc.status_code", null).SetTag("rpc.response.status_code", RpcStatus.Name(status));
            if (data.Kind == ActivityKind.Client ? status != StatusCode.OK : RpcStatus.IsServerFault(status))
            {
                data.SetTag("error.type", RpcStatus.Name(status)).SetStatus(ActivityStatusCode.Error);
            }
        }
    }
}
