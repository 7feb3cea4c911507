using System.Runtime.Versioning;

// The tests start the program through a shell, send it signals and look at file modes.
[assembly: UnsupportedOSPlatform("windows")]
