using GenAiLab.Decoder;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Health;
using GenAiLab.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
if (args is [HealthProbe.Argument])
{
    return await HealthProbe.RunAsync(builder.Configuration);
}

builder.AddServiceDefaults("decoder");
builder.AddDecoder();

var app = builder.Build();
app.MapServiceDefaults();
app.MapDecoder();
return await app.RunServiceAsync();
