using System.Globalization;
using TfeBackup.Operations.Model;
using TfeBackup.Operations.Ports;
using TfeBackup.Operations.Steps;
using TfeBackup.Operations.Telemetry;
using static TfeBackup.Operations.Telemetry.OperationTelemetry;

namespace TfeBackup.Operations;

/// <summary>
/// Says at every tick, a minute apart or so, how old the newest verified backup of each installation is, how many there are, and when secrets expire: what
/// alerts on the absence of success are built on. It keeps what the store said for a while, and asks again before it says that a backup is overdue.
/// One machine of a system ticks at a time.
/// </summary>
public sealed class InstallationMonitor(
    IReadOnlyCollection<InstallationDefinition> installations,
    IBackupStore store,
    ISecretSource secrets,
    OperationTelemetry telemetry,
    TimeProvider time,
    MonitorOptions? options = null)
{
    private static readonly TimeSpan OverdueReminder = TimeSpan.FromHours(1);

    private readonly MonitorOptions _options = options ?? new MonitorOptions();
    private readonly InstallationStateReader _reader = new(store);
    private readonly Dictionary<string, InstallationState> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _warned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _expiry = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _drillGaps = new(StringComparer.Ordinal);
    private DateTimeOffset? _secretsSeen;

    /// <summary>
    /// Emits the state of every installation and secret. One call at a time. What cannot be determined is reported as an event and skipped.
    /// </summary>
    /// <returns>The states known so far.</returns>
    public async Task<IReadOnlyCollection<InstallationState>> TickAsync(CancellationToken cancellationToken)
    {
        foreach (var installation in installations)
        {
            var fresh = await RefreshAsync(installation, cancellationToken);
            if (_states.TryGetValue(installation.Name, out var state))
            {
                Emit(installation, state, fresh);
            }
        }

        await InspectSecretsAsync(cancellationToken);
        return _states.Values;
    }

    /// <summary>Ticks until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                _ = await TickAsync(stopping);
                await Task.Delay(_options.Tick, time, stopping);
            }
        }
        catch (Exception e) when (HubCancellation.Is(e) && stopping.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    /// <returns>True if the known states are recent enough to alert on.</returns>
    private async Task<bool> RefreshAsync(InstallationDefinition installation, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_states.TryGetValue(installation.Name, out var known))
        {
            var limit = known.IsOverdue(installation, now) ? _options.OverdueListInterval : _options.ListInterval;
            if (now - known.Listed < limit)
            {
                return true;
            }
        }

        try
        {
            _states[installation.Name] = await _reader.ReadAsync(installation, known, now, cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = OperationFailure.From(e);
            telemetry.Events.StateUnknown($"installation {installation.Name}", failure.Error, failure.Message);
            return false;
        }
    }

    private void Emit(InstallationDefinition installation, InstallationState state, bool fresh)
    {
        var now = time.GetUtcNow();
        var name = Installation(installation.Name);
        var age = (now - state.LastVerifiedTime)?.TotalSeconds;
        var rpo = installation.Rpo?.TotalSeconds;
        if (age is not null)
        {
            telemetry.AgeOfLastVerified.Record(age.Value, name);
        }

        if (rpo is not null)
        {
            telemetry.Rpo.Record(rpo.Value, name);
        }

        telemetry.Stored.Record(state.Stored, name);
        telemetry.StoredBytes.Record(state.StoredBytes, name);
        EmitDrill(installation, state, now);
        var drillAge = (now - state.LastDrillTime)?.TotalSeconds;
        telemetry.States.InstallationState(
            installation.Name, Describe(state.LastVerifiedTime, age), state.LastVerified?.ToString(), age, rpo, state.Stored, state.StoredBytes,
            Describe(state.LastDrillTime, drillAge), drillAge);
        if (!state.IsOverdue(installation, now))
        {
            _warned.Remove(installation.Name);
        }
        else if (fresh && (!_warned.TryGetValue(installation.Name, out var warned) || now - warned >= OverdueReminder))
        {
            _warned[installation.Name] = now;
            telemetry.Events.BackupOverdue(installation.Name, Describe(state.LastVerifiedTime, age), age, rpo ?? 0);
        }
    }

    private static string Describe(DateTimeOffset? time, double? ageSeconds) => time is null
        ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"{time:yyyy-MM-dd HH:mm:ss}Z ({ageSeconds:0} s ago)");

    private void EmitDrill(InstallationDefinition installation, InstallationState state, DateTimeOffset now)
    {
        if (installation.Drill is not { } drill)
        {
            return;
        }

        // If no drill has passed yet, count from the first backup: a drill that never works must become overdue.
        if (now - (state.LastDrillTime ?? state.OldestTime) is { } age)
        {
            telemetry.AgeOfLastDrill.Record(age.TotalSeconds, Installation(installation.Name));
        }

        if (drill.Schedule is { } schedule)
        {
            if (!_drillGaps.TryGetValue(schedule.Expression, out var gap))
            {
                _drillGaps.Add(schedule.Expression, gap = schedule.LongestGap(now));
            }

            telemetry.DrillInterval.Record(gap.TotalSeconds, Installation(installation.Name));
        }
    }

    private async Task InspectSecretsAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var look = _secretsSeen is null || now - _secretsSeen >= _options.SecretInterval;
        if (look)
        {
            _secretsSeen = now;
            foreach (var secret in installations.SelectMany(installation => installation.Secrets).Concat(_options.FurtherSecrets).Distinct())
            {
                await InspectAsync(secret, cancellationToken);
            }
        }

        foreach (var (secret, expiresOn) in _expiry)
        {
            var left = expiresOn - now;
            telemetry.SecretExpiresIn.Record(left.TotalSeconds, new KeyValuePair<string, object?>(TelemetryNames.SecretDimension, secret));
            if (look && left <= _options.SecretWarning)
            {
                telemetry.Events.SecretExpiring(secret, expiresOn, left.TotalSeconds);
            }
        }
    }

    private async Task InspectAsync(SecretReference secret, CancellationToken cancellationToken)
    {
        try
        {
            var value = await secrets.GetAsync(secret, cancellationToken);
            if (value.ExpiresOn is { } expiresOn)
            {
                _expiry[secret.Name] = expiresOn;
            }
            else
            {
                _expiry.Remove(secret.Name);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = OperationFailure.From(e);
            telemetry.Events.StateUnknown($"secret {secret}", failure.Error, failure.Message);
        }
    }
}
