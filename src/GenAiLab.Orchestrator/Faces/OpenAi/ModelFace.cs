using GenAiLab.ServiceDefaults;
using GenAiLab.ServiceDefaults.Security;
using GenAiLab.V1;

namespace GenAiLab.Orchestrator.Faces.OpenAi;

/// <summary>Answers GET /v1/models and /v1/models/{id}: the models that can generate now.</summary>
internal sealed class ModelFace(OwnOrchestrator orchestrator, TimeProvider time)
{
    // When a model was made is not known; the SDKs want a number.
    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    public async Task ListAsync(HttpContext context) =>
        await OpenAiResponse.WriteAsync(context, new ListBody<ModelBody>(await ReadyAsync(context)));

    public async Task GetAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["id"]!;
        var ready = await ReadyAsync(context);
        await OpenAiResponse.WriteAsync(
            context,
            ready.FirstOrDefault(model => model.Id == name) ?? throw RpcErrors.NotFound("model", name, ready.Select(static model => model.Id)));
    }

    private async Task<IReadOnlyList<ModelBody>> ReadyAsync(HttpContext context)
    {
        var listing = await orchestrator.For(context.ApiKeyTenant()).ListModelsAsync(new ListModelsRequest(), cancellationToken: context.RequestAborted);
        return [.. listing.Models.Where(static model => model.State == ModelState.Ready).Select(model => new ModelBody(model.Name, _created))];
    }
}
