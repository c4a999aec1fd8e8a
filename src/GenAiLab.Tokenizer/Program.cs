using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.Tokenizer;

var builder = WebApplication.CreateBuilder(args);
if (args is [HealthProbe.Argument])
{
    return await HealthProbe.RunAsync(builder.Configuration);
}

builder.AddServiceDefaults("tokenizer");
builder.AddTokenizer();

var app = builder.Build();
app.MapServiceDefaults();
app.MapTokenizer();
return await app.RunServiceAsync();
