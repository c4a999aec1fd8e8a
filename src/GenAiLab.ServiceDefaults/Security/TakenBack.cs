using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>
/// Does nothing for requests that are taken back as they come ("rapid reset", CVE-2023-44487), and closes the connection of
/// a client that sends many of them. The frame that takes one back is mostly there already when the request is handed out, and read
/// a moment later: whoever waits for that moment opens no stream to another service for nothing.
/// </summary>
internal static class TakenBack
{
    /// <summary>How many more requests of a connection may be taken back before they are begun than are begun.</summary>
    public const int MostOfAConnection = 250;

    // Of connections that had one taken back; gone with the connection.
    private static readonly ConditionalWeakTable<IConnectionLifetimeFeature, Balance> Balances = [];

    public static void UseTakenBack(this WebApplication app) => app.Use(static async (context, next) =>
    {
        // To the end of the pool's line, behind what reads the connection.
        await Task.Yield();
        var connection = context.Features.Get<IConnectionLifetimeFeature>();
        if (context.RequestAborted.IsCancellationRequested)
        {
            if (connection is not null && Balances.GetOrCreateValue(connection).TakenBack() > MostOfAConnection)
            {
                connection.Abort();
            }

            return;
        }

        if (connection is not null && Balances.TryGetValue(connection, out var balance))
        {
            balance.Begun();
        }

        await next(context);
    });

    private sealed class Balance
    {
        private int _takenBack;

        public int TakenBack() => Interlocked.Increment(ref _takenBack);

        public void Begun()
        {
            // What is begun makes up for what was taken back before it, and is no credit for what comes after.
            if (Interlocked.Decrement(ref _takenBack) < 0)
            {
                Interlocked.Increment(ref _takenBack);
            }
        }
    }
}
