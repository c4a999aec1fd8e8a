using Google.Protobuf;
using Microsoft.Extensions.AI;

namespace GenAiLab.Client;

/// <summary>What a <see cref="ChatOptions"/> says of a generation, in the contract's words.</summary>
internal static class ChatSettings
{
    private static readonly string[] Prompts = ["text", "tokens", "chat"];

    /// <summary>
    /// The options' own properties, overruled by <see cref="ChatOptions.AdditionalProperties"/>, overruled by what
    /// <see cref="ChatOptions.RawRepresentationFactory"/> makes.
    /// </summary>
    /// <exception cref="ArgumentException">An additional property that the contract does not have, or not with such a value.</exception>
    /// <exception cref="NotSupportedException">What a client that answers once, and forgets, cannot do; the message names it.</exception>
    public static V1.GenerateRequest From(ChatOptions? options, IChatClient client, string? defaultModel)
    {
        var settings = new V1.GenerateRequest { Model = options?.ModelId ?? defaultModel ?? "", Sampling = new V1.SamplingProgram() };
        if (options is null)
        {
            return settings;
        }

        if (options.ConversationId is not null || options.ContinuationToken is not null)
        {
            throw new NotSupportedException(
                "ConversationId and ContinuationToken: the lab keeps no conversations; send all of the messages");
        }

        Sample(options, settings.Sampling);
        if (options.MaxOutputTokens is { } maximum)
        {
            settings.MaxTokens = maximum;
        }

        settings.Stop.Add(options.StopSequences ?? []);
        settings.Constraint = options.ResponseFormat switch
        {
            ChatResponseFormatJson { Schema: { } schema } => new V1.Constraint { JsonSchema = schema.GetRawText() },
            ChatResponseFormatJson => new V1.Constraint { JsonObject = new V1.JsonObject() },
            _ => null,
        };
        NamedFields.Set(options.AdditionalProperties, Prompts, settings.Sampling, settings);
        if (options.RawRepresentationFactory?.Invoke(client) is V1.GenerateRequest raw)
        {
            settings.MergeFrom(raw);
        }

        return settings.Candidates <= 1
            ? settings
            : throw new NotSupportedException("candidates: a chat client returns one answer; LabClient returns several");
    }

    private static void Sample(ChatOptions options, V1.SamplingProgram sampling)
    {
        if (options.Temperature is { } temperature)
        {
            sampling.Temperature = temperature;
        }

        if (options.TopP is { } topP)
        {
            sampling.TopP = topP;
        }

        if (options.TopK is { } topK)
        {
            sampling.TopK = topK;
        }

        if (options.Seed is { } seed)
        {
            sampling.Seed = unchecked((ulong)seed);
        }

        if (options.FrequencyPenalty is { } frequency)
        {
            sampling.FrequencyPenalty = frequency;
        }

        if (options.PresencePenalty is { } presence)
        {
            sampling.PresencePenalty = presence;
        }
    }
}
