using System.Diagnostics.CodeAnalysis;

namespace GenAiLab.Constraints.Schemas;

/// <summary>
/// The formats of strings as regular expressions: what they generate is what validators agree on, which is less
/// than each RFC allows.
/// </summary>
internal static class SchemaFormats
{
    private const string Year = "(?:[1-9]\\d{3}|0[1-9]\\d\\d|00[1-9]\\d|000[1-9])";
    private const string LeapYear = "(?:(?:[1-9]\\d|0[1-9])(?:0[48]|[2468][048]|[13579][26])|00(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)";
    private const string Date = $"(?:{Year}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))|{LeapYear}-02-29)";
    private const string Time = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+\\-](?:0\\d|1[0-3]):[0-5]\\d)";
    private const string Label = "[A-Za-z0-9](?:[A-Za-z0-9\\-]{0,30}[A-Za-z0-9])?";
    private const string Hostname = $"{Label}(?:\\.{Label}){{0,6}}";
    private const string Atom = "[A-Za-z0-9](?:[A-Za-z0-9_+\\-]{0,18}[A-Za-z0-9])?";
    private const string Octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private const string Group = "[0-9A-Fa-f]{1,4}";
    private const string PathCharacter = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})";

    private static readonly Dictionary<string, string> Patterns = new(StringComparer.Ordinal)
    {
        // RFC 3339; no leap seconds, and offsets below 14 hours.
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = $"{Date}T{Time}",

        // ISO 8601 as in RFC 3339, appendix A.
        ["duration"] = "P(?:\\d{1,4}W|(?:\\d{1,4}D|\\d{1,4}M(?:\\d{1,4}D)?|\\d{1,4}Y(?:\\d{1,4}M(?:\\d{1,4}D)?)?)(?:T(?:\\d{1,4}H(?:\\d{1,4}M(?:\\d{1,4}S)?)?|\\d{1,4}M(?:\\d{1,4}S)?|\\d{1,4}S))?"
            + "|T(?:\\d{1,4}H(?:\\d{1,4}M(?:\\d{1,4}S)?)?|\\d{1,4}M(?:\\d{1,4}S)?|\\d{1,4}S))",
        ["uuid"] = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
        ["email"] = $"{Atom}(?:\\.{Atom}){{0,2}}@(?:{Label}\\.){{1,4}}[A-Za-z]{{2,20}}",
        ["hostname"] = Hostname,
        ["ipv4"] = $"{Octet}(?:\\.{Octet}){{3}}",
        ["ipv6"] = $"(?:{Group}:){{7}}{Group}|(?:{Group}:){{1,7}}:|(?:{Group}:){{1,6}}:{Group}|(?:{Group}:){{1,5}}(?::{Group}){{1,2}}|(?:{Group}:){{1,4}}(?::{Group}){{1,3}}"
            + $"|(?:{Group}:){{1,3}}(?::{Group}){{1,4}}|(?:{Group}:){{1,2}}(?::{Group}){{1,5}}|{Group}:(?::{Group}){{1,6}}|:(?:(?::{Group}){{1,7}}|:)",

        // Of RFC 3986 those with a host.
        ["uri"] = $"[A-Za-z][A-Za-z0-9+.\\-]{{0,15}}://{Hostname}(?::[1-9]\\d{{0,3}})?(?:/{PathCharacter}*)*(?:\\?(?:{PathCharacter}|[/?])*)?(?:#(?:{PathCharacter}|[/?])*)?",
    };

    /// <summary>Names of all formats.</summary>
    public static IEnumerable<string> Names => Patterns.Keys;

    public static bool TryGet(string name, [NotNullWhen(true)] out string? pattern) => Patterns.TryGetValue(name, out pattern);
}
