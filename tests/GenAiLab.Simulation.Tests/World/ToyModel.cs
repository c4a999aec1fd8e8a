using GenAiLab.Sampling;

namespace GenAiLab.Simulation.Tests.World;

/// <summary>A model in the place of a graph: its logits depend on every token in the slot, so a wrong one there shows.</summary>
internal static class ToyModel
{
    public const int Vocabulary = 24;
    public const int Context = 64;
    public const int End = 0;

    /// <summary>[<see cref="Vocabulary"/>], after these tokens.</summary>
    public static float[] Logits(ReadOnlySpan<int> tokens)
    {
        var hash = 14_695_981_039_346_656_037;
        foreach (var token in tokens)
        {
            hash = (hash ^ (uint)token) * 1_099_511_628_211;
        }

        var logits = new float[Vocabulary];
        for (var id = 0; id < Vocabulary; id++)
        {
            logits[id] = (float)(CounterRandom.Uniform(hash, id) * 5) - (id == End ? 1 : 0);
        }

        return logits;
    }

    /// <summary>The sampler of a request, as it goes on after so many tokens.</summary>
    public static TokenSampler Sampler(V1.SamplingProgram program, ReadOnlySpan<int> tokens, int generated) => new(
        new SamplingOptions
        {
            Seed = program.Seed,
            Temperature = 1,
            RepetitionPenalty = program.HasRepetitionPenalty ? program.RepetitionPenalty : 1,
        },
        Vocabulary, [End], tokens, generated);

    /// <summary>Whether the generation ends with this token.</summary>
    public static V1.FinishReason FinishAfter(int token, int generated, int maximum, int length) =>
        token == End ? V1.FinishReason.EndOfSequence
        : generated >= maximum ? V1.FinishReason.MaxTokens
        : length + 1 >= Context ? V1.FinishReason.ContextFull : V1.FinishReason.Unspecified;

    /// <summary>What a request gets where nothing goes wrong and nobody else is.</summary>
    public static (List<int> Tokens, V1.FinishReason Finish) Calm(Request request)
    {
        List<int> tokens = [.. request.Prompt];
        var sampler = Sampler(Program(request), [.. tokens], 0);
        while (true)
        {
            var choice = sampler.Sample(Logits([.. tokens]), 0);
            sampler.Accept(choice);
            var finish = FinishAfter(choice.TokenId, tokens.Count + 1 - request.Prompt.Length, request.MaxTokens, tokens.Count);
            tokens.Add(choice.TokenId);
            if (finish != V1.FinishReason.Unspecified)
            {
                return (tokens[request.Prompt.Length..], finish);
            }
        }
    }

    public static V1.SamplingProgram Program(Request request)
    {
        var program = new V1.SamplingProgram { Seed = request.Seed };
        if (request.LooksBack)
        {
            program.RepetitionPenalty = 1.3f;
        }

        return program;
    }
}
