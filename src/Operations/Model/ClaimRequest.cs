namespace TfeBackup.Operations.Model;

/// <summary>Asks for a claim.</summary>
/// <param name="Resource">The resource: <c>installation/&lt;name&gt;</c> or <c>backup/&lt;installation&gt;/&lt;id&gt;</c>.</param>
/// <param name="OperationId">The claiming operation.</param>
/// <param name="Exclusive">True if it excludes all other claims, false if only exclusive ones.</param>
public sealed record ClaimRequest(string Resource, string OperationId, bool Exclusive);
