// Entry of `npm run demo` and `npm test`: needs nothing but Node and npm, so it is plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const stamp = join(root, 'node_modules/.zoo-install');
const localPnpm = join(root, 'node_modules/pnpm/bin/pnpm.cjs');

function fail(message) {
  console.error(message);
  process.exit(1);
}

function requireNode() {
  const [wantMajor, wantMinor] = manifest.engines.node.match(/\d+/g).map(Number);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < wantMajor || (major === wantMajor && minor < wantMinor)) {
    fail(
      `Node ${process.versions.node} is too old: this workspace needs Node ${manifest.engines.node.replace('>=', '')} or newer (https://nodejs.org).`,
    );
  }
}

function lockfileHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex');
}

function isInstalled() {
  return existsSync(localPnpm) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfileHash();
}

function run(command, args) {
  // npm exports its own settings as npm_config_*; pnpm would warn about each of them.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_config_/i.test(key)));
  const shell = process.platform === 'win32' && command === 'npx';
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env, shell });
  if (result.error) fail(`Could not start ${command}: ${result.error.message}`);
  if (result.signal) process.kill(process.pid, result.signal);
  return result.status ?? 1;
}

function install() {
  console.log('Installing the workspace (only the first time, or when the lockfile changes) ...');
  const code = run('npx', ['--yes', manifest.packageManager, 'install', '--frozen-lockfile']);
  if (code !== 0) fail('The installation failed; see the lines above. It needs access to the npm registry.');
  writeFileSync(stamp, lockfileHash());
}

requireNode();
const [task, ...args] = process.argv.slice(2);
if (!task) fail('Usage: node tooling/bootstrap.mjs demo|test [arguments]');
if (!isInstalled()) install();
process.exitCode = run(process.execPath, [localPnpm, '--silent', 'run', `${task}:run`, ...args]);
