using GenAiLab.Models.Folders;

namespace GenAiLab.Classifier.Folders;

/// <summary>Opens model folders that hold a classifier: the lab's own and what Hugging Face's Optimum exports.</summary>
internal static class ClassifierFolder
{
    /// <summary>Whether a folder may be a classifier, by the files in it.</summary>
    public static bool MayBeClassifier(string folder) =>
        File.Exists(Path.Combine(folder, ClassifierConfig.FileName)) && !File.Exists(Path.Combine(folder, GenAiConfig.FileName));

    /// <summary>
    /// Reads, checks and warms up a classifier; null where the folder holds another kind of model. Whether it takes
    /// texts, images, films or sounds is told by the inputs of its graph.
    /// </summary>
    /// <exception cref="ModelFolderException">The folder cannot be used; the message names the file.</exception>
    public static ClassifierModel? Open(string folder, int threads)
    {
        if (ClassifierConfig.Read(folder) is not { } config)
        {
            return null;
        }

        var graph = ClassifierGraph.Open(folder, config.Labels.Count, threads);
        try
        {
            if (graph.Inputs.ContainsKey(TextClassifier.InputIds))
            {
                return TextClassifier.Open(folder, config, graph);
            }

            if (graph.Inputs.ContainsKey(SoundClassifier.InputValues))
            {
                return SoundClassifier.Open(folder, config, graph);
            }

            if (FilmClassifier.IsFilm(graph))
            {
                return FilmClassifier.Open(folder, config, graph);
            }

            return graph.Inputs.ContainsKey(ImageClassifier.PixelValues)
                ? ImageClassifier.Open(folder, config, graph)
                : throw graph.Refuse($"it has neither an input {TextClassifier.InputIds} nor {ImageClassifier.PixelValues} nor {SoundClassifier.InputValues}");
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }
}
