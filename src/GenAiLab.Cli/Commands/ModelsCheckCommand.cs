using System.CommandLine;
using GenAiLab.Benchmarks.Folders;
using GenAiLab.Classifier.Folders;
using GenAiLab.Models.Folders;

namespace GenAiLab.Cli.Commands;

/// <summary><c>lab models check</c>: what is in a folder, what will work, how fast, and what is wrong with it.</summary>
internal static class ModelsCheckCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A folder, or its name in models/." };
        var threads = new Option<int>("--threads") { Description = "Threads of ONNX Runtime; 0: as many as there are cores." };
        var command = new Command("check", "Says what is in a model folder, what works and how fast; exit code 1 when it cannot be served.") { model, threads };
        command.SetAction(async (arguments, cancellation) =>
        {
            var report = new FolderReport();
            var exit = await CommandErrors.RunAsync(
                cancelled =>
                {
                    Check(Folder(arguments.GetRequiredValue(model)), arguments.GetValue(threads), report, cancelled);
                    return Task.CompletedTask;
                },
                cancellation);
            return report.Problems.Count > 0 ? CommandErrors.Failure : exit;
        });
        return command;
    }

    private static void Check(string folder, int threads, FolderReport report, CancellationToken cancellation)
    {
        FolderContents.DescribeFiles(folder, report);
        if (DecoderConfig.IsDecoder(folder))
        {
            report.Add("kind", "decoder");
            DecoderCheck.Run(folder, threads, report, cancellation);
        }
        else if (File.Exists(Path.Combine(folder, HuggingFaceConfig.FileName)))
        {
            CheckClassifier(folder, threads, report);
        }
        else
        {
            report.Refuse($"it has neither {GenAiConfig.FileName} nor {HuggingFaceConfig.FileName}: no model is recognised");
        }

        Print(Path.GetFileName(folder), report);
    }

    private static void CheckClassifier(string folder, int threads, FolderReport report)
    {
        try
        {
            using var classifier = ClassifierFolder.Open(folder, threads);
            if (classifier is null)
            {
                report.Refuse($"{HuggingFaceConfig.FileName}: neither a decoder, which its architectures would say, nor a classifier, which has labels");
                return;
            }

            report.Add("kind", "classifier");
            report.Add("takes", classifier is ImageClassifier ? "images" : "texts");
            report.Add("labels", $"{string.Join(", ", classifier.Labels.Take(20))}{(classifier.Labels.Count > 20 ? $" and {classifier.Labels.Count - 20} more" : "")}; {(classifier.Exclusive ? "one of them holds" : "each holds or not")}");
            if (classifier is not ImageClassifier)
            {
                FolderContents.DescribeTokenizer(folder, vocabularySize: null, report);
            }
        }
        catch (ModelFolderException error)
        {
            report.Refuse(error.Message);
        }
    }

    private static void Print(string name, FolderReport report)
    {
        Console.WriteLine(name);
        foreach (var line in report.Lines)
        {
            Console.WriteLine($"  {line}");
        }

        foreach (var problem in report.Problems)
        {
            Console.WriteLine($"  wrong       {problem}");
        }

        Console.WriteLine(report.Problems.Count == 0 ? "It can be served." : "It cannot be served.");
    }

    private static string Folder(string model) =>
        Directory.Exists(model) ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))
        : model == Path.GetFileName(model) && Path.Combine(ModelsRoot.Find(null, Environment.CurrentDirectory), model) is var named && Directory.Exists(named) ? named
        : throw new CommandException($"there is no folder '{model}'");
}
