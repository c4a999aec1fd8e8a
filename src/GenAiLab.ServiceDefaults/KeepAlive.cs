using Microsoft.Extensions.Configuration;

namespace GenAiLab.ServiceDefaults;

/// <summary>
/// Configuration section <c>Connections</c>: how soon a connection is given up whose other end is gone without a word, a
/// half-open one. TCP itself takes a quarter of an hour, and never notices where nothing is to be sent: until then a stream in step
/// mode would hold its slot. Servers and clients of the lab alike ask by HTTP/2's PING, which every client answers.
/// </summary>
internal sealed class KeepAlive
{
    /// <summary>A connection from which nothing came for so long is asked whether it lives.</summary>
    public TimeSpan PingAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>It is given up when it does not answer within this time.</summary>
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <exception cref="FormatException">A setting is out of range; the message names it.</exception>
    public static KeepAlive From(IConfiguration configuration)
    {
        const string section = "Connections";
        var settings = configuration.GetSection(section).Get<KeepAlive>() ?? new KeepAlive();
        return IsTime(settings.PingAfter) && IsTime(settings.PingTimeout)
            ? settings
            : throw new FormatException($"{section}:{nameof(PingAfter)} and {section}:{nameof(PingTimeout)} are 00:00:01 to 01:00:00");
    }

    // Less than a second is more than Kestrel and SocketsHttpHandler take.
    private static bool IsTime(TimeSpan time) => time >= TimeSpan.FromSeconds(1) && time <= TimeSpan.FromHours(1);
}
