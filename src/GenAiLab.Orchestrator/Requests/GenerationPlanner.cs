using System.Buffers.Binary;
using System.Security.Cryptography;
using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Constraints;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Search;
using GenAiLab.Orchestrator.Speculation;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>Turns a request into a plan: checks it, finds the model, tokenizes the prompt, draws a seed.</summary>
internal sealed class GenerationPlanner(
    ModelCatalogue catalogue, V1.Tokenizer.TokenizerClient tokenizer, PieceCache cache, ConstraintPlanner constraints,
    SpeculationPlanner speculations, ClassifierPlanner classifiers, TimeProvider time)
{
    /// <summary>Tokens generated when the request does not say.</summary>
    public const int DefaultMaxTokens = 128;

    /// <exception cref="RpcException">The request cannot be served; the contract says how.</exception>
    public async Task<GenerationPlan> PlanAsync(GenerateRequest request, CallOptions options)
    {
        RequestValidation.Validate(request);
        SpeculationPlanner.Validate(request);
        BeamValidation.Validate(request);
        ClassifierPlanner.Validate(request);
        var model = await catalogue.GetReadyAsync(request.Model, options);
        RequestValidation.ValidateFor(model, request);

        var began = time.GetTimestamp();
        var (vocabulary, tokens) = await TokenizeAsync(request, model, options);
        var tokenized = time.GetElapsedTime(began);
        var speculation = await speculations.PlanAsync(request, model, vocabulary, options);
        var classifierUse = await classifiers.PlanAsync(request, model, vocabulary, options);
        var pieces = await cache.GetAsync(vocabulary, options);
        RepeatedField<TokenPiece> prompt = request.PromptCase == GenerateRequest.PromptOneofCase.Tokens
            ? [.. request.Tokens.Ids.Select(id => new TokenPiece { Id = id, Piece = pieces[id] })]
            : [.. tokens.Select(static token => new TokenPiece { Id = token.Id, Piece = token.Piece })];
        RequestValidation.ValidatePromptLength(prompt.Count, model);

        var maxTokens = request.HasMaxTokens ? request.MaxTokens : Math.Min(DefaultMaxTokens, model.ContextLength);
        CandidateValidation.ValidateFor(model, request, Math.Min(maxTokens, model.ContextLength - prompt.Count));
        BeamValidation.ValidateFor(model, request, Math.Min(maxTokens, model.ContextLength - prompt.Count));

        var sampling = request.Sampling?.Clone() ?? new SamplingProgram();
        if (!sampling.HasSeed)
        {
            sampling.Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        }

        SequenceBreakers.AddTo(sampling, request.DrySequenceBreakers, pieces, model.VocabularySize);
        return new GenerationPlan
        {
            Model = model,
            Pieces = pieces,
            Prompt = prompt,
            Conversation = request.Chat?.Messages ?? [],
            Sampling = sampling,
            Mode = NeedsSteps(request) ? LoopMode.Step : LoopMode.Pushdown,
            Beam = request.BeamSearch is { } beam ? new BeamSettings(beam.Width, beam.HasLengthPenalty ? beam.LengthPenalty : 1) : null,
            Speculation = speculation,
            Alternatives = request.Alternatives,
            TokenizeNanoseconds = (long)tokenized.TotalNanoseconds,
            Rules = new LoopRules(
                PromptTokens: prompt.Count,
                MaxTokens: maxTokens,
                ContextLength: model.ContextLength,
                EndOfSequenceIds: model.EndOfSequenceIds,
                StopSequences: request.Stop)
            {
                MinTokens = sampling.MinTokens,
            },
            Candidates = CandidateValidation.Generated(request),
            BestOf = request.BestOf == 0 ? null : CandidateValidation.Wanted(request),
            Constraint = await constraints.CompileAsync(request.Constraint, pieces, model, options.CancellationToken),
            Classifiers = classifierUse,
        };
    }

    // What a token means, only the orchestrator knows.
    private static bool NeedsSteps(GenerateRequest request) =>
        request.Mode == LoopMode.Step || request.Constraint is not null || request.Guidance is not null || request.Speculation is not null || request.BeamSearch is not null;

    /// <summary>Fetches what the first generation with a model would otherwise wait for.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION when the tokenizer does not serve the model's vocabulary.</exception>
    public async Task<VocabularyIdentity> WarmUpAsync(DecoderDescription model, CallOptions options)
    {
        var encoded = await EncodeAsync("", model, options);
        return (await cache.GetAsync(encoded.Vocabulary, options)).Identity;
    }

    private async Task<(VocabularyIdentity Vocabulary, RepeatedField<Token> Tokens)> TokenizeAsync(
        GenerateRequest request, DecoderDescription model, CallOptions options)
    {
        if (request.PromptCase == GenerateRequest.PromptOneofCase.Chat)
        {
            var chat = new EncodeChatRequest
            {
                Vocabulary = VocabularyOf(model),
                Messages = { request.Chat.Messages },
                Tools = { request.Chat.Tools },
                AddGenerationPrompt = true,
            };
            var rendered = await AskAsync(model, () => tokenizer.EncodeChatAsync(chat, options).ResponseAsync, options.CancellationToken);
            return (rendered.Vocabulary, rendered.Tokens);
        }

        // Encoding the empty text is the cheapest way to ask which vocabulary a name means now.
        var encoded = await EncodeAsync(request.PromptCase == GenerateRequest.PromptOneofCase.Text ? request.Text : "", model, options);
        return (encoded.Vocabulary, encoded.Tokens);
    }

    private Task<EncodeResponse> EncodeAsync(string text, DecoderDescription model, CallOptions options)
    {
        var request = new EncodeRequest { Vocabulary = VocabularyOf(model), Text = text, AddSpecialTokens = true };
        return AskAsync(model, () => tokenizer.EncodeAsync(request, options).ResponseAsync, options.CancellationToken);
    }

    private static async Task<T> AskAsync<T>(DecoderDescription model, Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await DownstreamCall.InvokeAsync("tokenizer", call, cancellation);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            throw NoVocabulary(model); // The caller never named a vocabulary.
        }
    }

    private static string VocabularyOf(DecoderDescription model) => model.Vocabulary.Length > 0
        ? model.Vocabulary
        : throw RpcErrors.FailedPrecondition($"model '{model.Name}' has no vocabulary: its folder has no usable tokenizer.json");

    private static RpcException NoVocabulary(DecoderDescription model) =>
        RpcErrors.FailedPrecondition($"model '{model.Name}' needs the vocabulary '{model.Vocabulary}', which the tokenizer does not serve");
}
