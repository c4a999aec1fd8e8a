using GenAiLab.Preferences;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
if (args is [HealthProbe.Argument])
{
    return await HealthProbe.RunAsync(builder.Configuration);
}

builder.AddServiceDefaults("preferences");
builder.AddPreferences();

var app = builder.Build();
app.MapServiceDefaults();
app.MapPreferences();
return await app.RunServiceAsync();
