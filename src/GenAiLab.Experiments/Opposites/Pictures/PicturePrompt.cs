using GenAiLab.Training.Pictures;

namespace GenAiLab.Experiments.Opposites.Pictures;

/// <summary>A caption that names all that there is to name.</summary>
internal sealed record PicturePrompt(Subject Subject) : Prompt(Caption.Of(Subject), KindOf(Subject))
{
    private static int KindOf(Subject subject) => Array.IndexOf([.. Artist.Kinds], subject.Kind);
}
