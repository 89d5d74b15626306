import { spawn, spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { program } from './program.ts';

it('sets the exit code of the process', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...program, 'list', '--colour'], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain("unknown option '--colour'");
});

it('does not mind a reader that leaves early', async () => {
  const child = spawn(process.execPath, [...program, '--help']);
  child.stdout.destroy();
  let err = '';
  child.stderr.on('data', (data) => {
    err += data;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
