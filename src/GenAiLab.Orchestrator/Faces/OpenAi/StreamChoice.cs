using Grpc.Core;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Whether the answer comes in parts.</summary>
/// <param name="Streams">As server-sent events.</param>
/// <param name="WithUsage">The last event before the end has the counts.</param>
internal readonly record struct StreamChoice(bool Streams, bool WithUsage)
{
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static StreamChoice Read(JsonFields fields)
    {
        var streams = fields.Flag("stream") ?? false;
        var options = fields.Object("stream_options");
        if (options is null)
        {
            return new StreamChoice(streams, WithUsage: false);
        }

        if (!streams)
        {
            throw fields.Wrong("stream_options", "contradicts an unset stream");
        }

        // Padding against listeners who measure: there is none here, and none is needed for the answer.
        options.Ignore("include_obfuscation");
        var usage = options.Flag("include_usage") ?? false;
        options.RefuseOthers();
        return new StreamChoice(streams, usage);
    }
}
