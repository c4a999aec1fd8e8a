using GenAiLab.Sampling;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Tests.Fakes;

/// <summary>A pushdown call with its candidates, by the contract's rules.</summary>
internal sealed class FakeCall
{
    private readonly Candidate[] _candidates;

    public FakeCall(GenerateTokensRequest request, Model model)
    {
        int[] prompt = [.. request.Prompt.Ids];
        var options = request.Sampling.ToOptions();
        _candidates = [.. Enumerable.Range(0, Math.Max(1, request.Candidates)).Select(index => new Candidate(
            this, index, request,
            new TokenSampler(options with { Seed = options.Seed + (ulong)index }, FakeVocabulary.Size, [FakeVocabulary.EndOfSequence], prompt, request.FirstPosition),
            model))];
    }

    public string Id { get; } = Guid.NewGuid().ToString("N");

    public bool HasEnded => _candidates.All(static candidate => candidate.Finished);

    public Candidate[] Open() => [.. _candidates.Where(static candidate => !candidate.Finished)];

    public void End(IEnumerable<int> candidates)
    {
        foreach (var index in candidates)
        {
            _candidates[index].IsLeft = true;
        }
    }

    public sealed class Candidate(FakeCall call, int index, GenerateTokensRequest request, TokenSampler sampler, Model model)
    {
        private readonly List<int> _generated = [];
        private volatile bool _left;

        public bool IsLeft
        {
            get => _left;
            set => _left = value;
        }

        public bool Finished { get; private set; }

        public int Generated => _generated.Count;

        public GenerateTokensResponse Next()
        {
            var response = new GenerateTokensResponse
            {
                Candidate = index,
                SessionId = index == 0 && _generated.Count == 0 ? call.Id : "",
                Timing = new DecoderTiming { DecodeNanoseconds = 7 },
            };
            var logits = model(request.Prompt.Ids, _generated);
            if (_left || logits.Any(float.IsNaN))
            {
                response.Finish = _left ? FinishReason.Cancelled : FinishReason.Error;
            }
            else
            {
                response.Token = Choose(logits);
                _generated.Add(response.Token.TokenId);
                response.Finish = response.Token.TokenId == FakeVocabulary.EndOfSequence ? FinishReason.EndOfSequence
                    : _generated.Count == request.MaxTokens ? FinishReason.MaxTokens
                    : request.Prompt.Ids.Count + _generated.Count == FakeDecoder.ContextLength ? FinishReason.ContextFull
                    : FinishReason.Unspecified;
            }

            Finished = response.Finish != FinishReason.Unspecified;
            return response;
        }

        private SampledToken Choose(float[] logits)
        {
            var result = sampler.Sample(logits, request.Alternatives);
            sampler.Accept(result);
            var token = new SampledToken
            {
                TokenId = result.TokenId,
                RawLogProbability = result.RawLogProbability,
                ProcessedLogProbability = result.ProcessedLogProbability,
                Rank = result.Rank,
            };
            if (result.MirostatMu is { } mu)
            {
                token.MirostatMu = mu;
            }

            token.Alternatives.AddRange(result.Alternatives.Select(static alternative =>
            {
                var candidate = new TokenCandidate { TokenId = alternative.TokenId, RawLogProbability = alternative.RawLogProbability, Rank = alternative.Rank };
                if (alternative.ProcessedLogProbability is { } processed)
                {
                    candidate.ProcessedLogProbability = processed;
                }

                return candidate;
            }));
            return token;
        }
    }
}
