using System.Text;
using GenAiLab.Constraints;
using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Media;
using GenAiLab.Orchestrator.Search;
using GenAiLab.Orchestrator.Speculation;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.V1;
using Google.Protobuf.Collections;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>A checked request with everything that the loop needs, and nothing left to look up.</summary>
internal sealed record GenerationPlan
{
    public required DecoderDescription Model { get; init; }

    public required PieceTable Pieces { get; init; }

    /// <summary>Ids and bytes of the prompt, special tokens included.</summary>
    public required RepeatedField<TokenPiece> Prompt { get; init; }

    /// <summary>The messages that the prompt spells; none where it is a text or tokens.</summary>
    public required IReadOnlyList<ChatMessage> Conversation { get; init; }

    /// <summary>Tokens of the prompt that were left out for it to fit.</summary>
    public int CutTokens { get; init; }

    /// <summary>Messages of the request that were left out for the prompt to fit.</summary>
    public IReadOnlyList<int> CutMessages { get; init; } = [];

    /// <summary>Words of the prompt that the vocabulary does not have.</summary>
    public IReadOnlyList<string> UnknownWords { get; init; } = [];

    /// <summary>The medium that is made; null: a text is.</summary>
    public MediaPlan? Media { get; init; }

    /// <summary>The sampling program of the request, with the folder's defaults, and a seed in any case.</summary>
    public required SamplingProgram Sampling { get; init; }

    public required LoopRules Rules { get; init; }

    /// <summary>PUSHDOWN or STEP.</summary>
    public required LoopMode Mode { get; init; }

    /// <summary>Alternatives reported with each token.</summary>
    public required int Alternatives { get; init; }

    /// <summary>Time spent in the tokenizer, in nanoseconds.</summary>
    public required long TokenizeNanoseconds { get; init; }

    /// <summary>Whose request it is: only generations of one tenant share cached prefixes. The tenant of the caller's API key; empty without keys.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Continuations that are generated; each draws with a seed of its own.</summary>
    public int Candidates { get; init; } = 1;

    /// <summary>Which of them this plan is for: 0 but in what <see cref="ForCandidate"/> gives.</summary>
    public int Candidate { get; private init; }

    /// <summary>How many of them the caller gets, where they are ranked; null: all, as they come.</summary>
    public int? BestOf { get; init; }

    /// <summary>What classifiers contribute.</summary>
    public ClassifierUse Classifiers { get; init; } = ClassifierUse.None;

    /// <summary>What the text must look like; null: anything.</summary>
    public TokenConstraint? Constraint { get; init; }

    /// <summary>Tokens that the caller has already, from a call that broke off.</summary>
    public IReadOnlyList<int> Resumed { get; init; } = [];

    /// <summary>With a constraint: where they stand in it; null where there are none.</summary>
    public ConstraintState? ResumedConstraint { get; init; }

    /// <summary>The plan of one candidate: seed + <paramref name="candidate"/>.</summary>
    public GenerationPlan ForCandidate(int candidate)
    {
        var sampling = Sampling.Clone();
        sampling.Seed = unchecked(sampling.Seed + (ulong)candidate);
        return this with { Sampling = sampling, Candidate = candidate };
    }

    /// <summary>The plan of a generation that goes on where a sampler left off.</summary>
    /// <param name="mirostatMu">Mirostat's state after the last token; null: there is none.</param>
    public GenerationPlan ContinuedAt(float? mirostatMu)
    {
        if (mirostatMu is not { } mu)
        {
            return this;
        }

        var sampling = Sampling.Clone();
        sampling.Mirostat.Mu = mu;
        return this with { Sampling = sampling };
    }

    /// <summary>Ids of the prompt.</summary>
    public IReadOnlyList<int> PromptIdList() => [.. Prompt.Select(static token => token.Id)];

    /// <summary>How the most probable continuations are searched for; null: they are drawn.</summary>
    public BeamSettings? Beam { get; init; }

    /// <summary>Who guesses tokens ahead; null: nobody.</summary>
    public SpeculationPlan? Speculation { get; init; }

    /// <summary>What a decoder is to continue.</summary>
    /// <param name="generated">Tokens generated so far, where a generation is resumed.</param>
    public TokenIds PromptIds(IReadOnlyList<int> generated)
    {
        var ids = new TokenIds();
        ids.Ids.AddRange(Prompt.Select(static token => token.Id));
        ids.Ids.AddRange(generated);
        return ids;
    }

    /// <summary>The prompt as text, without control tokens.</summary>
    public string PromptText() => Encoding.UTF8.GetString(
        [.. Prompt.Where(token => !Pieces.IsSpecial(token.Id)).SelectMany(static token => token.Piece)]);
}
