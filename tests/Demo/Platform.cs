using System.Runtime.Versioning;

// The demo types its commands into a shell and keeps its secrets in files of mode 0600.
[assembly: UnsupportedOSPlatform("windows")]
