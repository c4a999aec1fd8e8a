using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using HealthClient = Grpc.Health.V1.Health.HealthClient;

namespace GenAiLab.ServiceDefaults.Health;

/// <summary>
/// <c>--health</c>: the service's own program asks the service that runs beside it, with the same configuration.
/// Its image has neither shell nor curl, so a container's health check has nothing else to run.
/// </summary>
public static class HealthProbe
{
    /// <summary>The argument, alone on the command line.</summary>
    public const string Argument = "--health";

    // Below the ten seconds that the health checks of docker-compose.yml are given, so that the reason is still printed.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <summary>Calls the standard gRPC health service at the endpoint "grpc"; where there is none, /health at the endpoint "http".</summary>
    /// <returns>The exit code: 0 when it says SERVING or 200, otherwise 1, with the reason on standard error.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration)
    {
        if (configuration["Kestrel:Endpoints:grpc:Url"] is not { Length: > 0 } url)
        {
            return configuration["Kestrel:Endpoints:http:Url"] is { Length: > 0 } page ? await AskPageAsync(page) : Fail("Kestrel:Endpoints:grpc:Url is not set");
        }

        try
        {
            using var channel = GrpcChannel.ForAddress(Reachable(BindingAddress.Parse(url)));
            var answer = await new HealthClient(channel).CheckAsync(new HealthCheckRequest(), deadline: DateTime.UtcNow + Limit);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? 0 : Fail($"it answers {answer.Status}");
        }
        catch (RpcException error)
        {
            return Fail(error.StatusCode == StatusCode.DeadlineExceeded ? $"no answer within {Limit.TotalSeconds:0} s" : error.Status.Detail);
        }
        catch (FormatException error)
        {
            return Fail($"Kestrel:Endpoints:grpc:Url: {error.Message}");
        }
    }

    private static async Task<int> AskPageAsync(string url)
    {
        try
        {
            using var http = new HttpClient { Timeout = Limit };
            using var answer = await http.GetAsync(new Uri($"{Reachable(BindingAddress.Parse(url))}/health"));
            return answer.IsSuccessStatusCode ? 0 : Fail($"it answers {(int)answer.StatusCode}");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or FormatException)
        {
            return Fail(error is OperationCanceledException ? $"no answer within {Limit.TotalSeconds:0} s" : error.Message);
        }
    }

    // Where every address is listened on, there is none to dial.
    private static string Reachable(BindingAddress address) =>
        $"{address.Scheme}://{(address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host)}:{address.Port}";

    private static int Fail(string reason)
    {
        Console.Error.WriteLine($"not healthy: {reason}");
        return 1;
    }
}
