using Npgsql;

namespace GenAiLab.Preferences.Storage;

/// <summary><c>postgresql://user:password@host:port/database?sslmode=require</c>, as libpq reads it (section 34.1.1.2).</summary>
internal static class PostgresUri
{
    private static readonly Dictionary<string, string> Keywords = new(StringComparer.Ordinal)
    {
        ["host"] = "Host",
        ["port"] = "Port",
        ["user"] = "Username",
        ["password"] = "Password",
        ["dbname"] = "Database",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["options"] = "Options",
    };

    public static bool IsOne(string text) =>
        text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="FormatException">It is none, or names a parameter that is not known here; the message may be shown.</exception>
    /// <exception cref="ArgumentException">A parameter has a value that it cannot have.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        // "postgresql:///name?host=/folder" has no host, which Uri takes for a file's; a name is put in and not read.
        var start = text.IndexOf("://", StringComparison.Ordinal) + 3;
        var hasHost = start < text.Length && text[start] is not ('/' or '?');
        if (!Uri.TryCreate($"postgresql://{(hasHost ? "" : "localhost")}{text[start..]}", UriKind.Absolute, out var uri))
        {
            throw new FormatException("it is no postgresql:// address");
        }

        var settings = new NpgsqlConnectionStringBuilder { Host = uri.Host };
        if (uri.Port > 0)
        {
            settings.Port = uri.Port;
        }

        if (uri.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var password])
        {
            settings.Username = Uri.UnescapeDataString(user);
            settings.Password = password is [var secret] ? Uri.UnescapeDataString(secret) : null;
        }

        if (uri.AbsolutePath is ['/', _, ..] path)
        {
            settings.Database = Uri.UnescapeDataString(path[1..]);
        }

        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            settings[Keywords.GetValueOrDefault(parts[0]) ?? throw new FormatException($"its parameter '{parts[0]}' is not known")] =
                Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? "");
        }

        return settings;
    }
}
