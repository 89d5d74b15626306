/** `pnpm check:edges`: fails when a package imports, or depends on, one that `package-rules.json` does not allow it. */
import { edgeProblems } from './check/edges.ts';
import { readRules } from './check/rules.ts';
import { workspacePackages } from './workspace.ts';

const rules = readRules();
const packages = workspacePackages();
const problems = packages.flatMap((pkg) => edgeProblems(pkg, rules).map((problem) => `${pkg.path}: ${problem}`));
for (const problem of problems) console.error(problem);
console.log(`${packages.length} packages, ${problems.length} forbidden edges`);
process.exitCode = problems.length > 0 ? 1 : 0;
