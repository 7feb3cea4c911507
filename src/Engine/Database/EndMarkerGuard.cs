namespace TfeBackup.Engine.Database;

/// <summary>
/// Finds a line that is <c>\.</c> and nothing else. PostgreSQL never writes one for a row, and reads it as the end of the
/// data: it would drop whatever follows without an error. A bare carriage return, which PostgreSQL never writes either,
/// counts as one: it would change what ends a line.
/// </summary>
internal sealed class EndMarkerGuard
{
    private static ReadOnlySpan<byte> Marker => "\\.\n"u8;

    // How much of the marker the last data ended with, where that began a row.
    private int _matched;

    /// <summary>Looks at the next data of a table.</summary>
    /// <param name="data">The data.</param>
    /// <param name="atRowStart">True if it begins a row, false if it continues one.</param>
    public bool Contains(ReadOnlySpan<byte> data, bool atRowStart)
    {
        if (data.Contains((byte)'\r'))
        {
            return true;
        }

        var matched = atRowStart ? 0 : _matched;
        if (atRowStart || matched > 0)
        {
            var rest = Marker[matched..];
            var length = data.CommonPrefixLength(rest);
            if (length == rest.Length)
            {
                return true;
            }

            if (length == data.Length)
            {
                _matched = matched + length;
                return false;
            }
        }

        if (data.IndexOf("\n\\.\n"u8) >= 0)
        {
            return true;
        }

        var lastRow = data[(data.LastIndexOf((byte)'\n') + 1)..];
        _matched = lastRow.Length < data.Length && Marker.StartsWith(lastRow) ? lastRow.Length : 0;
        return false;
    }
}
