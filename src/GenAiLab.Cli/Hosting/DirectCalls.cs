using GenAiLab.Classifier;
using GenAiLab.Decoder;
using GenAiLab.Orchestrator;
using GenAiLab.Preferences;
using GenAiLab.ServiceDefaults.InProcess;
using GenAiLab.Tokenizer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GenAiLab.Cli.Hosting;

/// <summary>Which services a command needs in its own process.</summary>
[Flags]
internal enum EmbeddedServices
{
    Tokenization = 1,
    Classification = 2 | Tokenization,
    Generation = 4 | Tokenization,

    /// <summary>Generation with a classifier's say in it.</summary>
    GuardedGeneration = Generation | Classification,
    Preferences = 8,
    All = Classification | Generation | Preferences,
}

/// <summary>The services in one process, calling each other's methods directly: no serialisation, no socket.</summary>
internal static class DirectCalls
{
    public static void AddLabServices(this IHostApplicationBuilder builder, EmbeddedServices needed)
    {
        // The clients come first: a service adds the network client of a service only where there is none.
        if (needed.HasFlag(EmbeddedServices.Tokenization))
        {
            builder.Services.AddInProcessClient<V1.Tokenizer.TokenizerClient, TokenizerGrpcService>(V1.Tokenizer.BindService);
            builder.AddTokenizer();
        }

        if (needed.HasFlag(EmbeddedServices.Classification))
        {
            builder.Services.AddInProcessClient<V1.Classifier.ClassifierClient, ClassifierGrpcService>(V1.Classifier.BindService);
            builder.AddClassifier();
        }

        if (needed.HasFlag(EmbeddedServices.Generation))
        {
            builder.Services.AddInProcessClient<V1.Decoder.DecoderClient, DecoderGrpcService>(V1.Decoder.BindService);
            builder.Services.AddInProcessClient<V1.Orchestrator.OrchestratorClient, OrchestratorGrpcService>(V1.Orchestrator.BindService);
            builder.AddDecoder();
            builder.AddOrchestrator();
        }

        if (needed.HasFlag(EmbeddedServices.Preferences))
        {
            builder.Services.AddInProcessClient<V1.Preferences.PreferencesClient, PreferencesGrpcService>(V1.Preferences.BindService);
            builder.AddPreferences();
        }
    }
}
