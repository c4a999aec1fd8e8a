using GenAiLab.V1;

namespace GenAiLab.Experiments.Tests.Sabotage;

/// <summary>Serves the model of stage 2 under the name of stage 3: as if RLHF had done nothing.</summary>
public sealed class WrongStage : BrokenCalls
{
    protected override object OnRequest(object request)
    {
        if (request is not GenerateRequest { Model: "lab-chat" } generate)
        {
            return request;
        }

        var broken = generate.Clone();
        broken.Model = "lab-sft";
        return broken;
    }
}
