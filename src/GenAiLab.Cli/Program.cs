using System.CommandLine;
using GenAiLab.Cli.Commands;

// lab: the one command of GenAiLab. A verb per file in Commands/; how services are hosted in Hosting/.
Console.OutputEncoding = System.Text.Encoding.UTF8;

var root = new RootCommand("GenAiLab: a generative-AI pipeline taken apart into gRPC services.")
{
    UpCommand.Create(),
    GenerateCommand.Create(),
    ChatCommand.Create(),
    CompareCommand.Create(),
    ClassifyCommand.Create(),
    MediaGeneration.Create("draw", "Draws a picture, patch by patch, as a PNG.", model: "lab-draw", file: "drawing.png", previewInterval: 4),
    MediaGeneration.Create("speak", "Speaks words, frame by frame, as a WAV.", model: "lab-speak", file: "speech.wav", previewInterval: 32),
    ListenCommand.Create(),
    MediaGeneration.Create("film", "Makes a short film, frame by frame, as an animated PNG.", model: "lab-film", file: "film.png", previewInterval: 64),
    ScoreCommand.Create(),
    EmbedCommand.Create(),
    TokensCommand.Create(),
    TrainCommand.Create(),
    ModelsCommand.Create(),
    PreferencesCommand.Create(),
    CertsCommand.Create(),
    KeysCommand.Create(),
    BenchCommand.Create(),
    ExperimentCommand.Create(),
    SimulateCommand.Create(),
    ChaosCommand.Create(),
    SoakCommand.Create(),
};

// A training that is interrupted finishes its step or its evaluation and writes a checkpoint.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
});
