// First, so that tfjs's own copy makes the global engine: the bundled gradients hold a second, opless Tensor class.
import '@tensorflow/tfjs-core';
import '#tfjs-gradients';
import { correctGradients } from './gather-gradient.ts';

correctGradients();
