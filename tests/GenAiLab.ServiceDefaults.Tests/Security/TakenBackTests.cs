using GenAiLab.Cli.Benchmarks.Abuse;
using GenAiLab.ServiceDefaults.Tests.InProcess;
using Grpc.Net.Client;

namespace GenAiLab.ServiceDefaults.Tests.Security;

/// <summary>Requests that a caller takes back in the same breath cost no handler.</summary>
public sealed class TakenBackTests
{
    private const int Requests = 500;

    [Fact]
    public async Task Hardly_any_of_them_is_begun()
    {
        await using var host = await SecureHost.StartAsync();
        await using (var connection = await RawConnection.OpenAsync(new Uri(host.Address), reads: true, TestContext.Current.CancellationToken).Patiently())
        {
            var (headers, message) = (Http2Frames.CallHeaders("/genailab.v1.Tokenizer/Encode"), Http2Frames.Message([]));
            for (var at = 0; at < Requests; at++)
            {
                var stream = (2 * at) + 1;
                byte[] frames =
                [
                    .. Http2Frames.Frame(FrameType.Headers, Http2Frames.EndHeaders, stream, headers),
                    .. Http2Frames.Frame(FrameType.Data, Http2Frames.EndStream, stream, message),
                    .. Http2Frames.Reset(stream),
                ];
                await connection.SendAsync(frames, TestContext.Current.CancellationToken).Patiently();
            }

            await connection.ReadByServerAsync(TestContext.Current.CancellationToken).Patiently();
        }

        // One that comes later is served when all those before it have been looked at.
        using var channel = GrpcChannel.ForAddress(host.Address);
        await new V1.Tokenizer.TokenizerClient(channel).EncodeAsync(new V1.EncodeRequest()).ResponseAsync.Patiently();

        Assert.InRange(host.Tokenizer.EncodeCalls, 1, Requests / 10);
    }
}
