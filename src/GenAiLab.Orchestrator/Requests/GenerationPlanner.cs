using System.Buffers.Binary;
using System.Security.Cryptography;
using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Constraints;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Media;
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
    ModelCatalogue catalogue, PromptEncoder encoder, TextEncoder texts, PieceCache cache, ConstraintPlanner constraints,
    SpeculationPlanner speculations, ClassifierPlanner classifiers, MediaPlanner medias, TimeProvider time)
{
    /// <exception cref="RpcException">The request cannot be served; the contract says how.</exception>
    public async Task<GenerationPlan> PlanAsync(GenerateRequest request, CallLimits options)
    {
        RequestValidation.Validate(request);
        MediaValidation.Validate(request);
        SpeculationPlanner.Validate(request);
        BeamValidation.Validate(request);
        ClassifierPlanner.Validate(request);
        ResumeValidation.Validate(request);
        var model = await catalogue.GetReadyAsync(request.Model, options);
        var media = await medias.PlanAsync(request, model, options);
        request = FolderDefaults.Apply(MediaPlanner.Measure(request, media), model);
        RequestValidation.ValidateFor(model, request);
        ResumeValidation.ValidateFor(model, request);

        var began = time.GetTimestamp();
        var prompt = await encoder.EncodeAsync(request, model, options);
        var tokenized = time.GetElapsedTime(began);
        MediaPlanner.Begin(prompt.Tokens, media);
        var speculation = await speculations.PlanAsync(request, model, prompt.Vocabulary, options);
        var classifierUse = await classifiers.PlanAsync(request, model, prompt.Vocabulary, options);
        var pieces = await cache.GetAsync(prompt.Vocabulary, options);
        RequestValidation.ValidatePromptLength(prompt.Tokens.Count, model);

        var most = Math.Min(request.MaxTokens, model.ContextLength - prompt.Tokens.Count);
        CandidateValidation.ValidateFor(model, request, most);
        BeamValidation.ValidateFor(model, request, most);

        var sampling = request.Sampling;
        MediaPlanner.Ban(sampling, media, model, request.MaxTokens);
        if (!sampling.HasSeed)
        {
            sampling.Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        }

        var constraint = await constraints.CompileAsync(request.Constraint, pieces, model, options.CancellationToken);
        SequenceBreakers.AddTo(sampling, request.DrySequenceBreakers, pieces, model.VocabularySize);
        return new GenerationPlan
        {
            Model = model,
            Pieces = pieces,
            Prompt = prompt.Tokens,
            Conversation = prompt.Conversation,
            CutTokens = prompt.CutTokens,
            CutMessages = prompt.CutMessages,
            UnknownWords = prompt.UnknownWords,
            Media = media,
            Sampling = sampling,
            Mode = NeedsSteps(request) ? LoopMode.Step : LoopMode.Pushdown,
            Beam = request.BeamSearch is { } beam ? new BeamSettings(beam.Width, beam.HasLengthPenalty ? beam.LengthPenalty : 1) : null,
            Speculation = speculation,
            Alternatives = request.Alternatives,
            TokenizeNanoseconds = (long)tokenized.TotalNanoseconds,
            Rules = new LoopRules(
                PromptTokens: prompt.Tokens.Count,
                MaxTokens: request.MaxTokens,
                ContextLength: model.ContextLength,
                EndOfSequenceIds: model.EndOfSequenceIds,
                StopSequences: request.Stop)
            {
                MinTokens = sampling.MinTokens,
            },
            Candidates = CandidateValidation.Generated(request),
            BestOf = request.BestOf == 0 ? null : CandidateValidation.Wanted(request),
            Constraint = constraint,
            Resumed = request.ResumeTokens,
            ResumedConstraint = ResumeValidation.Within(constraint, request.ResumeTokens),
            Classifiers = classifierUse,
        };
    }

    // What a token means, only the orchestrator knows.
    private static bool NeedsSteps(GenerateRequest request) =>
        request.Mode == LoopMode.Step || request.Constraint is not null || request.Guidance is not null || request.Speculation is not null || request.BeamSearch is not null;

    /// <summary>Fetches what the first generation with a model would otherwise wait for.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION when the tokenizer does not serve the model's vocabulary.</exception>
    public async Task<VocabularyIdentity> WarmUpAsync(DecoderDescription model, CallLimits options)
    {
        var encoded = await texts.EncodeAsync(model, "", options);
        return (await cache.GetAsync(encoded.Vocabulary, options)).Identity;
    }
}
