declare module '#tfjs-gradients';
