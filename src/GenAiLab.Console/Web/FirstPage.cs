using System.Net;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.WebConsole.Components.Layout;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace GenAiLab.WebConsole.Web;

/// <summary>
/// Asks the console for its pages once it listens, and lets it be ready after the first: that one costs half a second of
/// compiling, and each of the others up to half of that, which its first visitor would wait for.
/// </summary>
internal sealed class FirstPage(
    IServer server, IHostApplicationLifetime lifetime, [FromKeyedServices(FirstPage.Readiness)] ServiceReadiness readiness) : BackgroundService
{
    /// <summary>Under this name its readiness is registered.</summary>
    public const string Readiness = "first page";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        var address = BindingAddress.Parse(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All }) { Timeout = Patience };
            // Where a token is wanted this leads to the sign-in page, which is the first one there.
            http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
            foreach (var asked in (string[])["radzen/standard-base.css", .. PageList.All.Select(static page => page.Address)])
            {
                using var answer = await http.GetAsync(new Uri($"{address.Scheme}://127.0.0.1:{address.Port}/{asked}"), stoppingToken);
                if (asked == PageList.All[0].Address)
                {
                    readiness.MarkReady();
                }
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException && !stoppingToken.IsCancellationRequested)
        {
            // It listens elsewhere than on the loopback interface, or with a certificate for another name: then the first visitor waits.
        }

        readiness.MarkReady();
    }
}
