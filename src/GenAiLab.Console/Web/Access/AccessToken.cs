using System.Security.Cryptography;
using System.Text;
using GenAiLab.Security;

namespace GenAiLab.WebConsole.Web.Access;

/// <summary>What users of a console that other machines can reach must know. Its hash is kept, and nothing else of it.</summary>
internal sealed class AccessToken
{
    /// <summary><c>Console:Token</c>: the token itself, best in the environment, which no process list shows.</summary>
    public const string Setting = "Console:Token";

    /// <summary><c>Console:TokenFile</c>: a file with nothing but the token.</summary>
    public const string FileSetting = "Console:TokenFile";

    // 128 random bits in the 64 characters of base64url.
    private const int MinimumLength = 22;

    private readonly byte[] _hash;

    private AccessToken(string token) => _hash = Hash(token);

    /// <summary>Whether a token is set: without one the console asks for none, and listens on loopback alone.</summary>
    public static bool IsSet(IConfiguration configuration) => configuration[Setting] is { Length: > 0 } || configuration[FileSetting] is { Length: > 0 };

    /// <summary>The token that is set.</summary>
    /// <exception cref="SecurityFileException">It cannot be read, or could be guessed.</exception>
    public static AccessToken Read(IConfiguration configuration)
    {
        var (name, token) = NamedPath.From(FileSetting, configuration[FileSetting]) is { } file
            ? (file.ToString(), Content(file))
            : (Setting, configuration[Setting] ?? "");
        return token.Length >= MinimumLength
            ? new AccessToken(token)
            : throw new SecurityFileException($"{name} must have {MinimumLength} characters at least, drawn by chance (openssl rand -base64 24)");
    }

    /// <summary>Whether this is the token; how long the answer takes does not tell how much of it is right.</summary>
    public bool Is(string? offered) => CryptographicOperations.FixedTimeEquals(_hash, Hash(offered?.Trim() ?? ""));

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static string Content(NamedPath file)
    {
        try
        {
            return File.ReadAllText(file.Path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SecurityFileException($"{file} cannot be read: {error.Message}", error);
        }
    }
}
