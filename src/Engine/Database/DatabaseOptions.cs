namespace TfeBackup.Engine.Database;

/// <summary>Options for reading and loading an installation's database.</summary>
public sealed record DatabaseOptions
{
    /// <summary>Tables that migrations fill in every new installation: their rows do not count as data of a target.</summary>
    public static readonly IReadOnlyList<string> UsualBookkeepingTables = ["schema_migrations", "ar_internal_metadata"];

    /// <summary>The schemas that hold the installation's tables; none: every schema that is not the server's own.</summary>
    public IReadOnlyList<string> Schemas { get; init; } = [];

    /// <summary>The number of connections a backup reads with, at least 1. They are all opened before the first byte.</summary>
    public int Connections { get; init; } = 3;

    /// <summary>
    /// Relations to leave out, as <c>schema.name</c>, spelt as in the catalogue or as in SQL; a partitioned table's name leaves out
    /// its partitions too, and <c>schema.*</c> everything in a schema. The backup records what was left out, and a restore leaves those relations' rows alone. <see cref="LargeObjects"/>
    /// leaves out the database's large objects.
    /// </summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>
    /// Further tables that every new installation has rows in, as <c>name</c> (in any covered schema) or <c>schema.name</c>; rows
    /// in them, and in <see cref="UsualBookkeepingTables"/>, do not make a target one that holds data.
    /// </summary>
    public IReadOnlyList<string> BookkeepingTables { get; init; } = [];

    /// <summary>Columns that settings declare encrypted, or not encrypted, as <c>schema.table.column</c>: they have to exist.</summary>
    public IReadOnlyList<string> DeclaredColumns { get; init; } = [];

    /// <summary>Constraints that a restore puts back <c>NOT VALID</c>, as <c>schema.table.constraint</c>.</summary>
    public IReadOnlyList<string> NotValid { get; init; } = [];

    /// <summary>The longest wait for a lock on a table; then the restore fails and names the holder.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Tables of more bytes than this are read as several ranges of about this size, side by side.</summary>
    public long RangeBytes { get; init; } = 128L << 20;

    /// <summary>The size in bytes of the blocks in which rows are handed on; longer rows are handed on in pieces of it.</summary>
    public int BlockBytes { get; init; } = 1 << 20;

    /// <summary>The name under which <see cref="Excluded"/> leaves out large objects.</summary>
    public const string LargeObjects = "pg_catalog.pg_largeobject";

    /// <summary>Checks what can be checked without a database.</summary>
    /// <exception cref="EngineException"><see cref="EngineError.InvalidRequest"/>, naming the setting.</exception>
    public void Validate()
    {
        Require(Schemas.All(static schema => !string.IsNullOrEmpty(schema)), nameof(Schemas), "holds an empty name");
        Require(Schemas.Distinct(StringComparer.Ordinal).Count() == Schemas.Count, nameof(Schemas), "names a schema twice");
        var system = Schemas.FirstOrDefault(static schema =>
            schema is "information_schema" || schema.StartsWith("pg_", StringComparison.Ordinal));
        Require(system is null, nameof(Schemas), $"names {system}, which belongs to PostgreSQL");
        Require(Connections is >= 1 and <= 64, nameof(Connections), "must be from 1 to 64");
        Require(LockTimeout > TimeSpan.Zero && LockTimeout.TotalMilliseconds <= int.MaxValue, nameof(LockTimeout), "must be positive and at most 24 days");
        Require(RangeBytes >= 1 << 13, nameof(RangeBytes), "must be at least 8192");
        Require(BlockBytes is >= 1 << 12 and <= 1 << 26, nameof(BlockBytes), "must be from 4 KiB to 64 MiB");
    }

    private static void Require(bool valid, string setting, string message)
    {
        if (!valid)
        {
            throw new EngineException(EngineError.InvalidRequest, $"The database setting {setting} {message}.");
        }
    }
}
