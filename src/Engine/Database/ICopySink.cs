namespace TfeBackup.Engine.Database;

/// <summary>
/// Takes tables' rows as PostgreSQL text <c>COPY</c> data (the format of <c>COPY … TO STDOUT</c> without options).
/// </summary>
/// <remarks>
/// In that format every byte 0x0A ends a row and stands nowhere else, so no side channel for row boundaries is needed: data
/// that ends in 0x0A ends a row; after any other end the next call continues that row, and until it has ended, data of
/// another table or of another sink may not come between. A sink is used by one caller at a time.
/// </remarks>
internal interface ICopySink
{
    /// <summary>Takes the next bytes of <paramref name="table"/>. They are the caller's again when the call is over.</summary>
    /// <param name="table">The table the rows belong to.</param>
    /// <param name="data">COPY text; may be empty, may end within a row.</param>
    /// <param name="cancellationToken">Ends the call early; the sink is then of no further use.</param>
    ValueTask WriteAsync(TableSchema table, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}
