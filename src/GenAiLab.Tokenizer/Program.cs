using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.Tokenizer;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("tokenizer");
builder.AddTokenizer();

var app = builder.Build();
app.MapServiceDefaults();
app.MapTokenizer();
return await app.RunServiceAsync();
