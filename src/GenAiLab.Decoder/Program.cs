using GenAiLab.Decoder;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("decoder");
builder.AddDecoder();

var app = builder.Build();
app.MapServiceDefaults();
app.MapDecoder();
return await app.RunServiceAsync();
