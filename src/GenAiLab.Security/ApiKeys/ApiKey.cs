using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace GenAiLab.Security.ApiKeys;

/// <summary>
/// What is kept of an API key: everything but the key. A key is 256 random bits, so one SHA-256 is
/// enough: there is no dictionary to try, and nothing that a slow hash could slow down.
/// </summary>
public sealed record ApiKey
{
    /// <summary>Every key begins with this, so that scanners for leaked secrets can find one.</summary>
    public const string Prefix = "genailab_";

    /// <summary>Names the key in logs and on the command line.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 of the key's UTF-8.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>What it may do: some of <see cref="ApiScopes"/>.</summary>
    public required IReadOnlySet<string> Scopes { get; init; }

    /// <summary>Calls it may start in a minute.</summary>
    public required int PerMinute { get; init; }

    /// <summary>Whose prefixes and preferences it shares. Keys of one tenant profit from one another's prompts, and could tell that they were asked.</summary>
    public required string Tenant { get; init; }

    /// <summary>A new key's text, shown once, and what is kept of it.</summary>
    public static (string Text, ApiKey Kept) Create(IReadOnlySet<string> scopes, int perMinute, string? tenant)
    {
        var text = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var id = "k-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        return (text, new ApiKey { Id = id, Hash = HashOf(text), Scopes = scopes, PerMinute = perMinute, Tenant = tenant ?? id });
    }

    /// <summary>What a presented key is compared by.</summary>
    public static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}

/// <summary>What keys can be allowed to do.</summary>
public static class ApiScopes
{
    /// <summary>Generation, models, and the decoder's data plane.</summary>
    public const string Generate = "generate";

    /// <summary>The tokenizer.</summary>
    public const string Tokenize = "tokenize";

    /// <summary>The classifier.</summary>
    public const string Classify = "classify";

    /// <summary>The preferences of its tenant.</summary>
    public const string Preferences = "preferences";

    /// <summary>Loading, draining and unloading models.</summary>
    public const string Control = "control";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Generate, Tokenize, Classify, Preferences, Control];
}
