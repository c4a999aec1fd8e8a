using GenAiLab.ServiceDefaults.Tests.InProcess;
using Grpc.Core;
using Grpc.Net.Client;

namespace GenAiLab.ServiceDefaults.Tests.Security;

/// <summary>A caller whose bytes are no message is told so, and cannot fill the log with it.</summary>
public sealed class UnreadableMessageTests
{
    private const string Said = "the message cannot be read";

    [Theory]
    [InlineData(MethodType.Unary, "genailab.v1.Tokenizer/Encode")]
    [InlineData(MethodType.ServerStreaming, "genailab.v1.Tokenizer/ListPieces")]
    [InlineData(MethodType.DuplexStreaming, "genailab.v1.Decoder/Step")]
    public async Task It_is_told_so_and_the_log_has_a_line(MethodType type, string method)
    {
        await using var host = await SecureHost.StartAsync();
        using var channel = GrpcChannel.ForAddress(host.Address);

        var refused = await Within.FailsAsync(() => CallAsync(channel, type, method, [0xFF, 0xFF, 0xFF, 0xFF]));

        Assert.Equal((StatusCode.InvalidArgument, Said), (refused.StatusCode, refused.Status.Detail));
        Assert.DoesNotContain("   at ", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_message_is_one()
    {
        await using var host = await SecureHost.StartAsync();
        using var channel = GrpcChannel.ForAddress(host.Address);

        await CallAsync(channel, MethodType.Unary, "genailab.v1.Tokenizer/Encode", []);
    }

    private static async Task CallAsync(GrpcChannel channel, MethodType type, string path, byte[] message)
    {
        var parts = path.Split('/');
        var bytes = Marshallers.Create(static (byte[] value) => value, static value => value);
        var (method, invoker) = (new Method<byte[], byte[]>(type, parts[0], parts[1], bytes, bytes), channel.CreateCallInvoker());
        switch (type)
        {
            case MethodType.Unary:
                using (var unary = invoker.AsyncUnaryCall(method, null, default, message))
                {
                    await unary.ResponseAsync.Patiently();
                }

                break;
            case MethodType.ServerStreaming:
                using (var streaming = invoker.AsyncServerStreamingCall(method, null, default, message))
                {
                    await streaming.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently();
                }

                break;
            default:
                using (var duplex = invoker.AsyncDuplexStreamingCall(method, null, default))
                {
                    await duplex.RequestStream.WriteAsync(message, TestContext.Current.CancellationToken).Patiently();
                    await duplex.ResponseStream.MoveNext(TestContext.Current.CancellationToken).Patiently();
                }

                break;
        }
    }
}
