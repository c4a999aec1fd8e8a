using GenAiLab.Models.Folders;
using GenAiLab.Models.Llama;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Chat;

namespace GenAiLab.Training.Verbs;

/// <summary>A model that a stage starts from, with its vocabulary.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Model">Shape, weights and token ids.</param>
/// <param name="Tokenizer">Its vocabulary.</param>
/// <param name="Format">How it spells conversations.</param>
public sealed record StageStart(string Name, LlamaWeights Model, ByteLevelBpe Tokenizer, ChatFormat Format);

/// <summary>The folders that stages hand on to each other.</summary>
public static class StageFolders
{
    /// <summary>Opens the folder of the stage before.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="command">The command that writes it, such as "lab train base".</param>
    /// <exception cref="InvalidOperationException">It is not there: the message names the command to run first.</exception>
    /// <exception cref="ModelFolderException">It is there and cannot be trained further.</exception>
    public static StageStart Open(string folder, string command)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        if (!File.Exists(Path.Combine(folder, GenAiConfig.FileName)))
        {
            throw new InvalidOperationException($"this stage starts from {name}, which is not there: run '{command}' first");
        }

        var model = LlamaFolder.Read(folder);
        var tokenizer = ByteLevelBpe.Load(Path.Combine(folder, "tokenizer.json"));
        if (tokenizer.VocabularySize != model.Config.VocabularySize)
        {
            throw new ModelFolderException(
                "tokenizer.json", $"has {tokenizer.VocabularySize:N0} entries, the model {model.Config.VocabularySize:N0}");
        }

        try
        {
            return new StageStart(name, model, tokenizer, new ChatFormat(tokenizer));
        }
        catch (KeyNotFoundException error)
        {
            throw new ModelFolderException(
                "tokenizer.json", $"the vocabulary of {name} has no chat tokens: train it anew with 'lab train base'", error);
        }
    }
}
