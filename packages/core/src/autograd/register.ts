import '#tfjs-gradients';
