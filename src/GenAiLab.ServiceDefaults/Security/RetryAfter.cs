using System.Globalization;

namespace GenAiLab.ServiceDefaults.Security;

/// <summary>The header Retry-After (RFC 9110 §10.2.3).</summary>
public static class RetryAfter
{
    /// <summary>Whole seconds, never too few.</summary>
    public static string Seconds(TimeSpan delay) => Math.Ceiling(Math.Max(0, delay.TotalSeconds)).ToString("0", CultureInfo.InvariantCulture);
}
