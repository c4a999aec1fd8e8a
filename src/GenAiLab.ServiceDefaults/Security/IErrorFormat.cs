using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>Endpoint metadata: how an HTTP face says no to a caller who does not get as far as the face itself.</summary>
public interface IErrorFormat
{
    /// <summary>Answers with an error in place of the face; nothing was written yet.</summary>
    Task WriteAsync(HttpContext context, RpcException error);
}
