using System.Threading.RateLimiting;
using GenAiLab.ServiceDefaults.Security;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;

namespace GenAiLab.WebConsole.Web.Access;

/// <summary>
/// Where a token is set, whoever has not signed in with it gets the sign-in page in place of every page, and 401 for all
/// else but health and the files of the sign-in page, which are the same for everyone.
/// </summary>
internal static class AccessExtensions
{
    private const string CookieName = "genailab-console";
    private static readonly TimeSpan SignedInFor = TimeSpan.FromHours(12);

    public static void AddAccess(this WebApplicationBuilder builder)
    {
        var isSet = AccessToken.IsSet(builder.Configuration);
        builder.Services.AddSingleton(provider =>
        {
            if (isSet)
            {
                // What is wrong with it is said when the console starts, and not to the first user.
                provider.GetRequiredService<AccessToken>();
            }

            return new OwnCallerCheck(isSet, $"Give it a token ({AccessToken.Setting} or {AccessToken.FileSetting}, or lab up --public)");
        });
        if (!isSet)
        {
            return;
        }

        builder.Services.AddSingleton(static provider => AccessToken.Read(provider.GetRequiredService<IConfiguration>()));
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(static options =>
        {
            options.Cookie.Name = CookieName;
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.ExpireTimeSpan = SignedInFor;
            options.SlidingExpiration = false;
            options.LoginPath = SignIn.Path;
            options.ReturnUrlParameter = SignIn.Target;
            options.Events.OnRedirectToLogin = ChallengeAsync;
        });
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        builder.Services.AddRateLimiter(static limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(SignInTries.Of);
            limiter.OnRejected = SignInTries.RefuseAsync;
        });
    }

    public static void UseAccess(this WebApplication app)
    {
        if (AccessToken.IsSet(app.Configuration))
        {
            app.UseRateLimiter();
            app.UseAuthentication();
            app.UseAuthorization();
        }
    }

    public static void MapAccess(this WebApplication app)
    {
        if (AccessToken.IsSet(app.Configuration))
        {
            app.MapGet(SignIn.Path, SignIn.Show).AllowAnonymous();
            app.MapPost(SignIn.Path, SignIn.TryAsync).AllowAnonymous();
        }
    }

    // A script that asks, such as Blazor's for its hub, could do nothing with a page.
    private static Task ChallengeAsync(Microsoft.AspNetCore.Authentication.RedirectContext<CookieAuthenticationOptions> context)
    {
        if (HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Redirect(context.RedirectUri);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }

        return Task.CompletedTask;
    }
}
