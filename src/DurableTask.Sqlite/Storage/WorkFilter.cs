namespace DurableTask.Sqlite.Storage;

/// <summary>The kinds of work a worker takes; null means any.</summary>
/// <param name="Names">The only orchestrators, or activities, as a JSON array.</param>
/// <param name="OnlyInstances">The only instances, as a pattern of SQLite's GLOB, with their sub-orchestrations.</param>
internal sealed record WorkFilter(string? Names, string? OnlyInstances)
{
    /// <summary>A condition on the id of an instance.</summary>
    public const string InFamily =
        """
        ($only IS NULL OR instance_id GLOB $only OR EXISTS (
            WITH RECURSIVE ancestor (id) AS (
                SELECT instance.parent_id FROM instance WHERE instance.id = instance_id
                UNION SELECT instance.parent_id FROM instance JOIN ancestor ON instance.id = ancestor.id)
            SELECT 1 FROM ancestor WHERE ancestor.id GLOB $only))
        """;
}
