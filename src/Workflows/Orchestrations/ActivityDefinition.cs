using System.Text.Json.Serialization.Metadata;

namespace TfeBackup.Workflows.Orchestrations;

/// <summary>An activity's name and the JSON shape of what goes in and comes out: what orchestration and activity agree on.</summary>
/// <typeparam name="TInput">Its input; names secrets, never holds one.</typeparam>
/// <typeparam name="TOutput">Its output; likewise.</typeparam>
/// <param name="Name">The name histories hold.</param>
/// <param name="InputType">How the input is written.</param>
/// <param name="OutputType">How the output is written.</param>
/// <param name="Installation">Which installation an input is about, for traces; null where it is about none.</param>
public sealed record ActivityDefinition<TInput, TOutput>(
    string Name, JsonTypeInfo<TInput> InputType, JsonTypeInfo<TOutput> OutputType, Func<TInput, string?>? Installation = null);
