namespace TfeBackup.Operations.Steps;

/// <summary>The name that histories hold for an activity, with the types of what goes in and comes out. Never reused for something else.</summary>
/// <typeparam name="TInput">Its input; names secrets, never holds one.</typeparam>
/// <typeparam name="TOutput">Its output; likewise.</typeparam>
/// <param name="Name">The name.</param>
internal sealed record ActivityName<TInput, TOutput>(string Name);
