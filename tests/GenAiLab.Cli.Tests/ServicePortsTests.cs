using GenAiLab.Cli.Hosting;

namespace GenAiLab.Cli.Tests;

/// <summary>Where the processes of a lab listen.</summary>
public sealed class ServicePortsTests
{
    [Fact]
    public void FurtherDecodersAreListedBehindTheFirstAndShareNoPort()
    {
        using var ports = ServicePorts.Choose(0, decoders: 3);
        Assert.Equal(["decoder", "decoder-2", "decoder-3"], ports.Decoders);
        var addresses = ports.Addresses().ToDictionary();
        Assert.Equal(ServicePorts.Services.Count + 2, addresses.Count);
        Assert.Equal(ports.GrpcAddress("decoder-3"), addresses["services:decoder:grpc:2"]);
        Assert.Equal(ports.GrpcAddress("tokenizer"), addresses["services:tokenizer:grpc:0"]);
        int[] all = [.. ports.Processes.SelectMany(name => new[] { ports.Grpc(name), ports.Http(name) }), ports.Console];
        Assert.Equal(all.Length, all.Distinct().Count());
    }
}
