// Installs the locked packages into one folder whose name says what it holds, and only if that is not there yet.
// usage: node install.mjs TARGET
//
// The packages are put together beside TARGET and then renamed to it in one step: builds that run at once cannot see half
// of them, a killed one leaves no lock behind, and whoever comes second throws its own copy away.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = 20;
const source = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2];
const unfinishedForTooLong = 60 * 60 * 1000;

class Failure extends Error {}

try {
  install();
} catch (error) {
  if (!(error instanceof Failure)) {
    throw error;
  }

  // The form MSBuild shows as an error of its own.
  console.error(`install.mjs : error TFENPM: ${error.message}`);
  process.exitCode = 1;
}

function install() {
  if (Number(process.versions.node.split('.')[0]) < oldest) {
    throw new Failure(`Node.js ${process.versions.node} is too old: tests and demo need Node.js ${oldest} or later on the PATH.`);
  }

  if (!existsSync(target)) {
    const parent = dirname(target);
    mkdirSync(parent, { recursive: true });
    for (const name of readdirSync(parent)) {
      if (name.startsWith('unfinished-') && Date.now() - statSync(join(parent, name)).mtimeMs > unfinishedForTooLong) {
        rmSync(join(parent, name), { recursive: true, force: true });
      }
    }

    const unfinished = mkdtempSync(join(parent, 'unfinished-'));
    try {
      for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
        cpSync(join(source, name), join(unfinished, name));
      }

      console.log(`Installing PostgreSQL, Azurite, an SSH server, the age vectors and the KQL parser from npm into ${relative(process.cwd(), target)} (once)`);
      const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: unfinished, encoding: 'utf8' });
      if (npm.error) {
        throw new Failure(`npm cannot be started (${npm.error.code}): tests and demo need Node.js ${oldest} or later with npm on the PATH.`);
      }

      if (npm.status !== 0) {
        console.error(npm.stdout);
        console.error(npm.stderr);
        throw new Failure(`npm ci ended with ${npm.status ?? npm.signal}; what it said stands above.`);
      }

      linkPostgresLibraries(join(unfinished, 'node_modules'));
      rename(unfinished, target);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
}

// Packages cannot carry symbolic links. Each lists the ones it lacks, and would make them in an install script; making them
// here instead means that no package's script runs on anyone's machine.
function linkPostgresLibraries(modules) {
  for (const name of readdirSync(modules).filter((name) => name.startsWith('postgres-'))) {
    const root = join(modules, name);
    const list = join(root, 'native', 'pg-symlinks.json');
    if (!existsSync(list)) {
      continue;
    }

    for (const link of JSON.parse(readFileSync(list, 'utf8'))) {
      if (dirname(link.source) !== dirname(link.target) || link.target.split('/').includes('..')) {
        throw new Failure(`${name} lists a link that leaves its folder: ${link.target}`);
      }

      if (!existsSync(join(root, link.target))) {
        symlinkSync(basename(link.source), join(root, link.target));
      }
    }
  }
}

function rename(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) {
      throw error;
    }
  }
}
