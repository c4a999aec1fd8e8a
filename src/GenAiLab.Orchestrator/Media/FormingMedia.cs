using GenAiLab.Orchestrator.Downstream;
using GenAiLab.Orchestrator.Loop;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Media;

/// <summary>Turns the codes of each candidate into the medium that they spell, as they come and at the end.</summary>
internal sealed class FormingMedia(V1.Tokenizer.TokenizerClient tokenizer)
{
    /// <summary>The events, and between them what can be seen or heard by then.</summary>
    public IAsyncEnumerable<CandidateEvent> WatchAsync(IAsyncEnumerable<CandidateEvent> events, GenerationPlan plan, CallLimits options) =>
        plan.Media is { } media ? WatchAsync(events, media, plan.Candidates, options) : events;

    private async IAsyncEnumerable<CandidateEvent> WatchAsync(IAsyncEnumerable<CandidateEvent> events, MediaPlan media, int candidates, CallLimits options)
    {
        var codes = Enumerable.Range(0, candidates).Select(static _ => new TokenIds()).ToArray();
        await foreach (var candidateEvent in events)
        {
            var own = codes[candidateEvent.Candidate];
            if (candidateEvent.Event is LoopFinished finished)
            {
                yield return candidateEvent with { Event = await FormAsync(media, own, finished, options) };
            }

            yield return candidateEvent;
            if (candidateEvent.Event is TokenGenerated { Token.Id: var id } && media.IsCode(id))
            {
                own.Ids.Add(id);
                if (media.PreviewInterval > 0 && own.Ids.Count % media.PreviewInterval == 0 && own.Ids.Count < media.Codec.MaximumLength)
                {
                    yield return candidateEvent with { Event = await FormAsync(media, own, finished: null, options) };
                }
            }
        }
    }

    private async Task<MediaFormed> FormAsync(MediaPlan media, TokenIds codes, LoopFinished? finished, CallLimits options)
    {
        var request = new DecodeMediaRequest { Vocabulary = media.Vocabulary, Tokens = codes };
        var made = await DownstreamCall.InvokeAsync("tokenizer", () => tokenizer.DecodeMediaAsync(request, options).ResponseAsync, options.CancellationToken);
        // What has no fixed length is whole when the model has said that it ends, or has reached the longest there is.
        var ended = finished?.Reason == FinishReason.EndOfSequence || codes.Ids.Count == media.Codec.MaximumLength;
        return new MediaFormed(made.Media, made.ContentType, codes.Ids.Count, finished is not null && ended && made.Complete);
    }
}
