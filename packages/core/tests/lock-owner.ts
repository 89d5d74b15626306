import { ownIdentity, type ProcessIdentity } from '../src/node/process-identity.ts';

/** What a lock's file says, as this process would write it but for `changes`. */
export const lockOwner = async (changes: Partial<ProcessIdentity> = {}): Promise<string> =>
  JSON.stringify({ ...(await ownIdentity()), since: new Date(0).toISOString(), ...changes });

/** No process has an id beyond Linux's largest. */
export const lockOfDeadProcess = (): Promise<string> => lockOwner({ pid: 2 ** 22 + 1 });
