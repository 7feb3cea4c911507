using TfeBackup.Cli.Output;
using TfeBackup.Operations.Model;

namespace TfeBackup.Cli.Archives;

/// <summary>
/// The folder that entries of a backup are written to. The backup may come from anywhere and the folder may hold anything: nothing is written
/// outside it, nothing that is there is replaced, links below it are not followed, and only this user can read what is written.
/// </summary>
internal sealed class ExtractionFolder
{
    private const UnixFileMode PrivateFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int BufferSize = 1 << 20;

    private readonly HashSet<string> _checked = new(StringComparer.Ordinal);

    /// <summary>Creates the folder where it does not exist.</summary>
    public ExtractionFolder(string path)
    {
        Root = Path.GetFullPath(path);
        CreateFolder(Root);
    }

    /// <summary>The folder's full path.</summary>
    public string Root { get; }

    /// <summary>Writes an entry; a file that cannot be written in full is removed.</summary>
    /// <param name="entryPath">The entry's path, with slashes.</param>
    /// <param name="content">Its content; left open.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public async Task WriteAsync(string entryPath, Stream content, CancellationToken cancellationToken)
    {
        var path = PrepareFor(entryPath);
        var file = Create(path, entryPath);
        try
        {
            await using (file)
            {
                await content.CopyToAsync(file, BufferSize, cancellationToken);
            }
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    // The reader of backups refuses such paths too. Whoever extracts relies on no one else for where it writes.
    private string PrepareFor(string entryPath)
    {
        var segments = entryPath.Split('/');
        foreach (var segment in segments)
        {
            if (segment is "" or "." or ".." || segment.AsSpan().ContainsAny(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar, '\0'))
            {
                throw new OperationException(
                    OperationError.Corrupt, $"The entry '{Human.Plain(entryPath)}' would lie outside {Root}; it is not extracted.");
            }
        }

        var folder = Root;
        foreach (var segment in segments[..^1])
        {
            folder = Path.Combine(folder, segment);
            if (!_checked.Contains(folder))
            {
                PrepareFolder(folder, entryPath);
                _checked.Add(folder);
            }
        }

        return Path.Combine(folder, segments[^1]);
    }

    private static void PrepareFolder(string folder, string entryPath)
    {
        var existing = new DirectoryInfo(folder);
        if (existing.LinkTarget is not null)
        {
            throw new OperationException(
                OperationError.AlreadyExists, $"{folder} is a link, which could lead anywhere; '{Human.Plain(entryPath)}' is not extracted. Extract into an empty folder.");
        }

        if (File.Exists(folder))
        {
            throw new OperationException(
                OperationError.AlreadyExists,
                $"{folder} is a file, and '{Human.Plain(entryPath)}' needs a folder of that name: object stores allow both, file systems do not. Extract one of them by name into another folder.");
        }

        CreateFolder(folder);
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, PrivateFolder);
        }
    }

    private static FileStream Create(string path, string entryPath)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = PrivateFile;
        }

        try
        {
            return new FileStream(path, options);
        }
        catch (IOException e) when (Path.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            throw new OperationException(
                OperationError.AlreadyExists, $"{path} already exists and is not replaced; extract into an empty folder.", e);
        }
        catch (IOException e)
        {
            throw new OperationException(
                OperationError.Unavailable, $"'{Human.Plain(entryPath)}' cannot be written as {path}: {e.Message}", e);
        }
    }
}
