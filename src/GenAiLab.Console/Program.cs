using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.WebConsole.Web;

var builder = WebApplication.CreateBuilder(args);
if (args is [HealthProbe.Argument])
{
    return await HealthProbe.RunAsync(builder.Configuration);
}

builder.AddServiceDefaults("console");
builder.AddWebConsole();

var app = builder.Build();
app.UseWebConsole();
app.MapServiceDefaults();
app.MapWebConsole();
return await app.RunServiceAsync();
