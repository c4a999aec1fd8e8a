using GenAiLab.Decoder;
using GenAiLab.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("decoder");
builder.AddDecoder();

var app = builder.Build();
app.MapServiceDefaults();
app.MapDecoder();
await app.RunAsync();
