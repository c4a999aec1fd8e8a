using GenAiLab.Orchestrator;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults("orchestrator");
builder.AddOrchestrator();

var app = builder.Build();

app.MapServiceDefaults();
app.MapOrchestrator();

return await app.RunServiceAsync();
