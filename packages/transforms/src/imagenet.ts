export { imagenetClasses } from './imagenet-classes.ts';
