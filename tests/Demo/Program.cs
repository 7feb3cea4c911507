using System.Runtime.InteropServices;
using TfeBackup.Demo;

// An installation is backed up and restored into another one: README.md, "Run it".
using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return await Demonstration.RunAsync(stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.WriteLine();
    Console.WriteLine("Stopped; everything that was started is being removed.");
    return 130;
}
catch (DemoException e)
{
    await Console.Error.WriteLineAsync($"{Environment.NewLine}The demo cannot go on: {e.Message}");
    return 1;
}
