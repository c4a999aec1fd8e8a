using GenAiLab.Classifier;
using GenAiLab.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("classifier");
builder.AddClassifier();

var app = builder.Build();
app.MapServiceDefaults();
app.MapClassifier();
await app.RunAsync();
