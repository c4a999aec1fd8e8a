using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace GenAiLab.WebConsole.Web.Access;

/// <summary>The form that takes the token. The token travels in the body of a request alone: addresses are kept and logged.</summary>
internal static class SignIn
{
    public const string Path = "/sign-in";

    /// <summary>The field that says where to go afterwards.</summary>
    public const string Target = "to";

    private const string User = "user";

    public static RazorComponentResult<SignInPage> Show([FromQuery(Name = Target)] string? to) => Page(to, failed: false);

    /// <summary>Signs in who knows the token. The request's forgery token was checked before.</summary>
    public static async Task<IResult> TryAsync([FromForm(Name = "token")] string? offered, [FromForm(Name = Target)] string? to, AccessToken access, HttpContext context)
    {
        if (!access.Is(offered))
        {
            return Page(to, failed: true);
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, User)], CookieAuthenticationDefaults.AuthenticationScheme);
        await context.SignInAsync(new ClaimsPrincipal(identity));
        // Nobody is sent to another site by a link to this one.
        return Results.LocalRedirect(RedirectHttpResult.IsLocalUrl(to) ? to! : "/");
    }

    private static RazorComponentResult<SignInPage> Page(string? to, bool failed) => new(new Dictionary<string, object?> { [nameof(SignInPage.To)] = to, [nameof(SignInPage.Failed)] = failed })
    {
        StatusCode = failed ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK,
    };
}
