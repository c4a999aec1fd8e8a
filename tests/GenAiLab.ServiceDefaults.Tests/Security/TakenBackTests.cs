using GenAiLab.Cli.Benchmarks.Abuse;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.ServiceDefaults.Tests.InProcess;
using Grpc.Net.Client;

namespace GenAiLab.ServiceDefaults.Tests.Security;

/// <summary>Requests that a caller takes back in the same breath cost no handler.</summary>
public sealed class TakenBackTests
{
    private const int Requests = 200;

    [Fact]
    public async Task Hardly_any_of_them_is_begun()
    {
        await using var host = await SecureHost.StartAsync();
        await using (var connection = await RawConnection.OpenAsync(new Uri(host.Address), reads: true, TestContext.Current.CancellationToken).Patiently())
        {
            Assert.True(await TakeBackAsync(connection, Requests));
            await connection.ReadByServerAsync(TestContext.Current.CancellationToken).Patiently();
        }

        // One that comes later is served when all those before it have been looked at.
        using var channel = GrpcChannel.ForAddress(host.Address);
        await new V1.Tokenizer.TokenizerClient(channel).EncodeAsync(new V1.EncodeRequest()).ResponseAsync.Patiently();

        Assert.InRange(host.Tokenizer.EncodeCalls, 1, Requests / 10);
    }

    [Fact]
    public async Task A_connection_of_nothing_else_is_closed_and_others_are_served()
    {
        await using var host = await SecureHost.StartAsync();
        using var channel = GrpcChannel.ForAddress(host.Address);
        var client = new V1.Tokenizer.TokenizerClient(channel);
        await client.EncodeAsync(new V1.EncodeRequest()).ResponseAsync.Patiently();
        await using var connection = await RawConnection.OpenAsync(new Uri(host.Address), reads: true, TestContext.Current.CancellationToken).Patiently();

        Assert.False(await TakeBackAsync(connection, 80 * TakenBack.MostOfAConnection));
        await connection.ReadByServerAsync(TestContext.Current.CancellationToken).Patiently();

        Assert.False(connection.IsOpen);
        await client.EncodeAsync(new V1.EncodeRequest()).ResponseAsync.Patiently();
    }

    // Whether the server took them all.
    private static async Task<bool> TakeBackAsync(RawConnection connection, int requests)
    {
        var (headers, message) = (Http2Frames.CallHeaders("/genailab.v1.Tokenizer/Encode"), Http2Frames.Message([]));
        for (var at = 0; at < requests; at++)
        {
            var stream = (2 * at) + 1;
            byte[] frames =
            [
                .. Http2Frames.Frame(FrameType.Headers, Http2Frames.EndHeaders, stream, headers),
                .. Http2Frames.Frame(FrameType.Data, Http2Frames.EndStream, stream, message),
                .. Http2Frames.Reset(stream),
            ];
            if (!await connection.SendAsync(frames, TestContext.Current.CancellationToken).Patiently())
            {
                return false;
            }
        }

        return true;
    }
}
