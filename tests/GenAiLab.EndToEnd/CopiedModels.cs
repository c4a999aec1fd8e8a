namespace GenAiLab.EndToEnd;

/// <summary>A models folder of its own, to be damaged.</summary>
internal sealed class CopiedModels : IDisposable
{
    public CopiedModels(params string[] models)
    {
        foreach (var model in models)
        {
            var target = Directory.CreateDirectory(Path.Combine(Root, model)).FullName;
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Lab.Repository, "models", model)))
            {
                File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
            }
        }
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("genailab-models-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
