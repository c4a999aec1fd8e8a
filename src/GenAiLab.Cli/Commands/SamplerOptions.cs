using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using GenAiLab.V1;

namespace GenAiLab.Cli.Commands;

/// <summary>The options that say how tokens are chosen: one for each field of the sampling program. docs/sampling.md explains them.</summary>
internal sealed class SamplerOptions
{
    private readonly List<(Option Option, Action<ParseResult, GenerateRequest> Apply)> _entries = [];

    public SamplerOptions()
    {
        Add<float>("--temperature", "T", "0: always the most probable token. Default: 1.", static (sampling, value) => sampling.Temperature = value);
        Add<float>("--temperature-range", "R", "Lets the temperature follow the entropy, from T - R to T + R.", static (sampling, value) => sampling.TemperatureRange = value);
        Add<float>("--temperature-exponent", "E", "How it bends between the two. Default: 1.", static (sampling, value) => sampling.TemperatureExponent = value);
        Add<int>("--top-k", "K", "Draws from the k most probable tokens. 0: from all.", static (sampling, value) => sampling.TopK = value);
        Add<float>("--top-p", "P", "Draws from the smallest set with this probability, in (0, 1].", static (sampling, value) => sampling.TopP = value);
        Add<float>("--min-p", "P", "Draws from tokens with at least this share of the best one's probability, in [0, 1].", static (sampling, value) => sampling.MinP = value);
        Add<float>("--typical-p", "P", "Draws from the most typical tokens, as many as have this probability, in (0, 1].", static (sampling, value) => sampling.TypicalP = value);
        Add<float>("--top-n-sigma", "N", "Draws from tokens within n standard deviations of the best one's logit.", static (sampling, value) => sampling.TopNSigma = value);
        Add<float>("--xtc-probability", "P", "How often the top choices but the least are excluded, in [0, 1].", static (sampling, value) => sampling.XtcProbability = value);
        Add<float>("--xtc-threshold", "P", "From which probability on a token is a top choice. Default: 0.1.", static (sampling, value) => sampling.XtcThreshold = value);
        Add<float>("--repetition-penalty", "R", "Divides the logits of tokens that occurred. Default: 1.", static (sampling, value) => sampling.RepetitionPenalty = value);
        Add<float>("--presence-penalty", "P", "Lowers tokens that were generated, in [-2, 2].", static (sampling, value) => sampling.PresencePenalty = value);
        Add<float>("--frequency-penalty", "P", "Lowers tokens for each time that they were generated, in [-2, 2].", static (sampling, value) => sampling.FrequencyPenalty = value);
        Add<int>("--penalty-window", "TOKENS", "How many of the last tokens the three penalties look at. Default: all.", static (sampling, value) => sampling.PenaltyWindow = value);
        Add<float>("--dry", "MULTIPLIER", "Lowers tokens that would repeat a sequence (DRY). 0: off.", static (sampling, value) => Dry(sampling).Multiplier = value);
        Add<float>("--dry-base", "B", "How fast DRY grows with the sequence. Default: 1.75.", static (sampling, value) => Dry(sampling).Base = value);
        Add<int>("--dry-allowed-length", "TOKENS", "What may be repeated freely. Default: 2.", static (sampling, value) => Dry(sampling).AllowedLength = value);
        Add<int>("--dry-window", "TOKENS", "How many of the last tokens DRY looks at. Default: all.", static (sampling, value) => Dry(sampling).Window = value);
        AddList("--dry-breaker", "TEXT", "No repetition reaches across it; may be given up to 16 times. Default: line feed, colon, quotation mark, asterisk.", static (request, value) => request.DrySequenceBreakers.Add(value));
        AddList("--logit-bias", "ID=BIAS", "Adds to the logit of a token; -100 or less excludes it. May be given again.", static (request, value) => request.Sampling.LogitBias.Add(Bias(value)), IsBias);
        AddList("--ban", "ID", "Never chooses this token. May be given again.", static (request, value) => request.Sampling.BannedTokens.Add(int.Parse(value, CultureInfo.InvariantCulture)), IsId);
        Add<int>("--min-tokens", "N", "Does not end before so many tokens.", static (sampling, value) => sampling.MinTokens = value);
        Add<float>("--mirostat", "TAU", "Steers the surprise of the text, in bits, instead of any truncation (mirostat 2).", static (sampling, value) => Mirostat(sampling).Tau = value);
        Add<float>("--mirostat-eta", "ETA", "Its learning rate. Default: 0.1.", static (sampling, value) => Mirostat(sampling).Eta = value);
        AddList("--order", "STEPS", "The steps in their order. Default: penalties,dry,temperature,top-n-sigma,top-k,typical-p,top-p,min-p,xtc.", static (request, value) => request.Sampling.Order.Add(value.Split(',').Select(Step)), static value => value.Split(',').All(IsStep));
        Add<ulong>("--seed", "N", "The same seed gives the same text. Default: chosen at random, shown by --trace.", static (sampling, value) => sampling.Seed = value);
    }

    public void AddTo(Command command)
    {
        foreach (var (option, _) in _entries)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Puts what was given into a request; the rest stays unset.</summary>
    public void Apply(ParseResult arguments, GenerateRequest request)
    {
        request.Sampling ??= new SamplingProgram();
        foreach (var (_, apply) in _entries)
        {
            apply(arguments, request);
        }
    }

    private void Add<T>(string name, string help, string description, Action<SamplingProgram, T> set)
        where T : struct
    {
        var option = new Option<T?>(name) { Description = description, HelpName = help };
        _entries.Add((option, (arguments, request) =>
        {
            if (arguments.GetValue(option) is { } value)
            {
                set(request.Sampling, value);
            }
        }
        ));
    }

    private void AddList(string name, string help, string description, Action<GenerateRequest, string> add, Func<string, bool>? isValid = null)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = help };
        option.Validators.Add(result =>
        {
            if (isValid is not null && result.Tokens.FirstOrDefault(token => !isValid(token.Value)) is { } wrong)
            {
                result.AddError($"{name} takes {help}; got '{wrong.Value}'.");
            }
        });
        _entries.Add((option, (arguments, request) =>
        {
            foreach (var value in arguments.GetValue(option) ?? [])
            {
                add(request, value);
            }
        }
        ));
    }

    private static DryPenalty Dry(SamplingProgram sampling) => sampling.Dry ??= new DryPenalty();

    private static Mirostat Mirostat(SamplingProgram sampling) => sampling.Mirostat ??= new Mirostat();

    private static bool IsId(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static bool IsBias(string text) => text.Split('=') is [var id, var bias] && IsId(id)
        && float.TryParse(bias, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static LogitBias Bias(string text) => new()
    {
        TokenId = int.Parse(text.Split('=')[0], CultureInfo.InvariantCulture),
        Bias = float.Parse(text.Split('=')[1], CultureInfo.InvariantCulture),
    };

    private static bool IsStep(string text) => Step(text) != SamplerStep.Unspecified;

    private static SamplerStep Step(string text) =>
        Enum.TryParse<SamplerStep>(text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var step) && Enum.IsDefined(step) ? step : SamplerStep.Unspecified;
}
