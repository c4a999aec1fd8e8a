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
        var (identity, prompt) = request.PromptCase == GenerateRequest.PromptOneofCase.Text
            ? await EncodeAsync(request.Text, model, options)
            : (await FindVocabularyAsync(model, options), null);
        var tokenized = time.GetElapsedTime(began);
        var pieces = await cache.GetAsync(identity, options);
        prompt ??= [.. request.Tokens.Ids.Select(id => new TokenPiece { Id = id, Piece = pieces[id] })];
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

    /// <summary>The vocabulary of a model, as the tokenizer serves it now.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION when it does not.</exception>
    public async Task<VocabularyIdentity> FindVocabularyAsync(DecoderDescription model, CallOptions options)
    {
        var listing = await DownstreamCall.InvokeAsync(
            "tokenizer", () => tokenizer.ListVocabulariesAsync(new ListVocabulariesRequest(), options).ResponseAsync, options.CancellationToken);
        return listing.Vocabularies.FirstOrDefault(vocabulary => vocabulary.Name == model.Vocabulary) ?? throw NoVocabulary(model);
    }

    private async Task<(VocabularyIdentity Identity, RepeatedField<TokenPiece>? Prompt)> EncodeAsync(
        string text, DecoderDescription model, CallOptions options)
    {
        var request = new EncodeRequest { Vocabulary = model.Vocabulary, Text = text, AddSpecialTokens = true };
        EncodeResponse response;
        try
        {
            response = await DownstreamCall.InvokeAsync(
                "tokenizer", () => tokenizer.EncodeAsync(request, options).ResponseAsync, options.CancellationToken);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            throw NoVocabulary(model); // The caller never named a vocabulary.
        }

        return (response.Vocabulary, [.. response.Tokens.Select(static token => new TokenPiece { Id = token.Id, Piece = token.Piece })]);
    }

    private static RpcException NoVocabulary(DecoderDescription model) =>
        RpcErrors.FailedPrecondition($"model '{model.Name}' needs the vocabulary '{model.Vocabulary}', which the tokenizer does not serve");
}
