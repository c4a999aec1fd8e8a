namespace GenAiLab.WebConsole.Web;

/// <summary>
/// What a browser is told and asked. Scripts, style sheets and connections come from this server alone and none stands in a
/// page, so text that slipped through as HTML could do nothing. Only an element's own style attribute is taken: the components
/// place what they draw by it. Whoever comes from another origin is refused: a web
/// socket asks no browser for leave.
/// </summary>
internal sealed class BrowserRules(RequestDelegate next)
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; img-src 'self' data:; media-src data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        // Its own pages get one: without, a form of the sign-in page would say that it comes from nowhere.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin] && !IsOurs(origin, context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }

        return next(context);
    }

    private static bool IsOurs(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var from) && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
}
