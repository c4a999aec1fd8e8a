namespace GenAiLab.Tokenizer.Tests;

/// <summary>One service without any model folder, shared by the tests of a class.</summary>
public sealed class PublicVocabularyHost : IAsyncLifetime
{
    private TokenizerHost? _host;

    internal TokenizerHost Host => _host!;

    public async ValueTask InitializeAsync() => _host = await TokenizerHost.StartAsync();

    public ValueTask DisposeAsync() => _host!.DisposeAsync();
}
