using System.Globalization;
using GenAiLab.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace GenAiLab.Cli.Soak.Requests;

/// <summary>What is asked of the decoder itself, in token ids.</summary>
internal static class DecoderRequests
{
    private const string Model = "lab-base";
    private const string Reloaded = "lab-draft";

    public static readonly IReadOnlyList<SoakKind> Kinds =
    [
        new SoakKind("decoder, step", 1, StepAsync) { Models = [Model] },
        new SoakKind("decoder, candidates", 1, GenerateAsync) { Models = [Model] },
        new SoakKind("decoder, score and embed", 1, ScoreAsync) { Models = [Model] },
        new SoakKind("decoder, list", 1, static async (lab, _, cancellation) =>
        {
            await lab.Decoder.ListDecodersAsync(new ListDecodersRequest(), cancellationToken: cancellation);
            return "";
        }),
        new SoakKind("decoder, reload", 1, ReloadAsync) { Models = [Reloaded], IsExclusive = true },
    ];

    private static TokenIds Prompt(int variant) => new() { Ids = { Enumerable.Range(0, 12).Select(at => 20 + (at * 7) + variant) } };

    private static async Task<string> StepAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        using var call = lab.Decoder.Step(cancellationToken: cancellation);
        await call.RequestStream.WriteAsync(new StepRequest { Open = new StepOpen { Model = Model, Prompt = Prompt(variant), Form = DistributionForm.Top, Top = 8 } }, cancellation);
        List<int> best = [];
        while (best.Count < 6 && await call.ResponseStream.MoveNext(cancellation))
        {
            best.Add(call.ResponseStream.Current.Distribution.TokenIds[0]);
            await call.RequestStream.WriteAsync(new StepRequest { Append = new StepAppend { TokenIds = { best[^1] } } }, cancellation);
        }

        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            // The answer to the last token, which nobody needs.
        }

        return string.Join(' ', best);
    }

    // Two candidates of which the second is ended in mid-generation; the first has the tokens that it always has.
    private static async Task<string> GenerateAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var request = new GenerateTokensRequest
        {
            Model = Model,
            Prompt = Prompt(variant),
            MaxTokens = 24,
            Candidates = 2,
            IgnoreEndOfSequence = true,
            Sampling = new SamplingProgram { Seed = (ulong)variant + 1 },
        };
        using var call = lab.Decoder.GenerateTokens(request, cancellationToken: cancellation);
        List<int> first = [];
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            var response = call.ResponseStream.Current;
            if (response.SessionId.Length > 0)
            {
                await EndSecondAsync(lab, response.SessionId, cancellation);
            }

            if (response.Candidate == 0 && response.Token is { } token)
            {
                first.Add(token.TokenId);
            }
        }

        return string.Join(' ', first);
    }

    private static async Task EndSecondAsync(SoakLab lab, string session, CancellationToken cancellation)
    {
        try
        {
            await lab.Decoder.EndCandidatesAsync(new EndCandidatesRequest { SessionId = session, Candidates = { 1 } }, cancellationToken: cancellation);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            // The call was done before this word of it came: on a busy machine the decoder is ahead of who reads.
        }
    }

    private static async Task<string> ScoreAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var score = await lab.Decoder.ScoreAsync(new ScoreRequest { Model = Model, Tokens = Prompt(variant) }, cancellationToken: cancellation);
        var embedding = await lab.Decoder.EmbedAsync(new EmbedRequest { Model = Model, Tokens = Prompt(variant) }, cancellationToken: cancellation);
        return string.Create(
            CultureInfo.InvariantCulture, $"{score.Tokens.Sum(static token => token.RawLogProbability):R} {string.Join(' ', embedding.Values.Select(static value => BitConverter.SingleToInt32Bits(value)))}");
    }

    // Nobody else asks for this model: its streams have ended.
    private static async Task<string> ReloadAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        await lab.DecoderControl.DrainDecoderAsync(new DrainDecoderRequest { Model = Reloaded, Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)) }, cancellationToken: cancellation);
        await lab.DecoderControl.UnloadDecoderAsync(new UnloadDecoderRequest { Model = Reloaded }, cancellationToken: cancellation);
        await lab.DecoderControl.LoadDecoderAsync(new LoadDecoderRequest { Model = Reloaded }, cancellationToken: cancellation);
        var request = new GenerateTokensRequest { Model = Reloaded, Prompt = Prompt(variant), MaxTokens = 8, IgnoreEndOfSequence = true, Sampling = new SamplingProgram { Temperature = 0 } };
        using var call = lab.Decoder.GenerateTokens(request, cancellationToken: cancellation);
        List<int> tokens = [];
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            tokens.Add(call.ResponseStream.Current.Token?.TokenId ?? -1);
        }

        return string.Join(' ', tokens);
    }
}
