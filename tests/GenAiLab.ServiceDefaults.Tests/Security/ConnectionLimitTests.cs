using System.Net.Sockets;
using GenAiLab.Security;
using GenAiLab.ServiceDefaults.Tests.InProcess;

namespace GenAiLab.ServiceDefaults.Tests.Security;

/// <summary>An endpoint has a number of connections that it takes at a time.</summary>
public sealed class ConnectionLimitTests
{
    [Fact]
    public async Task One_more_is_closed_and_the_place_of_one_that_left_is_free()
    {
        await using var host = await SecureHost.StartAsync(("Security:MaximumConnections", "2"));
        using var first = await ConnectAsync(host.Address);
        using var second = await ConnectAsync(host.Address);
        Assert.True(await IsAnsweredAsync(first));
        Assert.True(await IsAnsweredAsync(second));

        using (var third = await ConnectAsync(host.Address))
        {
            Assert.False(await IsAnsweredAsync(third));
        }

        first.Dispose();
        await UntilAnsweredAsync(host.Address).Patiently();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("many")]
    public async Task A_limit_that_is_none_keeps_the_service_from_starting(string limit)
    {
        var error = await Assert.ThrowsAsync<SecurityFileException>(() => SecureHost.StartAsync(("Security:MaximumConnections", limit)));

        Assert.Contains("Security:MaximumConnections", error.Message, StringComparison.Ordinal);
    }

    private static async Task<TcpClient> ConnectAsync(string address)
    {
        var client = new TcpClient();
        var uri = new Uri(address);
        await client.ConnectAsync(uri.Host, uri.Port, TestContext.Current.CancellationToken).AsTask().Patiently();
        return client;
    }

    // A server of HTTP/2 begins with its settings, once the client has said what it speaks.
    private static async Task<bool> IsAnsweredAsync(TcpClient client)
    {
        try
        {
            await client.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray(), TestContext.Current.CancellationToken).AsTask().Patiently();
            return await client.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().Patiently() == 1;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task UntilAnsweredAsync(string address)
    {
        bool isAnswered;
        do
        {
            using var client = await ConnectAsync(address);
            isAnswered = await IsAnsweredAsync(client);
        }
        while (!isAnswered);
    }
}
