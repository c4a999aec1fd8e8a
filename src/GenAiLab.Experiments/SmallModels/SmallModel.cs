using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Base;

namespace GenAiLab.Experiments.SmallModels;

/// <summary>A model that an experiment trains for itself: pre-training as <c>lab train base</c> does it, on a corpus of its own.</summary>
/// <param name="Name">Its folder, and with it its name in the Decoder service.</param>
/// <param name="Options">Size and length of the training.</param>
/// <param name="Corpus">What it reads.</param>
/// <param name="Vocabulary">What the ids of the corpus mean.</param>
internal sealed record SmallModel(string Name, BaseTrainingOptions Options, TokenizedCorpus Corpus, ByteLevelBpe Vocabulary)
{
    /// <summary>Changes nothing; the tests put something in its place that breaks the model on purpose.</summary>
    public static SmallModel AsPlanned(SmallModel model) => model;
}
