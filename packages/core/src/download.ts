// What downloads in Node and in browsers share; free of both platforms.
export { checkAddress } from './download/addresses.ts';
export { type FileLimits, refuseLength, refuseSize, refuseStart, startLength } from './download/content.ts';
export { brokeOff, Failure, refusedStatus, text, unreachable } from './download/failures.ts';
export { type MinSpeed, SpeedWatch } from './download/speed.ts';
export { announcedSize, continuesPart, type FileVersion, validatorOf, versionOf } from './download/version.ts';
