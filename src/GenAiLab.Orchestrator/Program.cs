using GenAiLab.Orchestrator;
using GenAiLab.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults("orchestrator");
builder.AddOrchestrator();

var app = builder.Build();

app.MapServiceDefaults();
app.MapOrchestrator();

await app.RunAsync();
