// The whole lab on one page: five services, who calls whom, what each needs.
//
// Every service has two endpoints: "grpc" speaks HTTP/2 and is what the others call; "http" speaks
// HTTP/1.1 and answers health probes, which an HTTP/2-only port cannot.

var builder = DistributedApplication.CreateBuilder(args);
builder.AddDockerComposeEnvironment("compose");

// The folder of model folders; published deployments mount theirs.
var models = builder.AddParameter("models", Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "../../models")));

var tokenizer = builder.AddProject<Projects.GenAiLab_Tokenizer>("tokenizer")
    .WithEnvironment("Models__Root", models)
    .WithHttpHealthCheck("/health", endpointName: "http");

var classifier = builder.AddProject<Projects.GenAiLab_Classifier>("classifier")
    .WithEnvironment("Models__Root", models)
    .WithReference(tokenizer.GetEndpoint("grpc"))
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WaitFor(tokenizer);

var decoder = builder.AddProject<Projects.GenAiLab_Decoder>("decoder")
    .WithEnvironment("Models__Root", models)
    .WithHttpHealthCheck("/health", endpointName: "http");

builder.AddProject<Projects.GenAiLab_Orchestrator>("orchestrator")
    .WithReference(tokenizer.GetEndpoint("grpc"))
    .WithReference(classifier.GetEndpoint("grpc"))
    .WithReference(decoder.GetEndpoint("grpc"))
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithExternalHttpEndpoints()
    .WaitFor(tokenizer)
    .WaitFor(decoder);

// Who prefers which answer: a SQLite file in the user's data folder unless Preferences:ConnectionString says otherwise.
var preferences = builder.AddProject<Projects.GenAiLab_Preferences>("preferences")
    .WithHttpHealthCheck("/health", endpointName: "http");
if (builder.Configuration["Preferences:ConnectionString"] is { Length: > 0 } connection)
{
    preferences.WithEnvironment("Preferences__ConnectionString", connection);
}

builder.Build().Run();
