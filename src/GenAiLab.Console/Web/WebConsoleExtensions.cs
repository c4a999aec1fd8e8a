using GenAiLab.ServiceDefaults.Health;
using GenAiLab.WebConsole.Components;
using GenAiLab.WebConsole.Runs;
using GenAiLab.WebConsole.Services;
using GenAiLab.WebConsole.Web.Access;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.FileProviders;
using Radzen;

namespace GenAiLab.WebConsole.Web;

/// <summary>What a host needs to serve the web console.</summary>
internal static class WebConsoleExtensions
{
    /// <summary>Where it listens unless <c>Kestrel:Endpoints:http:Url</c> says otherwise.</summary>
    private const string DefaultUrl = "http://127.0.0.1:5300";

    // A prompt of the largest size that the services take, 1 MiB, with what a circuit puts around it.
    private const int LargestMessage = 5 * 1024 * 1024;

    public static void AddWebConsole(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (string.IsNullOrEmpty(configuration["Kestrel:Endpoints:http:Url"]))
        {
            configuration["Kestrel:Endpoints:http:Url"] = configuration["urls"] ?? DefaultUrl;
        }

        configuration["Kestrel:Endpoints:http:Protocols"] ??= "Http1";
        // Keys live as long as the process: nothing but its own pages is signed with them, and a restart loads those anew.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddRadzenComponents();
        // Files that are the same for all alone: how long a compressed page is would tell what is in it.
        builder.Services.AddResponseCompression(static options => options.MimeTypes = ["text/css", "text/javascript"]);
        builder.Services.Configure<HubOptions>(static hub => hub.MaximumReceiveMessageSize = LargestMessage);
        // A page of another site whose name was made to lead here (DNS rebinding) is not answered. Where a token is wanted it
        // finds the sign-in page: the cookie of who has signed in belongs to the name that was signed in at.
        var names = AccessToken.IsSet(configuration) ? "*" : "localhost;127.0.0.1;[::1]";
        builder.Services.Configure<HostFilteringOptions>(options => options.AllowedHosts = (configuration["AllowedHosts"] is { Length: > 0 } hosts ? hosts : names).Split(';'));
        builder.AddAccess();
        builder.Services.AddSingleton<LabServices>();
        builder.Services.AddSingleton<LiveFigures>();
        builder.Services.AddSingleton<ModelCatalogue>();
        builder.Services.AddSingleton<LabProgram>();
        builder.Services.AddSingleton<ExperimentDesk>();
        builder.Services.AddSingleton<ServiceWatch>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<ServiceWatch>());
        builder.Services.AddServiceReadiness(FirstPage.Readiness);
        builder.Services.AddHostedService<FirstPage>();
    }

    public static void UseWebConsole(this WebApplication app)
    {
        app.UseHostFiltering();
        app.UseMiddleware<BrowserRules>();
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.UseResponseCompression();
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new EmbeddedFileProvider(typeof(WebConsoleExtensions).Assembly, "GenAiLab.WebConsole.Assets"),
        });
        app.UseAccess();
    }

    public static void MapWebConsole(this WebApplication app)
    {
        app.UseAntiforgery();
        app.MapAccess();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(static options => options.ContentSecurityFrameAncestorsPolicy = null);
    }
}
