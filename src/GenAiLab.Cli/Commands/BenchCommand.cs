using System.CommandLine;
using GenAiLab.Benchmarks.Engine;
using GenAiLab.Benchmarks.LlamaCpp;
using GenAiLab.Benchmarks.Reference;
using GenAiLab.Benchmarks.Reporting;
using GenAiLab.Cli.Benchmarks;
using GenAiLab.Models.Quantization;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab bench</c>: what the engine is worth beside others, on this machine.</summary>
internal static class BenchCommand
{
    // Milliseconds: enough for what a single token takes to be told from the noise.
    private const int OrchestratorTokens = 2_000;

    public static Command Create() => new("bench", "Measures the decode engine.")
    {
        CreateEngine(), CreateDecomposition(), CreateServer(), BenchTransformersCommand.Create(), BenchCurvesCommand.Create(), BenchCurvesCommand.CreateLoad(),
        BenchFleetCommand.Create(), BenchAbuseCommand.Create(), BenchOverloadCommand.Create(), BenchTenantsCommand.Create(), BenchSpeculationCommand.Create(),
        BenchConstraintsCommand.Create(), BenchSamplingCommand.Create(), BenchSteeringCommand.Create(), BenchTokenizersCommand.Create(), BenchMediaCommand.Create(),
    };

    private static Command CreateEngine()
    {
        var shape = new Option<string>("--shape") { Description = "tiny, 15m or 135m.", DefaultValueFactory = static _ => "135m" };
        var formats = Formats("fp32", "int8", "int8-row", "int8-dynamic", "int4", "int4-128");
        var widths = new Option<int[]>("--streams") { Description = "Batch widths.", DefaultValueFactory = static _ => [1, 8, 32], AllowMultipleArgumentsPerToken = true };
        var depths = new Option<int[]>("--depth") { Description = "Tokens in each stream before the steps.", DefaultValueFactory = static _ => [128], AllowMultipleArgumentsPerToken = true };
        var prompts = new Option<int[]>("--prompt") { Description = "Prompt lengths.", DefaultValueFactory = static _ => [512], AllowMultipleArgumentsPerToken = true };
        var context = new Option<int>("--context") { Description = "Tokens of the context window.", DefaultValueFactory = static _ => 1024 };
        var threads = new Option<int>("--threads") { Description = "Threads of each side.", DefaultValueFactory = static _ => Environment.ProcessorCount };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; the median counts.", DefaultValueFactory = static _ => 5 };
        var peer = new Option<string>("--peer") { Description = "llama.cpp or none.", DefaultValueFactory = static _ => "llama.cpp" };
        var libraries = new Option<string?>("--llama-libraries") { Description = "A folder with libllama; otherwise npm fetches one." };
        var work = new Option<string>("--work") { Description = "Where weights and peers are kept.", DefaultValueFactory = static _ => Path.Combine(Path.GetTempPath(), "genailab-bench") };
        var output = new Option<string?>("--out") { Description = "A folder for results.json and results.png." };
        var provider = new Option<string>("--provider") { Description = "Where the lab's side computes: cpu or cuda (a build with -p:OnnxRuntime=Gpu).", DefaultValueFactory = static _ => "cpu" };
        provider.AcceptOnlyFromAmong("cpu", "cuda");
        var device = new Option<int>("--device") { Description = "Number of the GPU." };
        var cache = new Option<string>("--cache") { Description = "Keys and values: fp32, fp16 or int8; on a GPU fp16 always.", DefaultValueFactory = static _ => "fp32" };
        cache.AcceptOnlyFromAmong("fp32", "fp16", "int8");
        var apart = new Option<bool>("--no-cuda-graphs") { Description = "Launches each kernel of a decode step by itself." };
        var promptFormat = new Option<string?>("--prompt-format") { Description = "How the lab's side holds the weights for prompts; default: as for single tokens." };
        promptFormat.AcceptOnlyFromAmong([.. WeightFormats.All]);
        var command = new Command("engine", "Decode and prefill beside llama.cpp, on the same weights, in one interleaved run.")
        {
            shape, formats, widths, depths, prompts, context, threads, rounds, peer, libraries, work, output, provider, device, cache, apart, promptFormat,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                var folder = Directory.CreateDirectory(arguments.GetRequiredValue(work)).FullName;
                var llama = arguments.GetRequiredValue(peer) switch
                {
                    "none" => null,
                    "llama.cpp" => arguments.GetValue(libraries) ?? await LlamaLibraries.FetchAsync(folder, cancelled),
                    _ => throw new CommandException("--peer must be llama.cpp or none"),
                };
                var place = new EnginePlace(arguments.GetRequiredValue(provider).ToUpperInvariant(), arguments.GetValue(device), arguments.GetRequiredValue(cache), !arguments.GetValue(apart), arguments.GetValue(promptFormat) ?? "");
                if (llama is not null && (place.Gpu is not null || arguments.GetRequiredValue(formats).Contains(WeightFormat.Float16.Name())))
                {
                    throw new CommandException("llama.cpp is measured on the processor and not with fp16; add --peer none");
                }

                var options = new EngineBenchmarkOptions(
                    Shape(arguments.GetRequiredValue(shape), arguments.GetValue(context)), [.. arguments.GetRequiredValue(formats).Select(Format)],
                    arguments.GetValue(threads), arguments.GetValue(rounds), arguments.GetRequiredValue(widths),
                    arguments.GetRequiredValue(depths), arguments.GetRequiredValue(prompts), folder, llama, place);
                var machine = place.Gpu is { } gpu ? $"{gpu}, {Machine.Describe(options.Threads)}" : Machine.Describe(options.Threads);
                Console.WriteLine(machine);
                if (llama is not null)
                {
                    Console.WriteLine($"largest difference of the logits of both sides, fp32: {EngineBenchmark.LargestDifference(options):0.0e+0}");
                }

                var results = EngineBenchmark.Run(options, Console.WriteLine, cancelled);
                if (arguments.GetValue(output) is { } target)
                {
                    BenchmarkReport.Write(target, machine, results);
                }
            },
            cancellation));
        return command;
    }

    private static Command CreateDecomposition()
    {
        var (shape, context, format, threads, rounds, work) = Common("15m", "fp32");
        var prompt = new Option<int>("--prompt") { Description = "Tokens of the prompt.", DefaultValueFactory = static _ => 64 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens generated.", DefaultValueFactory = static _ => 128 };
        var parked = new Option<bool>("--no-spinning") { Description = "ONNX Runtime's threads sleep while they wait." };
        var alone = new Option<bool>("--orchestrator-only") { Description = "Only what a token costs the orchestrator itself: needs no model and no process." };
        var output = new Option<string?>("--out") { Description = "A file for the results as JSON, every round included." };
        var command = new Command("decomposition", "One generation by a bare loop, the engine, its service and all services; what a token costs the orchestrator itself.")
        {
            shape, context, format, threads, rounds, work, prompt, tokens, parked, alone, output,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                Console.WriteLine(Machine.Describe(arguments.GetValue(threads)));
                foreach (var row in await OrchestratorCost.RunAsync(OrchestratorTokens, arguments.GetValue(rounds), cancelled))
                {
                    Console.WriteLine(row);
                }

                if (arguments.GetValue(alone))
                {
                    return;
                }

                var rows = await DecompositionBenchmark.RunAsync(
                    Shape(arguments.GetRequiredValue(shape), arguments.GetValue(context)), arguments.GetRequiredValue(work), arguments.GetValue(threads),
                    !arguments.GetValue(parked), Format(arguments.GetRequiredValue(format)).Name(), arguments.GetValue(prompt), arguments.GetValue(tokens),
                    arguments.GetValue(rounds), cancelled);
                foreach (var row in rows)
                {
                    Console.WriteLine(row);
                }

                if (arguments.GetValue(output) is { } file)
                {
                    BenchmarkReport.WriteJson(
                        file, new { machine = Machine.Describe(arguments.GetValue(threads)), date = BenchmarkReport.Today, shape = arguments.GetRequiredValue(shape), rows });
                }
            },
            cancellation));
        return command;
    }

    private static Command CreateServer()
    {
        var (shape, context, format, threads, rounds, work) = Common("135m", "int8");
        var streams = new Option<int>("--streams") { Description = "Concurrent streams.", DefaultValueFactory = static _ => 32 };
        var prompt = new Option<int>("--prompt") { Description = "Tokens of each prompt.", DefaultValueFactory = static _ => 128 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens generated by each.", DefaultValueFactory = static _ => 64 };
        var parked = new Option<bool>("--no-spinning") { Description = "ONNX Runtime's threads sleep while they wait." };
        var llama = new Option<string?>("--llama-server") { Description = "The program llama-server, to measure beside it." };
        var flash = new Option<bool>("--llama-flash-attention") { Description = "Its setting.", DefaultValueFactory = static _ => true };
        var cache = new Option<string>("--llama-cache") { Description = "Its keys and values: f16 or f32.", DefaultValueFactory = static _ => "f16" };
        var output = new Option<string?>("--out") { Description = "A file for the results as JSON, seconds of every stream and token included." };
        var promptFormat = new Option<string?>("--prompt-format") { Description = "How the decoder holds the weights for prompts; default: as for single tokens." };
        promptFormat.AcceptOnlyFromAmong([.. WeightFormats.All]);
        var command = new Command("server", "Many concurrent streams through all services.")
        {
            shape, context, format, threads, rounds, work, streams, prompt, tokens, parked, llama, flash, cache, output, promptFormat,
        };
        command.SetAction((arguments, cancellation) => CommandErrors.RunAsync(
            async cancelled =>
            {
                Console.WriteLine(Machine.Describe(arguments.GetValue(threads)));
                (string, string)[] settings =
                [
                    ("Threads", $"{arguments.GetValue(threads)}"), ("Spinning", $"{!arguments.GetValue(parked)}"), ("Slots", $"{arguments.GetValue(streams)}"),
                    ("WeightFormat", Format(arguments.GetRequiredValue(format)).Name()), ("PromptFormat", arguments.GetValue(promptFormat) ?? ""),
                    ("Deterministic", "false"),
                ];
                var model = Shape(arguments.GetRequiredValue(shape), arguments.GetValue(context));
                var folder = arguments.GetRequiredValue(work);
                await using var peer = arguments.GetValue(llama) is { } program
                    ? await LlamaServer.StartAsync(
                        program, GgufFile.WriteFor(model, Format(arguments.GetRequiredValue(format)), folder), arguments.GetValue(threads), arguments.GetValue(streams),
                        model.Config.ContextLength, arguments.GetValue(flash), arguments.GetRequiredValue(cache), cancelled)
                    : null;
                var (own, other) = await ServerBenchmark.RunAsync(
                    model, folder, settings, peer, arguments.GetValue(streams), arguments.GetValue(prompt), arguments.GetValue(tokens), arguments.GetValue(rounds), cancelled);
                foreach (var round in own)
                {
                    Console.WriteLine($"GenAiLab      {round}");
                }

                foreach (var round in other)
                {
                    Console.WriteLine($"llama-server  {round}");
                }

                if (arguments.GetValue(output) is { } file)
                {
                    BenchmarkReport.WriteJson(file, new
                    {
                        machine = Machine.Describe(arguments.GetValue(threads)),
                        date = BenchmarkReport.Today,
                        shape = arguments.GetRequiredValue(shape),
                        format = arguments.GetRequiredValue(format),
                        streams = arguments.GetValue(streams),
                        prompt = arguments.GetValue(prompt),
                        tokens = arguments.GetValue(tokens),
                        genAiLab = own,
                        llamaServer = other,
                    });
                }
            },
            cancellation));
        return command;
    }

    internal static Option<string[]> Formats(params string[] defaults) => new("--format")
    {
        Description = $"Weights: {string.Join(", ", WeightFormats.All)}.",
        DefaultValueFactory = _ => defaults,
        AllowMultipleArgumentsPerToken = true,
    };

    internal static (Option<string> Shape, Option<int> Context, Option<string> Format, Option<int> Threads, Option<int> Rounds, Option<string> Work) Common(
        string shape, string format) =>
        (
            new Option<string>("--shape") { Description = "tiny, 15m or 135m.", DefaultValueFactory = _ => shape },
            new Option<int>("--context") { Description = "Tokens of the context window.", DefaultValueFactory = static _ => 512 },
            new Option<string>("--format") { Description = $"Weights: {string.Join(", ", WeightFormats.All)}.", DefaultValueFactory = _ => format },
            new Option<int>("--threads") { Description = "Threads of ONNX Runtime.", DefaultValueFactory = static _ => Environment.ProcessorCount },
            new Option<int>("--rounds") { Description = "Rounds; the median counts.", DefaultValueFactory = static _ => 5 },
            new Option<string>("--work") { Description = "Where weights are kept.", DefaultValueFactory = static _ => Path.Combine(Path.GetTempPath(), "genailab-bench") });

    internal static WeightFormat Format(string name) =>
        WeightFormats.Parse(name) ?? throw new CommandException($"there is no weight format '{name}'; there are {string.Join(", ", WeightFormats.All)}");

    internal static ReferenceModel Shape(string name, int context)
    {
        try
        {
            return ReferenceModel.Of(name, context);
        }
        catch (ArgumentException)
        {
            throw new CommandException($"there is no shape '{name}'; there are tiny, 15m and 135m");
        }
    }
}
