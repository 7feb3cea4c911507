namespace TfeBackup.Engine.Database;

/// <summary>Constraints that are asked about together.</summary>
/// <param name="Sql">True if rows break any of them.</param>
/// <param name="Parts">Each by itself, with its name.</param>
/// <param name="Proof">A cheaper query that is true only if none is broken; null where there is none.</param>
internal sealed record SourceRule(string Sql, IReadOnlyList<(string Name, string Sql)> Parts, string? Proof = null);
