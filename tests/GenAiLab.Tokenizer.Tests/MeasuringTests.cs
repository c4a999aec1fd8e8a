using System.Text;
using GenAiLab.Models.Tokenization;
using GenAiLab.Training.Chat;
using GenAiLab.V1;
using Google.Rpc;
using Grpc.Core;
using ChatMessage = GenAiLab.V1.ChatMessage;

namespace GenAiLab.Tokenizer.Tests;

public sealed class MeasuringTests(MeasuringTests.ChatHost fixture) : IClassFixture<MeasuringTests.ChatHost>
{
    private const string Cl100k = "cl100k_base";

    // A system turn, if it is first; then user and assistant in turn, as published templates demand.
    private const string StrictTemplate =
        """
        {% set turns = messages %}{% if messages[0].role == 'system' %}{{ '<|user|>' + messages[0].content + '<|end|>' }}{% set turns = messages[1:] %}{% endif %}{% for m in turns %}{% if m.role == 'system' %}{{ raise_exception('system comes first') }}{% endif %}{% if loop.first and m.role != 'user' %}{{ raise_exception('begin with user') }}{% endif %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}
        """;

    private V1.Tokenizer.TokenizerClient Client => fixture.Host.Client;

    [Fact]
    public async Task A_batch_has_the_ids_of_its_texts_one_by_one()
    {
        string[] texts = ["Hello, world!", "", "こんにちは 🙂", "a<|endoftext|>b"];
        foreach (var parse in new[] { false, true })
        {
            var batch = await Client.EncodeBatchAsync(new EncodeBatchRequest { Vocabulary = Cl100k, Texts = { texts }, ParseSpecialTokens = parse }, Options());
            Assert.Equal(Cl100k, batch.Vocabulary.Name);
            Assert.Equal(texts.Length, batch.Texts.Count);
            for (var at = 0; at < texts.Length; at++)
            {
                var single = await Client.EncodeAsync(new EncodeRequest { Vocabulary = Cl100k, Text = texts[at], ParseSpecialTokens = parse }, Options());
                Assert.Equal(single.Tokens.Select(static token => token.Id), batch.Texts[at].Ids);
                var counted = await Client.CountTokensAsync(new CountTokensRequest { Vocabulary = Cl100k, Text = texts[at], ParseSpecialTokens = parse }, Options());
                Assert.Equal(single.Tokens.Count, counted.Tokens);
            }
        }
    }

    [Fact]
    public async Task Too_many_texts_and_too_much_text_are_refused()
    {
        await AssertInvalid("texts", async () => await Client.EncodeBatchAsync(new EncodeBatchRequest { Vocabulary = Cl100k }, Options()));
        await AssertInvalid("texts", async () => await Client.EncodeBatchAsync(new EncodeBatchRequest { Vocabulary = Cl100k, Texts = { Enumerable.Repeat("x", 1025) } }, Options()));
        var half = new string('x', 600_000);
        await AssertInvalid("texts", async () => await Client.EncodeBatchAsync(new EncodeBatchRequest { Vocabulary = Cl100k, Texts = { half, half } }, Options()));
        await AssertInvalid("input", async () => await Client.CountTokensAsync(new CountTokensRequest { Vocabulary = Cl100k }, Options()));
    }

    [Fact]
    public async Task A_vocabulary_is_described_by_its_parts()
    {
        var chat = await Client.DescribeVocabularyAsync(new DescribeVocabularyRequest { Vocabulary = "chat" }, Options());
        Assert.Equal(("BPE", true, false, ""), (chat.Model, chat.HasChatTemplate, chat.HasTools, chat.ChatTemplateFailure));
        Assert.Empty(chat.Normalizers);
        Assert.Equal(["ByteLevel", "TemplateProcessing", "ByteLevel"], [.. chat.PreTokenizers, .. chat.PostProcessors, .. chat.Decoders]);
        Assert.Equal(
            new[] { ChatFormat.AssistantToken, ChatFormat.EndToken, "<|endoftext|>", ChatFormat.UserToken }.Order(StringComparer.Ordinal),
            chat.SpecialTokens.Select(static token => token.Text).Order(StringComparer.Ordinal));
        Assert.All(chat.SpecialTokens, static token => Assert.True(token.Control));

        var ranked = await Client.DescribeVocabularyAsync(new DescribeVocabularyRequest { Vocabulary = Cl100k }, Options());
        Assert.Equal(("tiktoken", 100277, false), (ranked.Model, ranked.Vocabulary.Size, ranked.HasChatTemplate));
        Assert.Contains(new SpecialToken { Id = 100257, Text = "<|endoftext|>", Control = true }, ranked.SpecialTokens);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await Client.DescribeVocabularyAsync(new DescribeVocabularyRequest { Vocabulary = "no-such" }, Options()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task A_conversation_is_counted_as_it_is_encoded()
    {
        ChatMessage[] messages = [Turn("user", "What is the capital?"), Turn("assistant", "Paris it is.")];
        var encoded = await Client.EncodeChatAsync(new EncodeChatRequest { Vocabulary = "chat", Messages = { messages }, AddGenerationPrompt = true }, Options());
        var counted = await Client.CountTokensAsync(new CountTokensRequest { Vocabulary = "chat", Chat = new ChatMessages { Messages = { messages } } }, Options());
        Assert.Equal((encoded.Tokens.Count, 7), (counted.Tokens, counted.Words));
        await AssertInvalid("chat.messages[0].role", async () => await Client.CountTokensAsync(
            new CountTokensRequest { Vocabulary = "chat", Chat = new ChatMessages { Messages = { Turn("", "x") } } }, Options()));
    }

    [Fact]
    public async Task The_window_is_given_in_tokens_and_words()
    {
        var window = await Client.MeasureWindowAsync(
            new MeasureWindowRequest { Vocabulary = Cl100k, Text = "The cat sat on the mat", ContextLength = 128_000, ReservedTokens = 1000 }, Options());
        Assert.Equal((6, 127_000, true, 126_994), (window.Tokens, window.PromptLimit, window.Fits, window.TokensLeft));
        Assert.Equal((6, 128_000L, 96_000L), (window.Words, window.WindowWords, window.WindowWordsByRule));
        Assert.Equal((0, 6), (window.CutTokens, window.KeptTokens));
    }

    [Fact]
    public async Task What_is_too_long_is_rejected_or_cut_from_the_left()
    {
        const string text = "one two three four five six";
        var request = new MeasureWindowRequest { Vocabulary = Cl100k, Text = text, ContextLength = 5, ReservedTokens = 2 };
        var rejected = await Client.MeasureWindowAsync(request, Options());
        Assert.Equal((6, 3, false, -3, 0), (rejected.Tokens, rejected.PromptLimit, rejected.Fits, rejected.TokensLeft, rejected.CutTokens));

        request.Overflow = ContextOverflow.TruncateLeft;
        var cut = await Client.MeasureWindowAsync(request, Options());
        Assert.Equal((3, 3, "one two three".Length, "one two three".Length), (cut.CutTokens, cut.KeptTokens, cut.CutBytes, cut.CutChars));
    }

    [Fact]
    public async Task A_character_that_is_cut_through_is_left_out()
    {
        const string text = "a👾b"; // The character is several tokens.
        var tokens = (await Client.EncodeAsync(new EncodeRequest { Vocabulary = Cl100k, Text = text }, Options())).Tokens;
        for (var limit = 1; limit < tokens.Count; limit++)
        {
            var cut = await Client.MeasureWindowAsync(
                new MeasureWindowRequest { Vocabulary = Cl100k, Text = text, ContextLength = limit + 1, Overflow = ContextOverflow.TruncateLeft }, Options());
            Assert.Equal((tokens.Count - limit, limit), (cut.CutTokens, cut.KeptTokens));
            Assert.Equal(Encoding.UTF8.GetByteCount(text.AsSpan(0, cut.CutChars)), cut.CutBytes);
            Assert.True(cut.CutBytes >= tokens[tokens.Count - limit].ByteOffset, "what is cut is at least the tokens");
            Assert.False(cut.CutChars < text.Length && char.IsLowSurrogate(text[cut.CutChars]), "no half character is left");
        }
    }

    [Fact]
    public async Task The_token_that_begins_a_sequence_is_never_cut()
    {
        var window = await Client.MeasureWindowAsync(
            new MeasureWindowRequest { Vocabulary = "chat", Text = "user assistant", ContextLength = 3, Overflow = ContextOverflow.TruncateLeft }, Options());
        Assert.Equal((2, 2), (window.KeptTokens, window.PromptLimit));
        var least = await Client.MeasureWindowAsync(
            new MeasureWindowRequest { Vocabulary = "chat", Text = "user assistant", ContextLength = 2, Overflow = ContextOverflow.TruncateLeft }, Options());
        Assert.Equal((1, "user assistant".Length), (least.KeptTokens, least.CutChars)); // Only it is left.
    }

    [Theory]
    [InlineData(1000, "")]
    [InlineData(60, "1,2")]
    [InlineData(35, "1,2,3,4")]
    public async Task Old_turns_of_a_conversation_go_first_but_not_its_instructions(int limit, string expected)
    {
        ChatMessage[] messages =
        [
            Turn("system", "What is"), Turn("user", "the capital of France? the capital"), Turn("assistant", "Paris. Paris. Paris."),
            Turn("user", "What is the capital"), Turn("assistant", "of France?"), Turn("user", "end of text"),
        ];
        var all = await MeasureAsync(messages, 100_000);
        var cut = await MeasureAsync(messages, limit * all.Tokens / 100 + 1);
        Assert.Equal(expected, string.Join(',', cut.CutMessages));
        var kept = messages.Where((_, index) => !cut.CutMessages.Contains(index)).ToArray();
        Assert.Equal((await MeasureAsync(kept, 100_000)).Tokens, cut.KeptTokens);
        Assert.Equal(all.Tokens - cut.KeptTokens, cut.CutTokens);
        Assert.True(cut.KeptTokens <= cut.PromptLimit);
    }

    [Fact]
    public async Task A_last_turn_that_is_too_long_alone_is_refused()
    {
        var error = await AssertInvalid("chat.messages", async () => await MeasureAsync([Turn("user", "x"), Turn("assistant", "y"), Turn("user", "What is the capital of France?")], 4));
        Assert.Contains("even the last one alone", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("context_length", 1, 0)]
    [InlineData("context_length", 16_777_217, 0)]
    [InlineData("reserved_tokens", 10, 10)]
    [InlineData("reserved_tokens", 10, -1)]
    public async Task A_window_that_is_none_is_refused(string field, int context, int reserved) => await AssertInvalid(field, async () =>
        await Client.MeasureWindowAsync(new MeasureWindowRequest { Vocabulary = Cl100k, Text = "x", ContextLength = context, ReservedTokens = reserved }, Options()));

    private async Task<MeasureWindowResponse> MeasureAsync(IEnumerable<ChatMessage> messages, int context) => await Client.MeasureWindowAsync(
        new MeasureWindowRequest { Vocabulary = "strict", Chat = new ChatMessages { Messages = { messages } }, ContextLength = context, Overflow = ContextOverflow.TruncateLeft },
        Options());

    private static ChatMessage Turn(string role, string content) => new() { Role = role, Content = content };

    private static async Task<RpcException> AssertInvalid(string field, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(field, Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations).Field);
        return error;
    }

    private static CallOptions Options() =>
        new(deadline: DateTime.UtcNow + TokenizerHost.Patience, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>A tokenizer over one small vocabulary, with a lenient and a strict template.</summary>
    public sealed class ChatHost : IAsyncLifetime
    {
        private static readonly string[] Corpus = [.. Enumerable.Repeat("What is the capital of France? Paris. user assistant end of text", 20)];

        internal TokenizerHost Host { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Host = await TokenizerHost.StartAsync(static models =>
        {
            var vocabulary = ByteLevelBpeTrainer.Train(Corpus, 320, ChatFormat.UserToken, ChatFormat.AssistantToken, ChatFormat.EndToken);
            vocabulary.Save(Directory.CreateDirectory(Path.Combine(models, "chat")).FullName, ChatFormat.Template, ChatFormat.EndToken);
            vocabulary.Save(Directory.CreateDirectory(Path.Combine(models, "strict")).FullName, StrictTemplate, ChatFormat.EndToken);
        });

        public async ValueTask DisposeAsync() => await Host.DisposeAsync();
    }
}
