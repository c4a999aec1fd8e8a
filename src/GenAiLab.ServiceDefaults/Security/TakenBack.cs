using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>
/// Does nothing for requests that are taken back as they come ("rapid reset", CVE-2023-44487). The frame that takes one
/// back is mostly there already when the request is handed out, and read a moment later: whoever waits for that moment
/// opens no stream to another service for nothing.
/// </summary>
internal static class TakenBack
{
    public static void UseTakenBack(this WebApplication app) => app.Use(static async (context, next) =>
    {
        // To the end of the pool's line, behind what reads the connection.
        await Task.Yield();
        if (!context.RequestAborted.IsCancellationRequested)
        {
            await next(context);
        }
    });
}
