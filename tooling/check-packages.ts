/** `pnpm check:packages`: packs every public package and lets publint and attw judge the tarballs. Needs `pnpm build`. */
import { tarballName, tarballProblems } from './check/tarball.ts';
import { packAll, tarballs } from './pack.ts';
import { publicPackages } from './workspace.ts';

const atOnce = 2;
const queue = await packAll(publicPackages(), tarballs);
let failures = 0;

async function work(): Promise<void> {
  for (let packed = queue.shift(); packed; packed = queue.shift()) {
    const problems = await tarballProblems(packed);
    if (problems.length > 0) failures++;
    const lines = problems.map((problem) => `\n     ${problem}`).join('');
    console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${tarballName(packed)}${lines}`);
  }
}

await Promise.all(Array.from({ length: atOnce }, work));
process.exitCode = failures > 0 ? 1 : 0;
