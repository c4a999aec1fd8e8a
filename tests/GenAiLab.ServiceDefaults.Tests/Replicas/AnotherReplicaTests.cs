using System.Net;
using System.Net.Sockets;
using GenAiLab.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAiLab.ServiceDefaults.Tests.Replicas;

/// <summary>Two replicas of a service without state, of which one may be gone.</summary>
public sealed class AnotherReplicaTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_call_whose_replica_is_gone_is_answered_by_the_other()
    {
        await using var living = await StartAsync(new CountingTokenizer());
        await using var provider = Services(living.Urls.Single(), GonePort());
        var client = provider.GetRequiredService<V1.Tokenizer.TokenizerClient>();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.EncodeAsync(new EncodeRequest { Text = "x" }).ResponseAsync)).WaitAsync(Limit);

        Assert.All(answers, static answer => Assert.Equal("here", answer.Vocabulary.Name));
    }

    [Fact]
    public async Task A_replica_that_drops_its_connection_in_the_middle_of_a_call_is_asked_no_more_than_so_often()
    {
        var dropping = new CountingTokenizer { Drops = true };
        await using var service = await StartAsync(dropping);
        await using var provider = Services(service.Urls.Single());
        var client = provider.GetRequiredService<V1.Tokenizer.TokenizerClient>();

        await Assert.ThrowsAsync<RpcException>(() => client.EncodeAsync(new EncodeRequest { Text = "x" }).ResponseAsync.WaitAsync(Limit));

        Assert.InRange(dropping.Calls, 2, 9);
    }

    [Fact]
    public async Task A_replica_that_says_that_it_is_not_ready_leaves_the_call_to_the_other()
    {
        await using var living = await StartAsync(new CountingTokenizer());
        var loading = new CountingTokenizer { Status = StatusCode.Unavailable };
        await using var beginning = await StartAsync(loading);
        await using var provider = Services(living.Urls.Single(), beginning.Urls.Single());
        var client = provider.GetRequiredService<V1.Tokenizer.TokenizerClient>();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.EncodeAsync(new EncodeRequest { Text = "x" }).ResponseAsync)).WaitAsync(Limit);

        Assert.All(answers, static answer => Assert.Equal("here", answer.Vocabulary.Name));
        Assert.NotEqual(0, loading.Calls);
    }

    [Theory]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.Internal)]
    public async Task What_else_a_replica_itself_answers_is_final(StatusCode status)
    {
        var refusing = new CountingTokenizer { Status = status };
        await using var service = await StartAsync(refusing);
        await using var provider = Services(service.Urls.Single());
        var client = provider.GetRequiredService<V1.Tokenizer.TokenizerClient>();

        var error = await Assert.ThrowsAsync<RpcException>(() => client.EncodeAsync(new EncodeRequest { Text = "x" }).ResponseAsync.WaitAsync(Limit));

        Assert.Equal((status, 1), (error.StatusCode, refusing.Calls));
    }

    [Fact]
    public async Task A_caller_that_leaves_is_not_made_to_wait_for_another_attempt()
    {
        await using var provider = Services(GonePort());
        var client = provider.GetRequiredService<V1.Tokenizer.TokenizerClient>();
        using var cancellation = new CancellationTokenSource();
        var call = client.EncodeAsync(new EncodeRequest { Text = "x" }, cancellationToken: cancellation.Token).ResponseAsync;

        await cancellation.CancelAsync();

        var error = await Assert.ThrowsAsync<RpcException>(() => call.WaitAsync(Limit));
        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }

    private static ServiceProvider Services(params string[] addresses)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            addresses.Select(static (address, at) => new KeyValuePair<string, string?>($"services:tokenizer:grpc:{at}", address))).Build());
        services.AddLogging();
        services.AddServiceDiscovery();
        services.AddServiceClient<V1.Tokenizer.TokenizerClient>("tokenizer", anyReplica: true);
        return services.BuildServiceProvider();
    }

    // It was free a moment ago: connections are refused.
    private static string GonePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return $"http://{socket.LocalEndPoint}";
    }

    private static async Task<WebApplication> StartAsync(CountingTokenizer tokenizer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(tokenizer);
        var application = builder.Build();
        application.MapGrpcService<CountingTokenizer>();
        await application.StartAsync();
        return application;
    }

    private sealed class CountingTokenizer : V1.Tokenizer.TokenizerBase
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public bool Drops { get; init; }

        public StatusCode Status { get; init; }

        public override Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
        {
            Interlocked.Increment(ref _calls);
            if (Drops)
            {
                context.GetHttpContext().Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
            }

            return Status == StatusCode.OK
                ? Task.FromResult(new EncodeResponse { Vocabulary = new VocabularyIdentity { Name = "here" } })
                : throw new RpcException(new Status(Status, "scripted"));
        }
    }
}
