using GenAiLab.Orchestrator.Classifiers;
using GenAiLab.Orchestrator.Requests;
using GenAiLab.V1;
using Grpc.Core;

namespace GenAiLab.Orchestrator.Steering;

/// <summary>
/// Classifier-guided decoding (Yang and Klein 2021, "FUDGE"): rates the most probable tokens by what a classifier
/// makes of the text with each of them. By Bayes' rule p(token | text, label) is proportional to p(token | text) ·
/// p(label | text, token); a strength other than 1 is a power of the second factor. Owned by one stream.
/// </summary>
internal sealed class ClassifierGuide
{
    /// <summary>What no text is less probable than: one unlucky judgement is not to exclude a token.</summary>
    private const float LeastProbability = 1e-6f;

    private readonly GuidancePlan _guidance;
    private readonly ClassifierCalls _calls;
    private readonly GuidedText _text;
    private readonly CallLimits _options;

    /// <param name="calls">The classifier.</param>
    /// <param name="plan">The generation; it is guided.</param>
    /// <param name="generated">Tokens generated so far, where it is resumed.</param>
    /// <param name="options">Deadline and cancellation.</param>
    public ClassifierGuide(ClassifierCalls calls, GenerationPlan plan, IReadOnlyList<int> generated, CallLimits options)
    {
        _guidance = plan.Classifiers.Guidance!;
        _calls = calls;
        _text = new GuidedText(plan, generated, Math.Max(1, _guidance.Classifier.ContextLength - 1));
        _options = options;
    }

    /// <summary>What is added to the logits of these tokens.</summary>
    /// <exception cref="GuidanceFailedException">The classifier fails.</exception>
    public async Task<float[]> RateAsync(IReadOnlyList<int> tokenIds)
    {
        var texts = tokenIds.Select(_text.With).ToList();
        // Tokens that add nothing, such as the end of the sequence, share a text.
        var ratings = texts.Where(static text => text.Length > 0).Distinct().ToDictionary(static text => text, LogProbabilityAsync);
        try
        {
            await Task.WhenAll(ratings.Values);
        }
        catch (RpcException error)
        {
            throw new GuidanceFailedException(error);
        }

        // Where there is no text yet, the end of the sequence is worth what its rivals are on average.
        var unknown = ratings.Count == 0 ? 0 : ratings.Values.Average(static rating => rating.Result);
        return [.. texts.Select(text => _guidance.Strength * (text.Length > 0 ? ratings[text].Result : unknown))];
    }

    /// <summary>A token was chosen.</summary>
    public void Accept(int tokenId) => _text.Append(tokenId);

    private async Task<float> LogProbabilityAsync(string text)
    {
        var response = await _calls.ClassifyAsync(new ClassifyRequest { Model = _guidance.Classifier.Name, Text = text }, "guidance", _options);
        var label = response.Labels.FirstOrDefault(label => label.Label == _guidance.Label);
        return MathF.Log(Math.Max(label?.Probability ?? 0, LeastProbability));
    }
}
