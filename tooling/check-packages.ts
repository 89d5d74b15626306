/** `pnpm check:packages`: packs every public package and lets publint and attw judge the tarballs. Needs `pnpm build`. */
import { tarballName, tarballProblems } from './check/tarball.ts';
import { packAll, tarballs } from './pack.ts';
import { publicPackages } from './workspace.ts';

let failures = 0;
for (const packed of await packAll(publicPackages(), tarballs)) {
  const problems = await tarballProblems(packed);
  if (problems.length > 0) failures++;
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${tarballName(packed)}`);
  for (const problem of problems) console.error(`     ${problem}`);
}
process.exitCode = failures > 0 ? 1 : 0;
