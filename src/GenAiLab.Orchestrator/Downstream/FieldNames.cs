using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace GenAiLab.Orchestrator.Downstream;

/// <summary>Errors that name a field of another message than the caller's own.</summary>
internal static class FieldNames
{
    /// <summary>The error with its fields named as the caller knows them; as it is where it names none.</summary>
    public static RpcException Rename(RpcException error, Func<string, string> rename)
    {
        if (error.GetRpcStatus() is not { } status || status.GetDetail<BadRequest>() is not { } badRequest)
        {
            return error;
        }

        foreach (var violation in badRequest.FieldViolations)
        {
            violation.Field = rename(violation.Field);
        }

        var renamed = new Status
        {
            Code = status.Code,
            Message = string.Join("; ", badRequest.FieldViolations.Select(static violation => $"{violation.Field}: {violation.Description}")),
        };
        renamed.Details.Add(Any.Pack(badRequest));
        renamed.Details.AddRange(status.Details.Where(static detail => !detail.Is(BadRequest.Descriptor)));
        return renamed.ToRpcException();
    }
}
