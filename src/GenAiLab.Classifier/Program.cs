using GenAiLab.Classifier;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
if (args is [HealthProbe.Argument])
{
    return await HealthProbe.RunAsync(builder.Configuration);
}

builder.AddServiceDefaults("classifier");
builder.AddClassifier();

var app = builder.Build();
app.MapServiceDefaults();
app.MapClassifier();
return await app.RunServiceAsync();
