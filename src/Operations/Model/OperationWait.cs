namespace TfeBackup.Operations.Model;

/// <summary>A decision or action of an operator that an operation waits for.</summary>
/// <param name="Event">The event that ends the wait: one of <see cref="OperationEvents"/>.</param>
/// <param name="Message">What to do, in an operator's words.</param>
/// <param name="Deadline">When it gives up (UTC).</param>
public sealed record OperationWait(string Event, string Message, DateTimeOffset Deadline);
