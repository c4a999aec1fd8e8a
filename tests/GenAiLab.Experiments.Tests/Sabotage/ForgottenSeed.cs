using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>A sampler that counts calls instead of keeping to the seed.</summary>
public sealed class ForgottenSeed : BrokenCalls
{
    private int _calls;

    protected override object OnRequest(object request) => request is GenerateTokensRequest { Candidates: <= 1 } generate
        ? new GenerateTokensRequest(generate)
        {
            Sampling = new SamplingProgram(generate.Sampling) { Seed = generate.Sampling.Seed + (ulong)Interlocked.Increment(ref _calls) },
        }
        : request;
}
