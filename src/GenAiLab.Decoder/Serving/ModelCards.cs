using GenAiLab.Decoder.Graphs;
using GenAiLab.Models.Folders;
using GenAiLab.V1;

namespace GenAiLab.Decoder.Serving;

/// <summary>What a folder holds and how it runs, as the contract says it.</summary>
internal static class ModelCards
{
    /// <summary>The card of a model that is loaded.</summary>
    public static ModelCard Of(DecoderGraph graph) => new()
    {
        Layout = graph.Config.Layout == FolderLayout.GenAi ? ModelLayout.Genai : ModelLayout.Optimum,
        CacheForm = graph.CacheForm,
        CacheType = graph.Shape.CacheFormat,
        WeightFormat = graph.WeightFormat,
        Defaults = Defaults(graph.Config.Generation),
        HasHiddenStates = graph.HasHiddenStates,
    };

    private static GenerationDefaults Defaults(GenerationSettings settings)
    {
        var defaults = new GenerationDefaults();
        // Setting a field, to whatever value, makes it present.
        Set(settings.Temperature, value => defaults.Temperature = value);
        Set(settings.TopK, value => defaults.TopK = value);
        Set(settings.TopP, value => defaults.TopP = value);
        Set(settings.MinP, value => defaults.MinP = value);
        Set(settings.TypicalP, value => defaults.TypicalP = value);
        Set(settings.RepetitionPenalty, value => defaults.RepetitionPenalty = value);
        Set(settings.MinTokens, value => defaults.MinTokens = value);
        Set(settings.MaxTokens, value => defaults.MaxTokens = value);
        return defaults;
    }

    private static void Set<T>(T? value, Action<T> set)
        where T : struct
    {
        if (value is { } given)
        {
            set(given);
        }
    }
}
