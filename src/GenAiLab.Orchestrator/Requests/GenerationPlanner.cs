using System.Buffers.Binary;
using System.Security.Cryptography;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.ServiceDefaults;
using GenAiLab.V1;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Requests;

/// <summary>Turns a request into a plan: checks it, finds the model, tokenizes the prompt, draws a seed.</summary>
internal sealed class GenerationPlanner(
    ModelCatalogue catalogue, V1.Tokenizer.TokenizerClient tokenizer, PieceCache cache, TimeProvider time)
{
    /// <summary>Tokens generated when the request does not say.</summary>
    public const int DefaultMaxTokens = 128;

    /// <exception cref="RpcException">The request cannot be served; the contract says how.</exception>
    public async Task<GenerationPlan> PlanAsync(GenerateRequest request, CallOptions options)
    {
        RequestValidation.Validate(request);
        var model = await catalogue.GetReadyAsync(request.Model, options);
        RequestValidation.ValidateFor(model, request);

        var began = time.GetTimestamp();
        var byText = request.PromptCase == GenerateRequest.PromptOneofCase.Text;
        var encoded = await EncodeAsync(byText ? request.Text : "", model, options);
        var tokenized = time.GetElapsedTime(began);
        var pieces = await cache.GetAsync(encoded.Vocabulary, options);
        RepeatedField<TokenPiece> prompt = byText
            ? [.. encoded.Tokens.Select(static token => new TokenPiece { Id = token.Id, Piece = token.Piece })]
            : [.. request.Tokens.Ids.Select(id => new TokenPiece { Id = id, Piece = pieces[id] })];
        RequestValidation.ValidatePromptLength(prompt.Count, model);

        var sampling = request.Sampling?.Clone() ?? new SamplingProgram();
        if (!sampling.HasSeed)
        {
            sampling.Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        }

        return new GenerationPlan
        {
            Model = model,
            Pieces = pieces,
            Prompt = prompt,
            Sampling = sampling,
            Mode = request.Mode == LoopMode.Step ? LoopMode.Step : LoopMode.Pushdown,
            Alternatives = request.Alternatives,
            TokenizeNanoseconds = (long)tokenized.TotalNanoseconds,
            Rules = new LoopRules(
                PromptTokens: prompt.Count,
                MaxTokens: request.HasMaxTokens ? request.MaxTokens : Math.Min(DefaultMaxTokens, model.ContextLength),
                ContextLength: model.ContextLength,
                EndOfSequenceIds: model.EndOfSequenceIds,
                StopSequences: request.Stop),
        };
    }

    /// <summary>Fetches what the first generation with a model would otherwise wait for.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION when the tokenizer does not serve the model's vocabulary.</exception>
    public async Task<VocabularyIdentity> WarmUpAsync(DecoderDescription model, CallOptions options)
    {
        var encoded = await EncodeAsync("", model, options);
        return (await cache.GetAsync(encoded.Vocabulary, options)).Identity;
    }

    // Encoding the empty text is the cheapest way to ask which vocabulary a name means now.
    private async Task<EncodeResponse> EncodeAsync(string text, DecoderDescription model, CallOptions options)
    {
        if (model.Vocabulary.Length == 0)
        {
            throw RpcErrors.FailedPrecondition($"model '{model.Name}' has no vocabulary: its folder has no usable tokenizer.json");
        }

        var request = new EncodeRequest { Vocabulary = model.Vocabulary, Text = text, AddSpecialTokens = true };
        try
        {
            return await DownstreamCall.InvokeAsync(
                "tokenizer", () => tokenizer.EncodeAsync(request, options).ResponseAsync, options.CancellationToken);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            throw NoVocabulary(model); // The caller never named a vocabulary.
        }
    }

    private static RpcException NoVocabulary(DecoderDescription model) =>
        RpcErrors.FailedPrecondition($"model '{model.Name}' needs the vocabulary '{model.Vocabulary}', which the tokenizer does not serve");
}
