using GenAiLab.Orchestrator;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
if (args is [HealthProbe.Argument])
{
    return await HealthProbe.RunAsync(builder.Configuration);
}

builder.AddServiceDefaults("orchestrator");
builder.AddOrchestrator();

var app = builder.Build();

app.MapServiceDefaults();
app.MapOrchestrator();

return await app.RunServiceAsync();
