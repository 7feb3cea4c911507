using TfeBackup.Cli.Commands;

return await CommandLine.RunAsync(args);
