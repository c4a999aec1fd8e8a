using GenAiLab.Cli.Commands;
using GenAiLab.Cli.Hosting;
using GenAiLab.Training.Chat;
using GenAiLab.V1;
using Grpc.Core;
using ChatMessage = GenAiLab.Training.Chat.ChatMessage;

namespace GenAiLab.Cli.Commands;

/// <summary>What people preferred, as the pairs that a reward model learns from.</summary>
internal static class PreferencePairs
{
    /// <summary>All preferences of the store, oldest first; ties say nothing about the order of two answers and are left out.</summary>
    /// <exception cref="CommandException">One has a conversation that cannot be trained on; the message names it.</exception>
    /// <exception cref="RpcException">The statuses of <c>Preferences.ExportPreferences</c>.</exception>
    public static async Task<IReadOnlyList<PreferencePair>> ReadAsync(ILabConnection lab, CancellationToken cancellation)
    {
        var pairs = new List<PreferencePair>();
        using var call = lab.Preferences.ExportPreferences(new ExportPreferencesRequest(), cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            var preference = call.ResponseStream.Current.Preference;
            if (preference.Preferred == PreferredAnswer.Tie)
            {
                continue;
            }

            var (chosen, rejected) = preference.Preferred == PreferredAnswer.A
                ? (preference.AnswerA, preference.AnswerB)
                : (preference.AnswerB, preference.AnswerA);
            pairs.Add(new PreferencePair(Prompt(preference), chosen.Text, rejected.Text, preference.Rater));
        }

        return pairs;
    }

    // The chat format knows a user and an assistant in turn, and it is the assistant's answers that are ranked.
    private static ChatMessage[] Prompt(Preference preference)
    {
        var messages = preference.Prompt.Select(static message => new ChatMessage(message.Role, message.Content)).ToArray();
        for (var at = 0; at < messages.Length; at++)
        {
            var expected = (messages.Length - at) % 2 == 1 ? ChatMessage.User : ChatMessage.Assistant;
            if (messages[at].Role != expected)
            {
                throw new CommandException(
                    $"preference '{preference.Id}': message {at + 1} of its prompt is not by the {expected}; roles must be {ChatMessage.User} and {ChatMessage.Assistant} in turn, the last a {ChatMessage.User}");
            }
        }

        return messages;
    }
}
