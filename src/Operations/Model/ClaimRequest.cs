namespace TfeBackup.Operations.Model;

/// <summary>Asks for a claim.</summary>
/// <param name="Resource">What is claimed: <c>installation/&lt;name&gt;</c> or <c>backup/&lt;installation&gt;/&lt;id&gt;</c>.</param>
/// <param name="OperationId">Who claims.</param>
/// <param name="Exclusive">True if it excludes everybody else, or only exclusive claims.</param>
public sealed record ClaimRequest(string Resource, string OperationId, bool Exclusive);
