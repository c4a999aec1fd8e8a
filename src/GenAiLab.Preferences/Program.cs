using GenAiLab.Preferences;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("preferences");
builder.AddPreferences();

var app = builder.Build();
app.MapServiceDefaults();
app.MapPreferences();
return await app.RunServiceAsync();
