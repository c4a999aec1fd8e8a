using GenAiLab.Classifier;
using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("classifier");
builder.AddClassifier();

var app = builder.Build();
app.MapServiceDefaults();
app.MapClassifier();
return await app.RunServiceAsync();
