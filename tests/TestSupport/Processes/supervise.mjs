// Runs processes for one test host or demo, and makes sure that neither they nor their folders outlive it: when standard input
// ends, for whatever reason, SIGKILL included, everything is stopped and removed.
//
// Standard input carries one JSON request a line, standard output one JSON event a line:
//   {"op":"start","id":1,"file":…,"args":[…],"env":{…},"cwd":…,"log":…,"stop":"SIGTERM","uid":…,"gid":…}
//       → {"id":1,"event":"started","pid":…} or {"id":1,"event":"failed","error":…}, later {"id":1,"event":"exited","code":…,"signal":…}
//   {"op":"signal","id":1,"signal":"SIGKILL"}
//   {"op":"own","path":…}      this folder is removed at the end
//   {"op":"disown","path":…}
import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const graceMilliseconds = 10_000;
const running = new Map();
const folders = new Set();
let ending = false;

// Ctrl-C reaches the whole foreground group; the end of standard input is the only thing that ends this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {});
}

process.stdout.on('error', () => {});

function report(event) {
  process.stdout.write(JSON.stringify(event) + '\n');
}

function start(request) {
  const env = { ...process.env };
  for (const [name, value] of Object.entries(request.env ?? {})) {
    if (value === null) {
      delete env[name];
    } else {
      env[name] = value;
    }
  }

  let log;
  let child;
  try {
    log = openSync(request.log, 'a');
    child = spawn(request.file, request.args, {
      cwd: request.cwd ?? undefined,
      env,
      uid: request.uid ?? undefined,
      gid: request.gid ?? undefined,
      detached: true,
      stdio: ['ignore', log, log],
    });
  } catch (error) {
    report({ id: request.id, event: 'failed', error: error.message });
    return;
  } finally {
    if (log !== undefined) {
      closeSync(log);
    }
  }

  child.on('spawn', () => report({ id: request.id, event: 'started', pid: child.pid }));
  child.on('error', (error) => {
    if (child.pid === undefined) {
      running.delete(request.id);
      report({ id: request.id, event: 'failed', error: error.message });
    }
  });
  child.on('exit', (code, signal) => {
    running.delete(request.id);
    report({ id: request.id, event: 'exited', code, signal });
    finishIfDone();
  });
  running.set(request.id, { child, stop: request.stop ?? 'SIGTERM' });
}

function signalGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') {
      throw error;
    }
  }
}

function finishIfDone() {
  if (!ending || running.size > 0) {
    return;
  }

  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  process.exit(0);
}

const requests = createInterface({ input: process.stdin });
requests.on('line', (line) => {
  const request = JSON.parse(line);
  switch (request.op) {
    case 'start':
      start(request);
      break;
    case 'signal':
      running.get(request.id)?.child.kill(request.signal);
      break;
    case 'own':
      folders.add(request.path);
      break;
    case 'disown':
      folders.delete(request.path);
      break;
    default:
      throw new Error(`unknown request ${request.op}`);
  }
});
requests.on('close', () => {
  ending = true;
  for (const { child, stop } of running.values()) {
    child.kill(stop);
  }

  setTimeout(() => {
    for (const { child } of running.values()) {
      signalGroup(child);
    }
  }, graceMilliseconds).unref();
  finishIfDone();
});
