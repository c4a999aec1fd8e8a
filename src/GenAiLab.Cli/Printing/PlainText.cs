using GenAiLab.V1;

namespace GenAiLab.Cli.Printing;

/// <summary>Shows the events of a generation.</summary>
internal interface IGenerationPrinter
{
    void Print(GenerateResponse response);
}

/// <summary>The generated text and nothing else, as it arrives; a warning when it did not end by itself.</summary>
internal sealed class PlainText(TextWriter output) : IGenerationPrinter
{
    public void Print(GenerateResponse response)
    {
        switch (response.EventCase)
        {
            case GenerateResponse.EventOneofCase.Token:
                output.Write(response.Token.Text);
                output.Flush();
                break;
            case GenerateResponse.EventOneofCase.Finished:
                output.WriteLine(response.Finished.Text);
                if (response.Finished.Reason == FinishReason.Error)
                {
                    throw new Commands.CommandException("the model failed in mid-generation");
                }

                if (response.Finished.Reason == FinishReason.Guard)
                {
                    throw new Commands.CommandException(
                        $"the guard refused the {(response.Finished.GuardRefusedPrompt ? "prompt" : "text")}: {response.Finished.GuardLabel}");
                }

                break;
        }
    }
}
