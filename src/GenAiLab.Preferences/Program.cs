using GenAiLab.Preferences;
using GenAiLab.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("preferences");
builder.AddPreferences();

var app = builder.Build();
app.MapServiceDefaults();
app.MapPreferences();
await app.RunAsync();
