using GenAiLab.Fuzz;
using SharpFuzz;

// fuzz list | fuzz seed FOLDER | fuzz TARGET (under afl-fuzz) | fuzz TARGET FILE... (once each, to look into a finding)
switch (args)
{
    case ["list"]:
        Console.WriteLine(string.Join('\n', FuzzTargets.All.Keys));
        return 0;
    case ["seed", var folder]:
        Seeds.Write(folder);
        return 0;
    case [var name] when FuzzTargets.All.TryGetValue(name, out var target):
        Fuzzer.Run(stream =>
        {
            using var buffer = new MemoryStream();
            stream.CopyTo(buffer);
            target(buffer.ToArray());
        });
        return 0;
    case [var name, .. var files] when FuzzTargets.All.TryGetValue(name, out var target):
        foreach (var file in files)
        {
            Console.WriteLine($"{file}: {(target(File.ReadAllBytes(file)) ? "taken" : "refused")}");
        }

        return 0;
    default:
        Console.Error.WriteLine("usage: GenAiLab.Fuzz list | seed FOLDER | TARGET [FILE...]");
        return 2;
}
