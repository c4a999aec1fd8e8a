using GenAiLab.Orchestrator.Calls;
using GenAiLab.Orchestrator.Candidates;
using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Media;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.Orchestrator.Steering;
using GenAiLab.Orchestrator.Telemetry;
using GenAiLab.Orchestrator.Vocabulary;
using GenAiLab.Security.ApiKeys;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator;

/// <summary>The gRPC face of the loop: plan the request, run the loop, map its events. Stateless between calls.</summary>
[RequiresScope(ApiScopes.Generate)]
public sealed partial class OrchestratorGrpcService : V1.Orchestrator.OrchestratorBase
{
    private readonly GenerationPlanner _planner;
    private readonly CandidateRunner _candidates;
    private readonly ModelCatalogue _catalogue;
    private readonly ChatVocabularies _chatVocabularies;
    private readonly DerivedCalls _calls;
    private readonly CandidateRankings _rankings;
    private readonly FormingMedia _forming;
    private readonly GenerationMeter _meter;
    private readonly OrchestratorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal OrchestratorGrpcService(
        GenerationPlanner planner, CandidateRunner candidates, CandidateRankings rankings, FormingMedia forming, ModelCatalogue catalogue, ChatVocabularies chatVocabularies, DerivedCalls calls,
        GenerationMeter meter, OrchestratorOptions options, TimeProvider time, ILogger<OrchestratorGrpcService> logger)
    {
        _planner = planner;
        _candidates = candidates;
        _rankings = rankings;
        _forming = forming;
        _catalogue = catalogue;
        _chatVocabularies = chatVocabularies;
        _calls = calls;
        _meter = meter;
        _options = options;
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public override async Task Generate(
        GenerateRequest request, IServerStreamWriter<GenerateResponse> responseStream, ServerCallContext context)
    {
        var cancellation = context.CancellationToken;
        using var observation = new GenerationObservation(_meter, _time, request, _options.CaptureContent);
        try
        {
            var downstream = Downstream(context);
            var plan = (await _planner.PlanAsync(request, downstream)) with { Tenant = context.ApiKeyTenant() ?? "" };
            observation.Planned(plan);
            await responseStream.WriteAsync(new GenerateResponse { Started = Started(plan) }, cancellation);

            // Each event waits until the client's stream takes it: a slow client holds one token, not all.
            var events = observation.Watch(_candidates.RunAsync(plan, downstream));
            events = plan.BestOf is null ? events : BestOf.SelectAsync(events, plan, _rankings.For(plan), downstream);
            await foreach (var (candidate, loopEvent) in _forming.WatchAsync(events, plan, downstream))
            {
                var response = Map(loopEvent, plan, observation);
                response.Candidate = candidate;
                await responseStream.WriteAsync(response, cancellation);
                if (loopEvent is LoopFinished finished)
                {
                    _logger.Generated(finished.GeneratedTokens, plan.Model.Name, finished.Reason);
                }
            }
        }
        catch (GuidanceFailedException failure)
        {
            observation.Failed(failure.Error, context);
            throw failure.Error;
        }
        catch (Exception error)
        {
            observation.Failed(error, context);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var downstream = Downstream(context);
        var listing = await _catalogue.ListAsync(downstream);
        var chat = await _chatVocabularies.FindAsync(listing.Decoders.Select(static decoder => decoder.Vocabulary), downstream);
        var response = new ListModelsResponse { DefaultModel = listing.DefaultDecoder };
        foreach (var decoder in listing.Decoders)
        {
            var model = new ModelDescription
            {
                Name = decoder.Name,
                State = decoder.State,
                Failure = decoder.Failure,
                ContextLength = decoder.ContextLength,
                VocabularySize = decoder.VocabularySize,
                Card = decoder.Card,
            };
            if (chat is not null)
            {
                model.HasChatTemplate = chat.Chat.Contains(decoder.Vocabulary);
                model.HasTools = chat.Tools.Contains(decoder.Vocabulary);
            }

            response.Models.Add(model);
        }

        return response;
    }

    // Our caller's deadline and cancellation are those of every call that we make for it.
    private static CallLimits Downstream(ServerCallContext context) => new CallOptions(
        deadline: context.Deadline == DateTime.MaxValue ? null : context.Deadline,
        cancellationToken: context.CancellationToken);

    private static GenerationStarted Started(GenerationPlan plan)
    {
        var started = new GenerationStarted
        {
            Model = plan.Model.Name,
            Vocabulary = plan.Pieces.Identity,
            Seed = plan.Sampling.Seed,
            Mode = plan.Mode,
            ContextLength = plan.Model.ContextLength,
            TokenizeNanoseconds = plan.TokenizeNanoseconds,
            TraceId = GenerationObservation.TraceId,
            Sampling = plan.Sampling.Clone(),
            MaxTokens = plan.Rules.MaxTokens,
            CutTokens = plan.CutTokens,
        };
        started.Sampling.Dry?.SequenceBreakerIds.Clear();
        if (plan.Media is not null)
        {
            started.Sampling.BannedTokens.Clear(); // Everything that is no code; nobody asked for that list.
        }

        started.CutMessages.AddRange(plan.CutMessages);
        started.UnknownWords.AddRange(plan.UnknownWords);
        (started.MediaKind, started.MediaLength) = plan.Media is { Codec: var codec } ? (codec.Kind, codec.MaximumLength) : (MediaKind.Unspecified, 0);
        started.Prompt.AddRange(plan.Prompt);
        return started;
    }

    private static GenerateResponse Map(LoopEvent loopEvent, GenerationPlan plan, GenerationObservation observation) => loopEvent switch
    {
        TokenGenerated token => new GenerateResponse { Token = Map(token, plan) },
        LoopResumed resumed => new GenerateResponse
        {
            Resumed = new GenerationResumed { GeneratedTokens = resumed.Generated, PauseNanoseconds = resumed.Pause, Resumes = resumed.Resumes },
        },
        MediaFormed media => new GenerateResponse
        {
            Media = new FormedMedia { Content = media.Content, ContentType = media.ContentType, Codes = media.Codes, Complete = media.Complete },
        },
        LoopFinished finished => new GenerateResponse { Finished = Map(finished, plan, observation) },
        _ => throw new InvalidOperationException($"There is no message for {loopEvent.GetType().Name}."),
    };

    private static GenerationFinished Map(LoopFinished finished, GenerationPlan plan, GenerationObservation observation)
    {
        var message = new GenerationFinished
        {
            Reason = finished.Reason,
            StopSequence = finished.StopSequence ?? "",
            Text = finished.Text,
            PromptTokens = plan.Rules.PromptTokens,
            GeneratedTokens = finished.GeneratedTokens,
            TimeToFirstTokenNanoseconds = (long)observation.TimeToFirstToken.TotalNanoseconds,
            TotalNanoseconds = (long)observation.Elapsed.TotalNanoseconds,
            SumRawLogProbability = (float)finished.SumRawLogProbability,
            DraftedTokens = finished.DraftedTokens,
            AcceptedTokens = finished.AcceptedTokens,
            CachedPromptTokens = finished.CachedPromptTokens,
            Resumes = finished.Resumes,
        };
        if (finished.ConstraintSatisfied is { } satisfied)
        {
            message.ConstraintSatisfied = satisfied;
        }

        if (finished.GuardLabel is { } label)
        {
            (message.GuardLabel, message.GuardRefusedPrompt) = (label, finished.GuardRefusedPrompt);
        }

        if (finished.Score is { } score)
        {
            message.Score = score;
        }

        return message;
    }

    private static GeneratedToken Map(TokenGenerated generated, GenerationPlan plan)
    {
        var message = new GeneratedToken
        {
            Index = generated.Index,
            TokenId = generated.Token.Id,
            Piece = plan.Pieces[generated.Token.Id],
            Text = generated.Text,
            Probability = MathF.Exp(generated.Token.RawLogProbability),
            RawLogProbability = generated.Token.RawLogProbability,
            ProcessedLogProbability = generated.Token.ProcessedLogProbability,
            Rank = generated.Token.Rank,
            Timing = new TokenTiming
            {
                QueueNanoseconds = generated.Timing.Queue,
                PrefillNanoseconds = generated.Timing.Prefill,
                DecodeNanoseconds = generated.Timing.Decode,
                SampleNanoseconds = generated.Timing.Sample,
                TotalNanoseconds = generated.Total,
            },
        };
        foreach (var alternative in generated.Token.Alternatives)
        {
            var other = new Alternative
            {
                TokenId = alternative.Id,
                Piece = plan.Pieces[alternative.Id],
                Probability = MathF.Exp(alternative.RawLogProbability),
                RawLogProbability = alternative.RawLogProbability,
                Rank = alternative.Rank,
            };
            if (alternative.ProcessedLogProbability is { } processed)
            {
                other.ProcessedLogProbability = processed;
            }

            message.Alternatives.Add(other);
        }

        return message;
    }
}
