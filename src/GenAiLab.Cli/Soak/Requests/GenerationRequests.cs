using System.Globalization;
using System.Text;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Cli.Soak.Requests;

/// <summary>What is asked of the orchestrator, in words.</summary>
internal static class GenerationRequests
{
    private const string Model = "lab-base";
    private const string Guard = "lab-guard";
    private const string Schema = """{"type":"object","properties":{"name":{"enum":["Anna","Tom"]},"age":{"type":"integer","minimum":1,"maximum":9}},"required":["name","age"],"additionalProperties":false}""";
    private static readonly string[] Prompts = ["Once upon a time", "The capital of France is", "Late one evening, Ruby"];

    public static readonly IReadOnlyList<SoakKind> Kinds =
    [
        Generate("generate, greedy", 3, static request => request.Sampling.Temperature = 0),
        Generate("generate, drawn", 3, static request => request.Sampling.TopP = 0.95f),
        Generate("generate, greedy, step", 2, static request => (request.Sampling.Temperature, request.Mode) = (0, LoopMode.Step)),
        Generate("generate, drawn, step", 2, static request => (request.Sampling.MinP, request.Mode, request.Alternatives) = (0.02f, LoopMode.Step, 5)),
        Generate("generate, regex", 1, static request => request.Constraint = new Constraint { Regex = "([a-z]+ )+[a-z]+\\." }),
        Generate("generate, schema", 1, static request => request.Constraint = new Constraint { JsonSchema = Schema }, isShort: true),
        Generate("generate, penalties", 1, static request => (request.Sampling.RepetitionPenalty, request.Sampling.PresencePenalty, request.Sampling.XtcProbability) = (1.1f, 0.3f, 0.2f)),
        Generate("generate, guesses", 1, static request => (request.Sampling.Temperature, request.Speculation) = (0, new Speculation { Ngram = new NgramLookup() })),
        Generate("generate, candidates", 1, static request => (request.Candidates, request.MaxTokens) = (2, 16)),
        Generate("generate, beams", 1, static request => (request.BeamSearch, request.Sampling, request.MaxTokens) = (new BeamSearch { Width = 2 }, new SamplingProgram { BannedTokens = { 0 } }, 16)),
        Generate("generate, guard", 1, static request => request.Guard = new Guard { Classifier = Guard, Labels = { "harmful" }, Threshold = 1, Prompt = true, Output = true }, models: [Model, Guard]),
        new SoakKind("generate, left", 2, LeaveAsync) { Models = [Model] },
        new SoakKind("complete", 1, CompleteAsync) { Models = [Model] },
        new SoakKind("chat", 1, ChatAsync) { Models = ["lab-chat"] },
        new SoakKind("compare", 1, CompareAsync) { Models = [Model, "lab-sft"] },
        new SoakKind("score", 1, ScoreAsync) { Models = [Model] },
        new SoakKind("embed", 1, EmbedAsync) { Models = [Model] },
        new SoakKind("list models", 1, static async (lab, _, cancellation) =>
        {
            await lab.Orchestrator.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancellation);
            return "";
        }),
    ];

    private static SoakKind Generate(string name, int weight, Action<GenerateRequest> set, bool isShort = false, IReadOnlyList<string>? models = null) => new(
        name, weight, async (lab, variant, cancellation) =>
        {
            var request = Request(variant);
            if (isShort)
            {
                // A text that may end, does.
                request.Sampling.BannedTokens.Clear();
            }

            set(request);
            using var call = lab.Orchestrator.Generate(request, cancellationToken: cancellation);
            return await TokensAsync(call.ResponseStream, cancellation);
        })
    {
        Models = models ?? [Model],
    };

    /// <summary>The tokens of a generation to its end, candidate by candidate, and why each ended.</summary>
    public static async Task<string> TokensAsync(IAsyncStreamReader<GenerateResponse> stream, CancellationToken cancellation)
    {
        var candidates = new SortedDictionary<int, StringBuilder>();
        while (await stream.MoveNext(cancellation))
        {
            var response = stream.Current;
            if (!candidates.TryGetValue(response.Candidate, out var said))
            {
                said = candidates[response.Candidate] = new StringBuilder();
            }

            _ = response.EventCase switch
            {
                GenerateResponse.EventOneofCase.Token => said.Append(CultureInfo.InvariantCulture, $"{response.Token.TokenId} "),
                GenerateResponse.EventOneofCase.Finished => said.Append(CultureInfo.InvariantCulture, $"{response.Finished.Reason}"),
                _ => said,
            };
        }

        return string.Join('|', candidates.Values);
    }

    private static GenerateRequest Request(int variant) => new()
    {
        Model = Model,
        Text = Prompts[variant % Prompts.Length],
        MaxTokens = 40,
        Sampling = new SamplingProgram { Seed = (ulong)variant + 1, BannedTokens = { 0 } },
    };

    // A client that has gone after a few tokens; those that it had are what they always are.
    private static async Task<string> LeaveAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var (request, tokens, count) = (Request(variant), new StringBuilder(), 0);
        (request.MaxTokens, request.Mode) = (200, variant == 1 ? LoopMode.Step : LoopMode.Pushdown);
        using var call = lab.Orchestrator.Generate(request, cancellationToken: leaving.Token);
        while (count < 4 + (4 * variant) && await call.ResponseStream.MoveNext(cancellation))
        {
            if (call.ResponseStream.Current.Token is { } token)
            {
                tokens.Append(CultureInfo.InvariantCulture, $"{token.TokenId} ");
                count++;
            }
        }

        await leaving.CancelAsync();
        return tokens.ToString();
    }

    private static async Task<string> CompleteAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var request = Request(variant);
        request.Stop.Add(".");
        return (await lab.Orchestrator.CompleteAsync(new CompleteRequest { Request = request }, cancellationToken: cancellation)).Completions[0].Text;
    }

    private static async Task<string> ChatAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var request = new ChatRequest
        {
            Messages = { new ChatMessage { Role = "user", Content = $"What is {variant + 2} plus 3?" } },
            Settings = new GenerateRequest { Model = "lab-chat", MaxTokens = 24, Sampling = new SamplingProgram { Temperature = 0 } },
        };
        using var call = lab.Orchestrator.Chat(request, cancellationToken: cancellation);
        var text = new StringBuilder();
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            text.Append(call.ResponseStream.Current.EventCase == ChatResponse.EventOneofCase.Text ? call.ResponseStream.Current.Text : "");
        }

        return text.ToString();
    }

    private static async Task<string> CompareAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var request = Request(variant);
        (request.Model, request.MaxTokens) = ("", 16);
        using var call = lab.Orchestrator.Compare(new CompareRequest { Models = { Model, "lab-sft" }, Request = request }, cancellationToken: cancellation);
        var answers = new[] { new StringBuilder(), new StringBuilder() };
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            var response = call.ResponseStream.Current;
            if (response.Error is { } error)
            {
                throw new RpcException(new Status((StatusCode)error.Code, error.Message));
            }

            answers[response.ModelIndex].Append(CultureInfo.InvariantCulture, $"{response.Response.Token?.TokenId} ");
        }

        return string.Join<StringBuilder>('|', answers);
    }

    private static async Task<string> ScoreAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var answer = await lab.Orchestrator.ScoreAsync(new OrchestratorScoreRequest { Model = Model, Text = Prompts[variant] }, cancellationToken: cancellation);
        return answer.SumLogProbability.ToString("R", CultureInfo.InvariantCulture);
    }

    private static async Task<string> EmbedAsync(SoakLab lab, int variant, CancellationToken cancellation)
    {
        var answer = await lab.Orchestrator.EmbedAsync(new OrchestratorEmbedRequest { Model = Model, Texts = { Prompts[variant], "A cat" } }, cancellationToken: cancellation);
        return string.Join(' ', answer.Embeddings.SelectMany(static one => one.Values).Select(static value => BitConverter.SingleToInt32Bits(value)));
    }
}
