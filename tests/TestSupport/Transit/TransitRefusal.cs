namespace TfeBackup.TestSupport.Transit;

/// <summary>An answer of 400 with this message in <c>errors</c>, or, within a batch, in the item's <c>error</c>.</summary>
internal sealed class TransitRefusal(string message) : Exception(message);
